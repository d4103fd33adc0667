/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a tile served well enough? Pure arithmetic on a measured window.
 *
 * The headline limit, an average response time under one second, is that of the 2009 study of 32
 * tiles; the others keep an average from hiding a bad tail, lost requests or a client that could
 * not keep up.
 */
#pragma once

#include "statistics.h"
#include "window.h"

struct limits {
        uint64_t max_average_ns, max_p95_ns, max_p99_ns; /* of the external client, from due */
        double max_error_share;     /* failed of all operations, for every guest of the tile */
        double min_achieved_share;  /* answered (or just under way) of offered, external client */
        uint64_t max_standstill_ns; /* of a guest that drives itself: client, cpu, disk, oltp */
};

enum {
        VERDICT_REASONS = 12,
};

struct quantiles {
        uint64_t count;
        double mean_ns;
        uint64_t p50_ns, p90_ns, p95_ns, p99_ns, p999_ns, max_ns;
};

struct tile_verdict {
        unsigned tile;
        unsigned guests; /* a bit for each enum tile_guest that was measured */
        bool valid;
        bool broken; /* not valid for what is no chance: wrong answers, a guest that was not there
                      */
        char reasons[VERDICT_REASONS][192]; /* why not */
        size_t n_reasons;

        double rate;           /* requests answered a second, by the external client */
        double offered_rate;   /* fell due a second */
        double achieved_share; /* of offered, just under way included; NAN: not known */
        double error_share;
        uint64_t requests, errors, late, dropped;
        struct quantiles response; /* corrected: from due */
        struct quantiles raw;      /* from sent */
        double share; /* of the step's throughput, times the number of tiles: 1 = fair */
};

struct step_verdict {
        bool valid, broken;
        struct tile_verdict *tiles; /* in the order of tile numbers */
        size_t n_tiles;
        double rate, offered_rate;
        uint64_t requests, errors;      /* of the external clients */
        uint64_t guest_errors;          /* of all other guests */
        struct quantiles response, raw; /* of all tiles' requests together */
        double jain;                    /* fairness: 1 = every tile has the same throughput */
        double worst_share;             /* the smallest tiles[].share */
        struct limits_reached reached;  /* resources that had no more to give */
};

struct quantiles quantiles_of(const struct hist *hist);

/* How many more requests may be under way at the window's end than at its start by chance alone. In
 * a steady state that number wavers about rate x response time (Little's law), by its root; four of
 * those, and one for the edge. The median is taken for the response time, as a backlog would raise
 * the others. More than that is a backlog. */
double under_way_at_most(double offered_rate, uint64_t p50_ns);

/* Fills *ret, to be given to step_verdict_fini. Returns 0 or -ENOMEM. */
int step_judge(
        const struct step_window *window, const struct limits *limits, struct step_verdict *ret);
void step_verdict_fini(struct step_verdict *verdict);
