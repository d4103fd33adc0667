/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the control endpoints of all guests at the same time, over connections that stay open.
 */
#pragma once

#include "reading.h"
#include "targets.h"

#include <stdbool.h>
#include <stdint.h>

/* Something to stop a wait for: a guest that died, a user who wants to end. */
struct watch {
        int fd;
        /* Called when fd is readable: 0 to go on, -errno with *why filled to end the wait. */
        int (*check)(void *context, struct why *why);
        void *context;
};

enum {
        MAX_WATCHES = 4,
};

struct scraper;

/* What one guest answered. */
struct scraped {
        bool answered;
        struct reading reading; /* only if answered */
        bool refused;           /* only if not: something is there, but gives no figures */
        char problem[256];      /* only if not: what went wrong */
};

/* The cost of measuring. */
struct scrape_cost {
        uint64_t rounds;       /* all guests once */
        uint64_t round_sum_ns; /* time until the last guest had answered */
        uint64_t round_max_ns;
        uint64_t cpu_ns; /* of this process, in rounds and between them */
};

/* targets and watches must live as long as the scraper. */
int scraper_new(struct scraper **ret, const struct targets *targets, const struct watch *watches,
        size_t n_watches, struct why *why);
void scraper_free(struct scraper *scraper);

enum scrape_which {
        SCRAPE_ALL,
        SCRAPE_EXTERNAL, /* the external clients only */
        SCRAPE_TILES,    /* all but those */
        SCRAPE_WORKING, /* all but web server 1, whose work its client counts, and the idle guest */
};

/* Is guest among them? */
bool scrape_asks(enum scrape_which which, unsigned guest);

/* One round: fills those of results[targets->n_items] that are asked for, in place of what was
 * there (zeroed at first; each to be given to scraped_fini at last). A guest that does not answer
 * within timeout_ns is a result, not an error; an error is a watch's. */
int scraper_round(struct scraper *scraper, enum scrape_which which, bool brief, uint64_t timeout_ns,
        struct scraped *results, struct why *why);
void scraped_fini(struct scraped *scraped);

/* From now on rounds and waits are not ended by watches any more. */
void scraper_ignore_watches(struct scraper *scraper);

/* Sleeps until due_ns or a watch's error. */
int scraper_wait(struct scraper *scraper, uint64_t due_ns, struct why *why);

struct scrape_cost scraper_cost(const struct scraper *scraper);
