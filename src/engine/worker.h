/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A worker: one thread of a role, and all that the role sees while it works.
 */
#pragma once

#include "clock.h"
#include "counters.h"
#include "pace.h"
#include "rng.h"
#include "stop.h"

#include <stdbool.h>
#include <stdint.h>

/* Sent later than this after it was due: counted as late (the latency shows it in any case). */
#define WORKER_LATE_NS NS_PER_MS

struct worker {
        const void *config; /* the role's own struct, frozen */
        void *state;        /* whatever the role's setup hangs here */
        unsigned index;     /* 0 .. n_workers - 1 */
        unsigned n_workers;
        uint64_t seed;      /* the role's: derive further generators from it */
        struct rng rng;     /* this worker's own */
        struct pace pace;   /* paced roles: config from setup on, the rest when work begins */
        struct cells cells; /* counters: first the role's, then the frame's */
        size_t first_frame_counter;
        double rate_per_s;    /* open loop: this worker's part of the rate; set before it runs */
        uint64_t next_due_ns; /* open loop, relaxed atomic: shows others how far it is behind */
        const struct stop *stop;
};

/* The frame's own counters, behind those of a paced role. */
enum frame_counter {
        FRAME_OFFERED, /* operations that fell due */
        FRAME_LATE,    /* sent more than WORKER_LATE_NS after they were due */
        FRAME_DROPPED, /* due, but never sent: over --max-in-flight */
        FRAME_OVERDUE, /* fallen due, but the worker has not come to it yet: a gauge */
        N_FRAME_COUNTERS,
};
extern const struct counter frame_counters[N_FRAME_COUNTERS];

static inline bool worker_stopping(const struct worker *worker)
{
        return stop_requested(worker->stop);
}

/* Counts in the role's own table. */
static inline void worker_add(struct worker *worker, unsigned counter, uint64_t n)
{
        cells_add(&worker->cells, counter, n);
}

static inline void worker_set(struct worker *worker, unsigned gauge, uint64_t value)
{
        cells_set(&worker->cells, gauge, value);
}

/* Open loop: takes the next due time off the schedule (pace_take), and lets others see the one
 * after it. work begins with worker_begin(), which the frame calls. */
uint64_t worker_take_due(struct worker *worker);
void worker_begin(struct worker *worker, const struct pace_config *config, uint64_t start_ns);

/* Operations that have fallen due by now_ns and that the worker has not taken yet, by its
 * schedule's rate: a client that gets no CPU can be seen to be behind without its doing. Any
 * thread. */
double worker_overdue(const struct worker *worker, uint64_t now_ns);

/* Paced loop roles call, for every operation that falls due, worker_offered() and then either
 * worker_sent() or worker_dropped(). Step roles leave this to the frame. */
void worker_offered(struct worker *worker);
void worker_sent(struct worker *worker, uint64_t due_ns, uint64_t sent_ns);
void worker_dropped(struct worker *worker);

/* Records one operation that ended well: corrected latency from due_ns, raw from sent_ns. */
void worker_latency(struct worker *worker, unsigned latency, uint64_t due_ns, uint64_t sent_ns,
        uint64_t done_ns);
