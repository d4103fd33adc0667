/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A struct run_file made up in memory: steps of healthy tiles, a second each reading, that tests
 * then spoil in one way or another.
 */
#pragma once

#include "unit.h"

#include "macro.h"
#include "rng.h"
#include "run_file.h"

#include <string.h>

struct made_step {
        unsigned tiles, repeat; /* repeat 0: 1 */
        double rate;            /* requests/s of a tile */
        double offered;         /* 0: as rate */
        double mean_ms;         /* 0: 3.1 */
        double wobble;          /* how much readings vary, as a share: uniform, both ways */
        unsigned seconds;       /* 0: 30 */
        bool invalid, broken, interrupted;
};

static inline void made_hist(struct run_guest *client, double mean_ms, uint64_t count)
{
        client->hist = calloc(1, sizeof *client->hist);
        assert_non_null(client->hist);
        /* An exponential distribution, as even as its count allows. */
        for (uint64_t i = 0; i < count; i++) {
                double ms = -mean_ms * log1p(-((double)i + 0.5) / (double)count);

                hist_record(client->hist, (uint64_t)(ms * 1e6));
        }
}

static inline struct run_quantiles made_quantiles(const struct hist *hist)
{
        return (struct run_quantiles){
                .count = hist_count(hist),
                .mean_ms = hist_mean_ns(hist) / 1e6,
                .p50_ms = (double)hist_quantile_ns(hist, 0.5) / 1e6,
                .p90_ms = (double)hist_quantile_ns(hist, 0.9) / 1e6,
                .p95_ms = (double)hist_quantile_ns(hist, 0.95) / 1e6,
                .p99_ms = (double)hist_quantile_ns(hist, 0.99) / 1e6,
                .p999_ms = (double)hist_quantile_ns(hist, 0.999) / 1e6,
                .max_ms = (double)hist_quantile_ns(hist, 1) / 1e6,
        };
}

static inline void made_client(
        struct run_guest *client, const struct made_step *m, unsigned seconds, struct rng *rng)
{
        double mean_ms = m->mean_ms > 0 ? m->mean_ms : 3.1;

        client->seconds = seconds;
        client->series = calloc(seconds, sizeof *client->series);
        assert_non_null(client->series);
        client->n_series = seconds;
        for (unsigned i = 0; i < seconds; i++) {
                double up = 1 + m->wobble * (2 * rng_unit(rng) - 1);
                double slow = 1 + m->wobble * (2 * rng_unit(rng) - 1);
                uint64_t work = (uint64_t)llround(m->rate * up);

                client->series[i] =
                        (struct run_second){.t_s = i + 1, .work = work, .mean_ms = mean_ms * slow};
                client->work += work;
        }
        client->rate_per_s = (double)client->work / seconds;
        made_hist(client, mean_ms, client->work);
        client->corrected = made_quantiles(client->hist);
}

static inline void made_tile(struct run_tile *tile, unsigned number, const struct made_step *m,
        unsigned seconds, struct rng *rng)
{
        *tile = (struct run_tile){.tile = number,
                .valid = !m->invalid && !m->broken && !m->interrupted,
                .n_guests = 9};
        tile->guests = calloc(tile->n_guests, sizeof *tile->guests);
        assert_non_null(tile->guests);
        for (unsigned g = 0; g < tile->n_guests; g++)
                tile->guests[g].guest = g;
        made_client(&tile->guests[0], m, seconds, rng);
        tile->requests = tile->guests[0].work;
        tile->rate_per_s = tile->guests[0].rate_per_s;
        tile->response = tile->guests[0].corrected;
        if (!tile->valid) {
                tile->reasons = calloc(1, sizeof *tile->reasons);
                assert_non_null(tile->reasons);
                tile->reasons[tile->n_reasons++] = strdup("average 1.20 s is over 1.00 s");
        }
}

/* What a step says of its tiles together. */
static inline void made_sums(struct run_step *step)
{
        struct hist *all = calloc(1, sizeof *all);
        double squares = 0;

        assert_non_null(all);
        step->worst_share = INFINITY;
        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_tile *tile = &step->tile_results[i];

                step->requests += tile->requests;
                step->rate_per_s += tile->rate_per_s;
                squares += tile->rate_per_s * tile->rate_per_s;
                hist_add(all, tile->guests[0].hist);
        }
        for (size_t i = 0; i < step->n_tile_results; i++) {
                struct run_tile *tile = &step->tile_results[i];

                tile->fair_share = tile->rate_per_s * step->tiles / step->rate_per_s;
                step->worst_share = MIN(step->worst_share, tile->fair_share);
        }
        step->jain = step->rate_per_s * step->rate_per_s / step->tiles / squares;
        step->response = step->raw = made_quantiles(all);
        free(all);
}

static inline struct run_step *made_add(struct run_file *run, const struct made_step *m)
{
        unsigned seconds = m->seconds ? m->seconds : 30;
        struct run_step *step;
        struct rng rng;

        rng_init(&rng, m->tiles, run->n_steps);
        run->steps = realloc(run->steps, (run->n_steps + 1) * sizeof *run->steps);
        assert_non_null(run->steps);
        step = &run->steps[run->n_steps++];
        *step = (struct run_step){
                .tiles = m->tiles,
                .repeat = m->repeat ? m->repeat : 1,
                .valid = !m->invalid && !m->broken && !m->interrupted,
                .broken = m->broken,
                .interrupted = m->interrupted,
                .duration_s = seconds,
                .offered_per_s = (m->offered > 0 ? m->offered : m->rate) * m->tiles,
                .settled = true,
                .n_tile_results = m->tiles,
        };
        step->tile_results = calloc(m->tiles, sizeof *step->tile_results);
        assert_non_null(step->tile_results);
        for (unsigned t = 0; t < m->tiles; t++)
                made_tile(&step->tile_results[t], t + 1, m, seconds, &rng);
        made_sums(step);
        return step;
}

static inline void made_free(struct run_file *run)
{
        for (size_t i = 0; i < run->n_steps; i++) {
                struct run_step *step = &run->steps[i];

                for (size_t t = 0; t < step->n_tile_results; t++) {
                        struct run_tile *tile = &step->tile_results[t];

                        for (size_t g = 0; g < tile->n_guests; g++) {
                                free(tile->guests[g].hist);
                                free(tile->guests[g].series);
                                free(tile->guests[g].problem);
                        }
                        for (size_t r = 0; r < tile->n_reasons; r++)
                                free(tile->reasons[r]);
                        free(tile->reasons);
                        free(tile->guests);
                }
                free(step->tile_results);
                free(step->unsettled);
        }
        free(run->steps);
        free(run->ended_by);
        free(run->incomplete_reason);
        *run = (struct run_file){0};
}
