/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows as a healthy step would bring them, for tests to spoil.
 */
#pragma once

#include "clock.h"
#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>

/* As the commands have them by default. */
static const struct limits limits = {
        .max_average_ns = NS_PER_S,
        .max_p95_ns = 3 * NS_PER_S,
        .max_p99_ns = 5 * NS_PER_S,
        .max_error_share = 0.001,
        .min_achieved_share = 0.98,
        .max_standstill_ns = 5 * NS_PER_S,
};

static inline void add_count(
        struct guest_window *g, const char *name, enum counter_kind kind, uint64_t value)
{
        struct count *c;

        g->counts = realloc(g->counts, (g->n_counts + 1) * sizeof *g->counts);
        c = &g->counts[g->n_counts++];
        *c = (struct count){.kind = kind, .value = value, .unit = "operations"};
        snprintf(c->name, sizeof c->name, "%s", name);
}

static inline void make_external(struct guest_window *g, uint64_t requests, uint64_t response_ns)
{
        add_count(g, "requests", COUNTER_WORK, requests);
        add_count(g, "offered", COUNTER_EVENT, requests);
        add_count(g, "timeouts", COUNTER_ERROR, 0);
        g->n_latencies = 1;
        g->latencies = calloc(1, sizeof *g->latencies);
        for (uint64_t i = 0; i < requests; i++) {
                hist_record(&g->latencies[0].corrected, response_ns);
                hist_record(&g->latencies[0].raw, response_ns / 2);
        }
        g->config =
                json_pack("{s:s, s:s, s:s}", "mode", "open", "rate", "100", "arrival", "uniform");
}

/* n tiles, each at 100 requests/s offered and answered for 10 s in 2 ms. */
static inline struct step_window healthy(unsigned n_tiles)
{
        struct step_window w = {.n_tiles = n_tiles, .seconds = 10, .n_guests = n_tiles * 9};

        w.guests = calloc(w.n_guests, sizeof *w.guests);
        for (size_t i = 0; i < w.n_guests; i++) {
                struct guest_window *g = &w.guests[i];

                g->tile = (unsigned)i / 9 + 1;
                g->guest = (unsigned)i % 9;
                g->seconds = 10;
                g->polls = g->polls_answered = 10;
                if (g->guest == GUEST_EXTERNAL)
                        make_external(g, 1000, 2 * NS_PER_MS);
                else if (g->guest != GUEST_IDLE)
                        add_count(g, "operations", COUNTER_WORK, 500);
        }
        return w;
}
