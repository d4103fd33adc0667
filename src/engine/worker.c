/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

const struct counter frame_counters[N_FRAME_COUNTERS] = {
        [FRAME_OFFERED] = {"offered", COUNTER_EVENT, "operations", "Operations that fell due."},
        [FRAME_LATE] = {"late", COUNTER_EVENT, "operations",
                "Operations sent more than 1 ms after they were due."},
        [FRAME_DROPPED] = {"dropped", COUNTER_ERROR, "operations",
                "Operations due but never sent, as too many were in flight."},
        [FRAME_OVERDUE] = {"overdue", COUNTER_GAUGE, "operations",
                "Operations that have fallen due and that the role has not come to yet."},
};

static void show_next_due(struct worker *worker)
{
        __atomic_store_n(&worker->next_due_ns, pace_look(&worker->pace), __ATOMIC_RELAXED);
}

void worker_begin(struct worker *worker, const struct pace_config *config, uint64_t start_ns)
{
        pace_init(&worker->pace, config, worker->seed, worker->index, worker->n_workers, start_ns);
        show_next_due(worker);
}

uint64_t worker_take_due(struct worker *worker)
{
        uint64_t due_ns = pace_take(&worker->pace);

        show_next_due(worker);
        return due_ns;
}

double worker_overdue(const struct worker *worker, uint64_t now_ns)
{
        uint64_t due_ns = __atomic_load_n(&worker->next_due_ns, __ATOMIC_RELAXED);

        if (due_ns >= now_ns) /* CLOCK_NEVER, too: it is a closed loop, or not begun */
                return 0;
        return (double)(now_ns - due_ns) / 1e9 * worker->rate_per_s;
}

static void count(struct worker *worker, enum frame_counter counter)
{
        cells_add(&worker->cells, worker->first_frame_counter + counter, 1);
}

void worker_offered(struct worker *worker)
{
        count(worker, FRAME_OFFERED);
}

void worker_sent(struct worker *worker, uint64_t due_ns, uint64_t sent_ns)
{
        if (sent_ns > due_ns + WORKER_LATE_NS)
                count(worker, FRAME_LATE);
}

void worker_dropped(struct worker *worker)
{
        count(worker, FRAME_DROPPED);
}

void worker_latency(struct worker *worker, unsigned latency, uint64_t due_ns, uint64_t sent_ns,
        uint64_t done_ns)
{
        /* A due time in the future would be a bug of the role; never let it become a huge value. */
        hist_record(&worker->cells.corrected[latency], done_ns > due_ns ? done_ns - due_ns : 0);
        hist_record(&worker->cells.raw[latency], done_ns > sent_ns ? done_ns - sent_ns : 0);
}
