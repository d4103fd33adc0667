/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measures a window of roles that something else started: let them settle, read all at its start,
 * briefly every second, all again at its end, and subtract.
 */
#pragma once

#include "scrape.h"
#include "window.h"

struct measure_config {
        uint64_t warmup_ns, max_warmup_ns, duration_ns; /* warm_up.h */
        double settle_bound;
        struct watch watches[MAX_WATCHES];
        size_t n_watches;
        /* Called after every brief reading, with the window so far, and every second of the
         * warm-up, with a negative elapsed_s and an empty window. */
        void (*progress)(void *context, const struct step_window *window, double elapsed_s);
        void *context;
        /* Other machines that guests run on (launch.h); NULL: there are none. */
        size_t (*remotes)(void *context, struct remote_counts *ret, size_t max);
        void *remotes_context;
};

/* Fills *ret, which the caller gives to step_window_fini in any case. An error is a watch's,
 * -ENOMEM, or -EHOSTUNREACH: no external client answers; ret->interrupted is then set and the
 * window ends where it came to, with whatever could still be read. A guest that does not answer is
 * not an error: it is noted in its guest_window. */
int measure_window(const struct measure_config *config, const struct targets *targets,
        struct step_window *ret, struct why *why);
