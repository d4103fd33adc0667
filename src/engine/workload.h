/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How to add a role:
 *
 *  1. Write workloads/NAME.c (a folder NAME/ once it outgrows some 400 lines) with a config struct,
 *     an option table that fills it, and a counter table with one COUNTER_WORK.
 *  2. Write setup() and teardown() for what a worker needs, and exactly one of
 *       step()  one operation: the frame decides when, times it, counts it as work;
 *       loop()  an event loop of your own: return when worker_stopping(), and have worker->stop->fd
 *               among the descriptors you wait on.
 *  3. If the role needs something durable (a file, filled tables), write prepare(), which makes it
 *     unless it is already there, and cleanup(), which removes it.
 *  4. Put `const struct workload workload_NAME` into workloads/table.c and its file into
 *     workloads/meson.build. An external library is a meson feature, off = listed with the reason.
 *  5. Add tests/e2e/test_NAME.py; copy idle.c if in doubt: it is the smallest role.
 *
 * A role never knows about a run: it works for as long as it lives and its counters only grow.
 * It never prints, never exits, never includes another role. Failures on the hot path are counted
 * by kind. What a user must mend is returned as -errno with *why filled; the frame ends the role.
 */
#pragma once

#include "counters.h"
#include "option.h"
#include "stop.h"
#include "why.h"
#include "worker.h"

#include <stdbool.h>
#include <stdio.h>

enum workload_flags {
        /* Takes --mode, --rate, --arrival, --think: the frame paces a step role by them; a loop
         * role asks worker->pace. */
        WORKLOAD_PACED = 1 << 0,
        /* Takes --threads: more than one worker makes sense. */
        WORKLOAD_THREADS = 1 << 1,
};

/* What a step came to. Below 0 it is -errno: the role cannot go on. */
enum step_result {
        STEP_DONE = 0, /* one unit of work, timed by the frame */
        STEP_FAILED,   /* the step counted its error itself; no work, no latency */
};

struct workload {
        const char *name;
        const char *summary;     /* one line for --list, lower case, no full stop */
        const char *unavailable; /* why it cannot run in this build; NULL: it can */
        unsigned flags;

        const struct option *options;
        size_t n_options;
        size_t config_size;
        const struct counter *counters;
        size_t n_counters;
        const struct latency *latencies; /* the first one is the role's headline */
        size_t n_latencies;

        /* All but one of step and loop may be NULL. */

        /* Do the options make sense together? May complete the config. Before any thread runs. */
        int (*check)(void *config, struct why *why);

        /* Durable state, outside measured time: make it (nothing to do if it is there), remove it.
         * They may take long: watch stop, and return -ECANCELED. */
        int (*prepare)(const void *config, const struct stop *stop, struct why *why);
        int (*cleanup)(const void *config, const struct stop *stop, struct why *why);

        /* Instead of work, a look at the durable state, chosen by an option of the role (so that a
         * guest's kernel command line can choose it, too): does this config ask for it? If so the
         * frame runs audit() and the personality ends; no worker, no control endpoint, and nothing
         * is prepared. NULL: the role has no such option. */
        bool (*audit_asked)(const void *config);
        /* Changes nothing. Writes what it finds to `findings`, a line each, for a person (the
         * frame flushes it at the end). Returns 0 when all is well, 1 with *why filled (the sum of
         * it, in one line) when something is wrong, -errno with *why filled when it could not look;
         * the exit statuses are EXIT_DONE, EXIT_FOUND and EXIT_FAILED. May take long: watch stop,
         * and return -ECANCELED. */
        int (*audit)(const void *config, const struct stop *stop, FILE *findings, struct why *why);

        /* In the worker's own thread. The role is ready when every worker's setup has returned 0.
         * teardown runs also after a setup that failed, with whatever state that one left. */
        int (*setup)(struct worker *worker, struct why *why);
        void (*teardown)(struct worker *worker);

        int (*step)(struct worker *worker, struct why *why);
        int (*loop)(struct worker *worker, struct why *why);
};
