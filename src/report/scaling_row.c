/* SPDX-License-Identifier: Apache-2.0 */
#include "scaling_row.h"

#include "macro.h"

#include <errno.h>
#include <math.h>
#include <string.h>

void interval_around(struct interval *interval, double figure)
{
        double factor = figure / interval->estimate;

        interval->estimate = figure;
        if (interval->missing)
                return;
        if (isfinite(factor)) {
                interval->low = MAX(interval->low * factor, 0);
                interval->high *= factor;
                interval->error *= factor;
        } else {
                interval->low = interval->high = interval->error = NAN;
                interval->missing = "the series do not go with the sums";
        }
}

/* ---- which windows ---- */

static int choose_steps(struct scaling_row *row, const struct run_file *run)
{
        row->steps = calloc(run->n_steps, sizeof *row->steps);
        if (!row->steps)
                return -ENOMEM;
        row->cut_short = true;
        for (size_t i = 0; i < run->n_steps; i++)
                if (run->steps[i].tiles == row->tiles && !run->steps[i].interrupted)
                        row->cut_short = false;
        for (size_t i = 0; i < run->n_steps; i++)
                if (run->steps[i].tiles == row->tiles &&
                        run->steps[i].interrupted == row->cut_short)
                        row->steps[row->n_steps++] = &run->steps[i];
        return 0;
}

/* ---- sums over windows ---- */

static void look_at_guests(struct scaling_row *row, const struct run_step *step)
{
        unsigned guests = 0;

        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_tile *tile = &step->tile_results[i];

                for (size_t j = 0; j < tile->n_guests; j++) {
                        guests += tile->guests[j].guest != 0;
                        if (tile->guests[j].problem)
                                row->whole = false;
                }
        }
        row->guests = MAX(row->guests, guests);
}

/* *ret_rate: of all windows, each by its length. */
static void sum_up(struct scaling_row *row, double *ret_rate)
{
        double rates = 0, offered = 0;
        bool broken = false;

        row->whole = true;
        for (size_t i = 0; i < row->n_steps; i++) {
                const struct run_step *step = row->steps[i];

                row->valid_steps += step->valid;
                broken = broken || step->broken;
                row->settled_steps += step->settled;
                row->seconds += step->duration_s;
                row->requests += step->requests;
                row->errors += step->errors;
                row->guest_errors += step->guest_errors;
                rates += step->rate_per_s * step->duration_s;
                offered += step->offered_per_s * step->duration_s;
                look_at_guests(row, step);
        }
        *ret_rate = row->seconds > 0 ? rates / row->seconds : 0;
        row->offered_per_s = row->seconds > 0 ? offered / row->seconds : 0;
        row->settled = row->settled_steps == row->n_steps;
        row->valid = !row->cut_short && !broken && row->valid_steps * 2 > row->n_steps;
}

/* ---- response times ---- */

static double ms(double ns)
{
        return ns / 1e6;
}

/* False: a histogram is missing of something that was counted. */
static bool merge(struct hist *to, const struct run_step *step)
{
        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *client = run_tile_guest(&step->tile_results[i], 0);

                if (client && client->hist)
                        hist_add(to, client->hist);
                else if (step->tile_results[i].response.count)
                        return false;
        }
        return true;
}

/* Counts, exact means and the maximum, which need no histogram. */
static struct run_quantiles pool(
        const struct scaling_row *row, const struct run_quantiles *(*of)(const struct run_step *))
{
        struct run_quantiles all = {
                .p50_ms = NAN, .p90_ms = NAN, .p95_ms = NAN, .p99_ms = NAN, .p999_ms = NAN};
        double sum = 0;

        if (row->n_steps == 1)
                return *of(row->steps[0]);
        for (size_t i = 0; i < row->n_steps; i++) {
                const struct run_quantiles *q = of(row->steps[i]);

                all.count += q->count;
                sum += (double)q->count * q->mean_ms;
                all.max_ms = MAX(all.max_ms, q->max_ms);
        }
        all.mean_ms = all.count ? sum / (double)all.count : 0;
        return all;
}

static const struct run_quantiles *response_of(const struct run_step *step)
{
        return &step->response;
}

static const struct run_quantiles *raw_of(const struct run_step *step)
{
        return &step->raw;
}

static int make_response(struct scaling_row *row)
{
        _cleanup_free_ struct hist *hist = NULL;
        bool whole = true;

        row->response = pool(row, response_of);
        row->raw = pool(row, raw_of);
        if (row->n_steps == 1)
                return 0;
        hist = calloc(1, sizeof *hist);
        if (!hist)
                return -ENOMEM;
        for (size_t i = 0; i < row->n_steps; i++)
                whole = merge(hist, row->steps[i]) && whole;
        if (!whole)
                return 0;
        row->response.p50_ms = ms((double)hist_quantile_ns(hist, 0.5));
        row->response.p90_ms = ms((double)hist_quantile_ns(hist, 0.9));
        row->response.p95_ms = ms((double)hist_quantile_ns(hist, 0.95));
        row->response.p99_ms = ms((double)hist_quantile_ns(hist, 0.99));
        row->response.p999_ms = ms((double)hist_quantile_ns(hist, 0.999));
        return 0;
}

/* ---- fairness ---- */

static int by_tile(const void *a, const void *b)
{
        const struct scaling_tile *x = a, *y = b;

        return (x->tile > y->tile) - (x->tile < y->tile);
}

static struct scaling_tile *find_tile(struct scaling_row *row, unsigned tile)
{
        for (size_t i = 0; i < row->n_tile_rows; i++)
                if (row->tile_rows[i].tile == tile)
                        return &row->tile_rows[i];
        return NULL;
}

/* The sums of all windows first. */
static void add_tile(struct scaling_row *row, const struct run_tile *tile)
{
        struct scaling_tile *t = find_tile(row, tile->tile);

        if (!t) {
                t = &row->tile_rows[row->n_tile_rows++];
                *t = (struct scaling_tile){.tile = tile->tile, .worst_share = INFINITY};
        }
        t->windows++;
        t->rate_per_s += tile->rate_per_s;
        t->share += tile->fair_share;
        t->worst_share = MIN(t->worst_share, tile->fair_share);
}

static int make_fairness(struct scaling_row *row)
{
        size_t n = 0;

        row->jain = row->worst_share = INFINITY;
        for (size_t i = 0; i < row->n_steps; i++) {
                n += row->steps[i]->n_tile_results;
                row->jain = MIN(row->jain, row->steps[i]->jain);
        }
        row->tile_rows = calloc(n + 1, sizeof *row->tile_rows);
        if (!row->tile_rows)
                return -ENOMEM;
        for (size_t i = 0; i < row->n_steps; i++)
                for (size_t j = 0; j < row->steps[i]->n_tile_results; j++)
                        add_tile(row, &row->steps[i]->tile_results[j]);
        qsort(row->tile_rows, row->n_tile_rows, sizeof *row->tile_rows, by_tile);
        for (size_t i = 0; i < row->n_tile_rows; i++) {
                struct scaling_tile *t = &row->tile_rows[i];

                t->rate_per_s /= (double)t->windows;
                t->share /= (double)t->windows;
                if (t->worst_share < row->worst_share) {
                        row->worst_share = t->worst_share;
                        row->worst_tile = t->tile;
                }
        }
        return 0;
}

/* ---- intervals ---- */

/* By how much the figure wavers, not by how little so few windows tell of it. */
static void find_noise(struct scaling_row *row)
{
        /* Twice what a Poisson process would waver by: with few blocks the error wavers, too. */
        double chance = 2 * 1.96 / sqrt((double)MAX(row->requests, (uint64_t)1));

        row->noisy_rate = interval_noise(&row->rate_per_s) > hypot(SCALING_NOISY_RATE, chance);
        row->noisy_response = interval_noise(&row->mean_ms) > SCALING_NOISY_RESPONSE;
        row->noisy = row->noisy_rate || row->noisy_response;
}

static int make_intervals(struct scaling_row *row, struct sample *rates, double rate)
{
        _cleanup_(sample_fini) struct sample responses = {0};
        int r = 0;

        for (size_t i = 0; i < row->n_steps && r == 0; i++) {
                r = sample_add_rate(rates, row->steps[i]);
                if (r == 0)
                        r = sample_add_response(&responses, row->steps[i]);
        }
        if (r == 0)
                r = bootstrap_mean(&row->rate_per_s, rates);
        if (r == 0)
                r = bootstrap_mean(&row->mean_ms, &responses);
        if (r < 0)
                return r;
        interval_around(&row->rate_per_s, rate);
        interval_around(&row->mean_ms, row->response.count ? row->response.mean_ms : NAN);
        find_noise(row);
        return 0;
}

/* ---- the row ---- */

int scaling_row_make(
        struct scaling_row *ret, struct sample *rates, const struct run_file *run, unsigned tiles)
{
        double rate = 0;
        int r;

        *ret = (struct scaling_row){.tiles = tiles};
        r = choose_steps(ret, run);
        if (r == 0) {
                sum_up(ret, &rate);
                r = make_response(ret);
        }
        if (r == 0)
                r = make_fairness(ret);
        if (r == 0)
                r = make_intervals(ret, rates, rate);
        return r;
}

void scaling_row_fini(struct scaling_row *row)
{
        free(row->steps);
        free(row->tile_rows);
        *row = (struct scaling_row){0};
}
