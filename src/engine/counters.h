/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a role counts: tables of names, and cells that one thread writes and any thread reads.
 *
 * Counters only grow. Nobody resets them: whoever measures reads twice and subtracts.
 */
#pragma once

#include "hist.h"

#include <stddef.h>
#include <stdint.h>

enum counter_kind {
        COUNTER_WORK,  /* the role's unit of work done and found right; at most one per role */
        COUNTER_EVENT, /* anything else worth counting: bytes, queries, cache hits */
        COUNTER_ERROR, /* one kind of failure; each failed operation counts in exactly one kind */
        COUNTER_WRONG, /* as ERROR, but the answer came and was wrong: one makes a tile invalid */
        COUNTER_GAUGE, /* a level, not a sum: connections open, bytes in the working set */
};

struct counter {
        const char *name; /* snake_case, plural: "requests" */
        enum counter_kind kind;
        const char *unit; /* "requests", "bytes", "nanoseconds"; "1" for a plain number */
        const char *help; /* one sentence with its full stop */
};

/* A latency is recorded twice: from when the operation was due and from when it was sent. */
struct latency {
        const char *name; /* snake_case, singular: "request" */
        const char *help;
};

/* One worker's cells. Written by its thread only, by relaxed stores; aligned to its own cache
 * lines so that workers do not slow each other down. */
struct cells {
        uint64_t *values;       /* [n_counters] */
        struct hist *corrected; /* [n_latencies], from the due time */
        struct hist *raw;       /* [n_latencies], from the sending time */
        size_t n_counters;
        size_t n_latencies;
};

/* Returns 0 or -ENOMEM. */
int cells_init(struct cells *cells, size_t n_counters, size_t n_latencies);
void cells_fini(struct cells *cells);

/* The owning thread only. */
static inline void cells_add(struct cells *cells, size_t counter, uint64_t n)
{
        uint64_t *cell = &cells->values[counter];

        __atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

static inline void cells_set(struct cells *cells, size_t gauge, uint64_t value)
{
        __atomic_store_n(&cells->values[gauge], value, __ATOMIC_RELAXED);
}

static inline uint64_t cells_get(const struct cells *cells, size_t counter)
{
        return __atomic_load_n(&cells->values[counter], __ATOMIC_RELAXED);
}

/* sum += cells, any thread; the shapes must be equal, but that sum may be without latencies. */
void cells_accumulate(struct cells *sum, const struct cells *cells);

/* "work", "event", "error", "wrong", "gauge". */
const char *counter_kind_name(enum counter_kind kind);
