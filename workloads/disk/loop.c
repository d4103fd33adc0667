/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk role's event loop: compose a few, submit them, take a few completions, check them.
 */
#include "disk.h"

#include "macro.h"
#include "record.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

/* A role has 0.9 s to end (errand.h): half of it may go into leaving everything on record. */
#define WIND_UP_NS (450 * NS_PER_MS)

/* ---- out ---- */

static void compose(struct worker *worker, struct disk_slot *slot, struct disk_phase phase)
{
        struct disk *disk = worker->state;
        struct disk_operation *o = &slot->operation;
        size_t size;

        *o = disk_schedule_next(&disk->schedule, phase, &worker->rng, &disk->map);
        disk_map_claim(&disk->map, o->block, o->n_blocks);
        size = (size_t)o->n_blocks * DISK_BLOCK_SIZE;
        if (o->write) {
                disk_map_compose(&disk->map, disk->file.id, o->block, o->n_blocks, slot->buffer);
                io_prep_pwrite(&slot->iocb, disk->file.fd, slot->buffer, size,
                        (long long)disk_layout_block(&disk->file.layout, o->block));
        } else {
                io_prep_pread(&slot->iocb, disk->file.fd, slot->buffer, size,
                        (long long)disk_layout_block(&disk->file.layout, o->block));
        }
        slot->iocb.data = slot;
}

/* A new round of the ledger begins with a sync, and may only when that is due. What the ledger
 * wants goes first, so that a busy queue never starves it. */
static void compose_record(struct worker *worker, uint64_t now_ns)
{
        const struct disk_config *config = worker->config;
        struct disk *disk = worker->state;
        bool begin = config->sync_ns && now_ns >= disk->sync_due_ns;
        struct iocb *iocb;

        if (disk->n_batch == DISK_BATCH)
                return;
        begin &= disk->ledger.step == DISK_LEDGER_IDLE;
        iocb = disk_record_next(worker, begin);
        if (!iocb)
                return;
        if (begin)
                disk->sync_due_ns = now_ns + config->sync_ns;
        disk->batch[disk->n_batch++] = iocb;
}

/* May an operation begin? What was missed is not made up for: this is a limit, not a rate. */
static bool take_turn(struct disk *disk, const struct disk_config *config, uint64_t now_ns)
{
        if (!(config->max_rate > 0))
                return true;
        if (now_ns < disk->next_ns)
                return false;
        disk->next_ns = now_ns + (uint64_t)fmin(1e9 / config->max_rate, 1e18);
        return true;
}

static void compose_batch(struct worker *worker)
{
        struct disk *disk = worker->state;
        uint64_t now_ns = clock_now_ns();
        struct disk_phase phase =
                disk_schedule_phase(&disk->schedule.config, now_ns - disk->started_ns);

        compose_record(worker, now_ns);
        while (disk->n_batch < DISK_BATCH && disk->n_idle > 0 &&
                take_turn(disk, worker->config, now_ns)) {
                struct disk_slot *slot = disk->idle[--disk->n_idle];

                compose(worker, slot, phase);
                disk->batch[disk->n_batch++] = &slot->iocb;
        }
}

/* Sent is the moment before the submission, whose own cost is part of the latency. */
static void stamp_batch(struct disk *disk)
{
        uint64_t now_ns = clock_now_ns();

        for (unsigned i = 0; i < disk->n_batch; i++) {
                struct disk_slot *slot = disk->batch[i]->data;

                if (slot)
                        slot->sent_ns = now_ns;
                else
                        disk->record_sent_ns = now_ns;
        }
}

static int submit_batch(struct disk *disk, struct why *why)
{
        int n;

        if (disk->n_batch == 0)
                return 0;
        stamp_batch(disk);
        n = disk_aio_submit(&disk->aio, disk->batch, disk->n_batch);
        if (n < 0)
                return why_errno(why, n, "io_submit", disk->file.path);
        disk->n_batch -= (unsigned)n;
        memmove(disk->batch, disk->batch + n, disk->n_batch * sizeof *disk->batch);
        return 0;
}

/* ---- in ---- */

static void count_done(struct worker *worker, const struct disk_slot *slot, uint64_t done_ns)
{
        const struct disk_operation *o = &slot->operation;
        uint64_t size = (uint64_t)o->n_blocks * DISK_BLOCK_SIZE;

        worker_add(worker, DISK_OPERATIONS, 1);
        worker_add(worker, o->sequential ? DISK_SEQUENTIAL : DISK_RANDOM, 1);
        worker_add(worker, o->write ? DISK_WRITES : DISK_READS, 1);
        worker_add(worker, o->write ? DISK_WRITTEN_BYTES : DISK_READ_BYTES, size);
        /* A closed loop without think time: due when it is sent. */
        worker_latency(worker, DISK_OPERATION, slot->sent_ns, slot->sent_ns, done_ns);
        worker_latency(
                worker, o->write ? DISK_WRITE : DISK_READ, slot->sent_ns, slot->sent_ns, done_ns);
}

static unsigned wrong_counter(enum disk_fault fault)
{
        switch (fault) {
        case DISK_FOREIGN:
                return DISK_FOREIGN_READS;
        case DISK_MISPLACED:
                return DISK_MISPLACED_READS;
        case DISK_STALE:
                return DISK_STALE_READS;
        default:
                return DISK_CORRUPT_READS;
        }
}

static void finish_read(
        struct worker *worker, struct disk_slot *slot, long result, uint64_t done_ns)
{
        struct disk *disk = worker->state;
        const struct disk_operation *o = &slot->operation;
        enum disk_fault fault;
        size_t verified;

        if (result != (long)(o->n_blocks * DISK_BLOCK_SIZE)) {
                worker_add(worker, result < 0 ? DISK_READ_ERRORS : DISK_SHORT_READS, 1);
                return;
        }
        fault = disk_map_verify(
                &disk->map, disk->file.id, o->block, o->n_blocks, slot->buffer, &verified);
        worker_add(worker, DISK_BLOCKS_VERIFIED, verified);
        if (fault)
                worker_add(worker, wrong_counter(fault), 1);
        else
                count_done(worker, slot, done_ns);
}

static void finish_write(
        struct worker *worker, struct disk_slot *slot, long result, uint64_t done_ns)
{
        struct disk *disk = worker->state;
        const struct disk_operation *o = &slot->operation;

        if (result != (long)(o->n_blocks * DISK_BLOCK_SIZE)) {
                disk_map_doubt(&disk->map, o->block, o->n_blocks);
                disk_ledger_doubt(&disk->ledger, o->block, o->n_blocks);
                worker_add(worker, result < 0 ? DISK_WRITE_ERRORS : DISK_SHORT_WRITES, 1);
                return;
        }
        disk_map_acknowledge(&disk->map, o->block, o->n_blocks);
        disk_ledger_touch(&disk->ledger, o->block, o->n_blocks);
        count_done(worker, slot, done_ns);
}

static void finish(struct worker *worker, const struct io_event *event, uint64_t done_ns)
{
        struct disk *disk = worker->state;
        struct disk_slot *slot = event->data;
        long result = (long)event->res;

        if (event->obj == &disk->stop)
                return;
        if (event->obj == &disk->record) {
                disk_record_finish(worker, result, done_ns);
                return;
        }
        if (slot->operation.write)
                finish_write(worker, slot, result, done_ns);
        else
                finish_read(worker, slot, result, done_ns);
        disk_map_release(&disk->map, slot->operation.block, slot->operation.n_blocks);
        disk->idle[disk->n_idle++] = slot;
}

/* ---- round ---- */

/* A stop request is one more completion to wait for (Linux 4.18): no timeout, no second wait. */
static int watch_stop(struct disk *disk, const struct stop *stop, struct why *why)
{
        struct iocb *iocb = &disk->stop;
        int n;

        io_prep_poll(iocb, stop->fd, POLLIN);
        n = disk_aio_submit(&disk->aio, &iocb, 1);
        if (n == 1)
                return 0;
        return why_set(why, n < 0 ? n : -EAGAIN, "io_submit", NULL,
                "the kernel cannot poll through asynchronous I/O: Linux 4.18 or later is needed");
}

static unsigned in_flight(const struct disk *disk)
{
        unsigned composed = 0;

        for (unsigned i = 0; i < disk->n_batch; i++)
                composed += disk->batch[i] != &disk->record;
        return disk->n_slots - disk->n_idle - composed;
}

/* How long nothing more can be sent. */
static uint64_t send_after_ns(const struct disk *disk)
{
        uint64_t now_ns;

        if (in_flight(disk) > 0 && (disk->n_batch > 0 || disk->n_idle == 0))
                return CLOCK_NEVER;
        if (disk->n_batch > 0 || disk->next_ns == 0)
                return 0;
        now_ns = clock_now_ns();
        return disk->next_ns > now_ns ? disk->next_ns - now_ns : 0;
}

/* Something is worth waiting for only if nothing more can be sent now. A batch that the kernel had
 * no room for waits for a completion, or, if none is to come, for a moment. */
static int reap(struct worker *worker, struct io_event *events)
{
        struct disk *disk = worker->state;

        if (disk->n_batch > 0 && in_flight(disk) == 0)
                stop_wait_until(worker->stop, clock_now_ns() + NS_PER_MS);
        return disk_aio_reap(&disk->aio, events, DISK_BATCH, send_after_ns(disk));
}

static int finish_some(struct worker *worker, struct io_event *events, int n, struct why *why)
{
        struct disk *disk = worker->state;
        uint64_t now_ns = clock_now_ns();

        if (n < 0)
                return why_errno(why, n, "io_getevents", disk->file.path);
        for (int i = 0; i < n; i++)
                finish(worker, &events[i], now_ns);
        return 0;
}

/* Sends what the ledger wants, if anything. Returns 1, 0 when there is nothing left to be done, or
 * -errno. */
static int send_last(struct worker *worker, bool *begun, struct why *why)
{
        struct disk *disk = worker->state;
        bool begin = disk->ledger.step == DISK_LEDGER_IDLE && !disk->recording;
        int r;

        if (begin && (*begun || in_flight(disk) > 0))
                return in_flight(disk) > 0;
        *begun |= begin;
        disk->batch[0] = disk_record_next(worker, begin);
        disk->n_batch = disk->batch[0] != NULL;
        r = submit_batch(disk, why);
        return r < 0 ? r : disk->n_batch == 0;
}

/* After the last operation was sent: takes in what is in flight, and records it in one more round,
 * as far as this is done soon. What is not remains unpromised, and is none the worse. */
static int wind_up(struct worker *worker, struct why *why)
{
        const struct disk_config *config = worker->config;
        struct disk *disk = worker->state;
        uint64_t end_ns = clock_now_ns() + WIND_UP_NS, now_ns;
        bool begun = config->sync_ns == 0;
        int r = 1;

        if (disk->n_batch > 0) /* the kernel has no room */
                return 0;
        while (r > 0 && (now_ns = clock_now_ns()) < end_ns) {
                struct io_event events[DISK_BATCH];
                int n;

                r = send_last(worker, &begun, why);
                if (r <= 0)
                        break;
                n = disk_aio_reap(&disk->aio, events, DISK_BATCH, end_ns - now_ns);
                r = finish_some(worker, events, n, why) < 0 ? n : 1;
        }
        return MIN(r, 0);
}

int disk_loop(struct worker *worker, struct why *why)
{
        struct disk *disk = worker->state;
        int r = watch_stop(disk, worker->stop, why);

        disk->started_ns = clock_now_ns();
        while (r == 0 && !worker_stopping(worker)) {
                struct io_event events[DISK_BATCH];

                compose_batch(worker);
                r = submit_batch(disk, why);
                if (r < 0)
                        break;
                worker_set(worker, DISK_IN_FLIGHT, in_flight(disk));
                r = finish_some(worker, events, reap(worker, events), why);
        }
        if (r == 0)
                r = wind_up(worker, why);
        worker_set(worker, DISK_IN_FLIGHT, 0);
        return r;
}
