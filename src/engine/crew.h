/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role's worker threads, from prepare to teardown.
 *
 * They go through the phases together: worker 0 prepares, then all set up, then all work. The main
 * thread learns of progress by one descriptor and never blocks on a worker.
 */
#pragma once

#include "workload.h"

#include <pthread.h>

enum crew_phase {
        CREW_PREPARE,
        CREW_SETUP,
        CREW_WORK,
};

struct crew {
        const struct workload *workload;
        const void *config;
        struct pace_config pace;
        bool prepare;
        struct stop stop;

        struct worker *workers;
        pthread_t *threads;
        unsigned n_workers, n_threads;
        int event_fd; /* readable when something below has changed */

        pthread_mutex_t lock; /* guards what follows */
        pthread_cond_t changed;
        enum crew_phase phase;
        unsigned n_set_up, n_ended;
        uint64_t work_ns; /* when the work began, for all at once */
        int error;        /* the first failure, with its reason */
        struct why why;
};

/* Allocates; nothing runs yet. seed is the role's. Returns 0 or -errno. */
int crew_init(struct crew *crew, const struct workload *workload, const void *config,
        unsigned n_workers, uint64_t seed);
void crew_fini(struct crew *crew);

/* Starts the threads. */
int crew_start(struct crew *crew, struct why *why);

/* What happened so far; also drains event_fd. */
struct crew_progress {
        bool working; /* every worker is set up */
        bool ended;   /* every thread has ended */
        int error;    /* 0, or why the role cannot go on, as -errno */
};
struct crew_progress crew_look(struct crew *crew, struct why *why);

/* What it is at now. */
enum crew_phase crew_phase(struct crew *crew);

/* Asks all to end and waits for at most timeout_ns. Returns true when all ended; if one did not
 * (it hangs in the kernel or a library), the crew must not be freed any more. */
bool crew_end(struct crew *crew, uint64_t timeout_ns);
