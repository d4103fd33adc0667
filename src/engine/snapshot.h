/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role's state at one moment, as plain values: all that the control endpoint shows and all that
 * a measurer sees. Two snapshots of one start identity subtract to a window.
 */
#pragma once

#include "counters.h"
#include "guestinfo.h"
#include "option.h"
#include "workload.h"

#include <jansson.h>

#define SNAPSHOT_SCHEMA "tileload-stats-1"

enum role_state {
        ROLE_STARTING, /* prepare and setup */
        ROLE_READY,
        ROLE_STOPPING,
        ROLE_FAILED,
};
const char *role_state_name(enum role_state state);

/* Who is this? Constant for the life of the process. */
struct identity {
        uint64_t start_id; /* random: another value means that the role was started again */
        uint64_t started_ns, started_real_ns;
        unsigned tile, guest; /* 0: none given */
        char hostname[65];
        char boot_id[40]; /* of the machine's kernel: tells machines apart */
};
/* This start of a role: its times, a random start_id, the host's name. */
void identity_init(struct identity *identity, unsigned tile, unsigned guest);

/* How much of it is asked for. */
enum snapshot_detail {
        SNAPSHOT_SUMS,  /* all work and failures, and the headline latency: read every second */
        SNAPSHOT_BRIEF, /* no histograms, configuration and texts */
        SNAPSHOT_FULL,
};

struct snapshot {
        const struct workload *workload;
        const struct identity *identity;
        const struct option_set *sets; /* the configuration shown with it */
        size_t n_sets;
        enum role_state state;
        const char *detail; /* what it is at while it starts, why it has failed; NULL: not known */
        uint64_t taken_ns, taken_real_ns;
        unsigned n_workers;
        struct cells sum;                       /* SNAPSHOT_SUMS: without latencies */
        uint64_t latency_count, latency_sum_ns; /* SNAPSHOT_SUMS: of the headline, from due */
        struct guestinfo guest;                 /* not of SNAPSHOT_SUMS */
};

/* Every counter and latency of the role with the frame's own behind them. */
size_t snapshot_n_counters(const struct workload *workload);
const struct counter *snapshot_counter(const struct workload *workload, size_t i);

/* stats.json (docs/results.md), brief or full. NULL when out of memory. The caller owns the result.
 */
json_t *snapshot_json(const struct snapshot *snapshot, enum snapshot_detail detail);

/* Its shortest form, as text. NULL when out of memory. Free it. */
char *snapshot_sums(const struct snapshot *snapshot);

/* /metrics: Prometheus text format 0.0.4, or OpenMetrics 1.0 for who asks for it (they differ in
 * the names of a counter's metadata). NULL when out of memory. Free it. */
char *snapshot_metrics(const struct snapshot *snapshot, bool openmetrics);
