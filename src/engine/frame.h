/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options that the frame gives to every role, and those of paced and of threaded roles.
 */
#pragma once

#include "option.h"
#include "pace.h"

#include <stdbool.h>
#include <stdint.h>

struct frame_config {
        char *listen;
        uint64_t tile, guest;
        uint64_t seed;
        uint64_t duration_ns;
        char *final_stats;
        bool prepare;
        bool verbose;
};

struct paced_config {
        unsigned mode;    /* enum pace_mode */
        unsigned arrival; /* enum pace_arrival */
        double rate_per_s;
        uint64_t think_ns, think_max_ns;
};

struct threads_config {
        uint64_t threads;
};

enum {
        N_FRAME_OPTIONS = 8,
        N_PACED_OPTIONS = 5,
        N_THREADS_OPTIONS = 1,
};
extern const struct option frame_options[N_FRAME_OPTIONS];
extern const struct option paced_options[N_PACED_OPTIONS];
extern const struct option threads_options[N_THREADS_OPTIONS];

/* Do the pacing options make sense together? Fills *ret. -EINVAL with *why otherwise. */
int paced_check(const struct paced_config *config, struct pace_config *ret, struct why *why);
