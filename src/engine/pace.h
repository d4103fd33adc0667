/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When is the next operation due? Pure arithmetic: no clock is read here and nothing waits.
 *
 * Open loop: operations fall due at a rate, whatever the server does, either evenly spaced
 * (uniform) or as a Poisson process (exponential gaps). Due times follow from the start time, the
 * rate and the seed alone, so a late sender does not push the schedule back: it catches up, and the
 * lateness is in the corrected latency. (Coordinated omission: Tene; open against closed: Schroeder
 * et al., NSDI 2006.)
 *
 * Closed loop: a user's next operation is due a think time after the last one ended; think times
 * are exponential, or 0.
 */
#pragma once

#include "rng.h"

#include <stdint.h>

enum pace_mode {
        PACE_CLOSED,
        PACE_OPEN,
};

enum pace_arrival {
        PACE_UNIFORM,
        PACE_POISSON,
};

struct pace_config {
        enum pace_mode mode;
        enum pace_arrival arrival;
        double rate_per_s;     /* open: of the whole role; > 0 */
        uint64_t think_ns;     /* closed: mean think time; 0 = none */
        uint64_t think_max_ns; /* closed: longer draws are cut to this; 0 = no limit */
};

struct pace {
        struct pace_config config;
        struct rng rng;
        uint64_t start_ns;
        uint64_t drawn;    /* uniform: operations scheduled so far */
        double elapsed_ns; /* Poisson: sum of the gaps so far */
        uint64_t due_ns;   /* open: the next due time */
};

/* One schedule of share 1/n_shares of the rate (a worker of several takes its part of it).
 * Uniform shares are staggered so that together they are evenly spaced. */
void pace_init(struct pace *pace, const struct pace_config *config, uint64_t seed, unsigned share,
        unsigned n_shares, uint64_t start_ns);

/* Open loop: the next due time (look), and move on to the one after it (take). Closed: look gives
 * CLOCK_NEVER, as due times then belong to users: see pace_think(). */
uint64_t pace_look(const struct pace *pace);
uint64_t pace_take(struct pace *pace);

/* Closed loop: when the operation after one that ended at done_ns is due. */
uint64_t pace_think(struct pace *pace, uint64_t done_ns);
