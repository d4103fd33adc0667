/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

struct iocb *disk_record_next(struct worker *worker, bool begin)
{
        struct disk *disk = worker->state;
        struct disk_ledger_io io;

        if (disk->recording)
                return NULL;
        io = disk_ledger_next(&disk->ledger, &disk->map, begin);
        switch (io.kind) {
        case DISK_LEDGER_NOTHING:
                return NULL;
        case DISK_LEDGER_SYNC:
                io_prep_fdsync(&disk->record, disk->file.fd);
                break;
        case DISK_LEDGER_WRITE:
                io_prep_pwrite(
                        &disk->record, disk->file.fd, io.buffer, io.size, (long long)io.offset);
                break;
        }
        disk->recording = true;
        return &disk->record;
}

void disk_record_finish(struct worker *worker, long result, uint64_t done_ns)
{
        struct disk *disk = worker->state;
        bool write = disk->ledger.step == DISK_LEDGER_WRITE_PAGES ||
                     disk->ledger.step == DISK_LEDGER_WRITE_ROOT;

        disk->recording = false;
        if (write && result > 0)
                worker_add(worker, DISK_LEDGER_BYTES, (uint64_t)result);
        switch (disk_ledger_done(&disk->ledger, &disk->map, result)) {
        case DISK_LEDGER_GOES_ON:
                break;
        case DISK_LEDGER_SYNCED:
                worker_add(worker, DISK_SYNCS, 1);
                worker_set(worker, DISK_LEDGER_SEQUENCE, disk->ledger.counted);
                worker_latency(
                        worker, DISK_SYNC, disk->record_sent_ns, disk->record_sent_ns, done_ns);
                break;
        case DISK_LEDGER_SYNC_FAILED:
                worker_add(worker, DISK_SYNC_ERRORS, 1);
                break;
        case DISK_LEDGER_RECORDED:
                worker_add(worker, DISK_LEDGER_ROUNDS, 1);
                break;
        case DISK_LEDGER_FAILED:
                worker_add(worker, DISK_LEDGER_ERRORS, 1);
                break;
        }
}
