/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How throughput, response time and fairness went with the number of tiles: one row for each
 * number, out of all windows that were measured with it. What each figure is, and why that one:
 * docs/statistics.md.
 */
#pragma once

#include "bootstrap.h"
#include "run_file.h"
#include "usl.h"

/* Bounds, as reports state them. */
#define SCALING_LINEAR 0.95 /* share of the first step's throughput per tile */
/* interval_noise() above which a step is noisy. The throughput may waver by as much more as the
 * number of its requests would by chance. */
#define SCALING_NOISY_RATE     0.05
#define SCALING_NOISY_RESPONSE 0.25

struct scaling_tile {
        unsigned tile;
        size_t windows;     /* that it was in */
        double rate_per_s;  /* mean of its windows */
        double share;       /* of the throughput, times the number of tiles: 1 is fair; mean */
        double worst_share; /* in a single window */
};

struct scaling_row {
        unsigned tiles, guests; /* guests: without external clients */

        /* Windows that the figures are of. Those that were cut short are left out, unless there is
         * no other: cut_short is set then. */
        const struct run_step **steps; /* borrowed from the run_file */
        size_t n_steps;
        size_t valid_steps, settled_steps;
        bool cut_short;

        bool valid;   /* more than half of the windows are, and none is broken */
        bool settled; /* all windows were */
        bool whole;   /* every guest of every window was measured: else not in the USL fit */
        bool noisy;   /* either of: */
        bool noisy_rate, noisy_response;

        double seconds; /* of all windows */
        uint64_t requests, errors, guest_errors;
        double offered_per_s;
        struct interval rate_per_s;    /* throughput of all tiles */
        struct interval mean_ms;       /* average response time, from the due time */
        struct run_quantiles response; /* of all windows' histograms together */
        struct run_quantiles raw; /* with several windows only count, mean and max: others NAN */

        struct scaling_tile *tile_rows; /* by number of tile */
        size_t n_tile_rows;
        double jain;        /* of the least fair window */
        double worst_share; /* of the worst tile in its worst window */
        unsigned worst_tile;

        /* Throughput by (tiles x throughput per tile of the first valid step): 1 is linear. The
         * luck of how many requests fell due is taken out of it, though not out of its interval.
         * No estimate if there is no such step, no interval for that step itself. */
        struct interval linearity;
};

struct scaling {
        struct scaling_row *rows; /* by number of tiles */
        size_t n_rows;

        unsigned valid_tiles; /* up to which all rows are valid; 0: not even the first */
        const struct scaling_row *headline; /* that row, or else the first; NULL: nothing at all */

        const struct scaling_row *base; /* of linearity: the first valid row; NULL: there is none */
        unsigned linear_to; /* from base to it each row is valid and SCALING_LINEAR; 0: no base */

        bool has_usl;
        struct usl usl;          /* n in tiles, x in requests/s */
        const char *usl_missing; /* why there is none */
        const char *usl_caution; /* why it tells little; NULL: nothing to say */
};

/* *ret borrows from run, which has to outlive it. Returns 0 or -ENOMEM. */
int scaling_make(struct scaling *ret, const struct run_file *run);
void scaling_free(struct scaling *scaling);

/* NULL: it was not measured. */
const struct scaling_row *scaling_find(const struct scaling *scaling, unsigned tiles);

/* The answer in one sentence, without a newline; free it. NULL: no memory. */
char *scaling_answer(const struct run_file *run, const struct scaling *scaling);

#define SCALING_NOISE_SIZE 256

/* By what a row is noisy, how much, and where its windows were: "throughput wavers by 7.1 %,
 * average response wavers by 31 % (4.1 to 6.0 ms in 3 windows)"; "" if it is not. Returns text. */
char *scaling_noise(const struct scaling_row *row, char text[static SCALING_NOISE_SIZE]);
