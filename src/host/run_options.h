/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of `tileload run`.
 */
#pragma once

#include "guest_loads.h"
#include "libvirt_config.h"
#include "option.h"
#include "session.h"
#include "sweep.h"

enum {
        /* Those of one launcher only come last. */
        RUN_COMMON_SETS = 6,
        RUN_PROCESS_SETS = 1,
        RUN_LIBVIRT_SETS = 3,
        RUN_SETS = RUN_COMMON_SETS + RUN_PROCESS_SETS + RUN_LIBVIRT_SETS,
};

/* Do not copy it: the sets point into it. */
struct run_options {
        unsigned launcher; /* index in launcher_table */
        char *tiles;
        uint64_t step, repeat;
        bool search, stop_at_invalid;
        double min_gain;
        unsigned profile;
        char *resume; /* NULL: a run of its own */
        char *placement;
        double rate_per_s;
        unsigned arrival;
        uint64_t max_in_flight, seed, ready_timeout_ns;
        uint64_t database_memory;
        struct guest_loads loads;
        struct session_config session;
        struct libvirt_config libvirt;

        struct sweep_config sweep; /* worked out from the others */
        struct option_set sets[RUN_SETS];
};

extern const char *const run_arrivals[];

/* All defaults, then the profile, then argv. With --resume whatever else argv has is refused, but
 * for what changes no result; the other options are to be read from the run's own command line.
 * Returns 0 or -errno; to be given to run_options_fini() in any case. */
int run_options_parse(struct run_options *options, int argc, char *argv[], struct why *why);
void run_options_fini(struct run_options *options);

/* Is it an option that goes with --resume? word: "--rate=3". */
bool run_option_goes_with_resume(const char *word);

/* The sets that say something in this run: room for RUN_SETS. Returns how many. */
size_t run_options_in_force(const struct run_options *options, struct option_set *ret);

void run_options_help(FILE *to);
