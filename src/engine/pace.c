/* SPDX-License-Identifier: Apache-2.0 */
#include "pace.h"

#include "clock.h"

#include <math.h>

/* Keeps the arrival generators apart from whatever else is drawn with the same seed. */
#define PACE_STREAM UINT64_C(0x70616365)

static void schedule(struct pace *pace)
{
        double mean_gap_ns = 1e9 / pace->config.rate_per_s;

        if (pace->config.arrival == PACE_UNIFORM) {
                /* By multiplication, not by adding gaps: no drift however long it runs. */
                double offset = (double)pace->drawn * mean_gap_ns + pace->elapsed_ns;

                pace->due_ns = pace->start_ns + (uint64_t)llround(offset);
                pace->drawn++;
                return;
        }
        pace->elapsed_ns += rng_exponential(&pace->rng, mean_gap_ns);
        pace->due_ns = pace->start_ns + (uint64_t)llround(pace->elapsed_ns);
}

void pace_init(struct pace *pace, const struct pace_config *config, uint64_t seed, unsigned share,
        unsigned n_shares, uint64_t start_ns)
{
        *pace = (struct pace){
                .config = *config,
                .start_ns = start_ns,
                .due_ns = CLOCK_NEVER,
        };
        rng_init(&pace->rng, seed, PACE_STREAM + share);
        if (config->mode != PACE_OPEN)
                return;
        if (config->arrival == PACE_UNIFORM)
                pace->elapsed_ns = (double)share * 1e9 / config->rate_per_s;
        pace->config.rate_per_s = config->rate_per_s / n_shares;
        schedule(pace);
}

uint64_t pace_look(const struct pace *pace)
{
        return pace->due_ns;
}

uint64_t pace_take(struct pace *pace)
{
        uint64_t due_ns = pace->due_ns;

        if (pace->config.mode == PACE_OPEN)
                schedule(pace);
        return due_ns;
}

uint64_t pace_think(struct pace *pace, uint64_t done_ns)
{
        double think_ns;

        if (pace->config.think_ns == 0)
                return done_ns;
        think_ns = rng_exponential(&pace->rng, (double)pace->config.think_ns);
        if (pace->config.think_max_ns && think_ns > (double)pace->config.think_max_ns)
                think_ns = (double)pace->config.think_max_ns;
        return done_ns + (uint64_t)llround(think_ns);
}
