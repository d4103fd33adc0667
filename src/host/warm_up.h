/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time of work before a window, until the load is in its steady state (steady.h).
 *
 * Watched are the requests and the response time of the external clients, and each role's rate, all
 * tiles together. Idle has none.
 */
#pragma once

#include "scrape.h"
#include "window.h"

struct warm_up {
        uint64_t least_ns;
        uint64_t most_ns; /* not settled by then: the window begins all the same */
        double bound;     /* share of its mean that a figure may change in a window */
        /* Called every second with what was found until then, and a negative elapsed_s. */
        void (*progress)(void *context, const struct step_window *window, double elapsed_s);
        void *context;
};

/* A warm-up that is to be shorter has too few readings to be looked at. */
#define WARM_UP_LEAST_CHECKED_NS (5 * NS_PER_S)

/* Fills window->warmup_s and settling. results: scraped[targets->n_items], for use meanwhile.
 * Returns 0, -ENOMEM, or a watch's error. */
int warm_up(const struct warm_up *config, struct scraper *scraper, const struct targets *targets,
        struct scraped *results, struct step_window *window, struct why *why);
