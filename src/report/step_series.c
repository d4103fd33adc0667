/* SPDX-License-Identifier: Apache-2.0 */
#include "step_series.h"

#include <errno.h>
#include <math.h>

/* What one tile did in one interval. */
struct share {
        double covered_s, work, errors, timed, sum_ms;
};

static bool usable(const struct run_second *s, double from_s)
{
        return isfinite(s->t_s) && s->t_s > from_s;
}

static double end_of(const struct run_step *step)
{
        double end = 0;

        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *client = run_tile_guest(&step->tile_results[i], 0);

                for (size_t j = 0; client && j < client->n_series; j++)
                        if (usable(&client->series[j], end))
                                end = client->series[j].t_s;
        }
        return end;
}

/* A reading's work lies evenly between the one before and itself. */
static void spread(struct share *shares, const struct step_series *series,
        const struct run_second *s, double from_s)
{
        double width = series->interval_s, length = s->t_s - from_s;
        size_t first = (size_t)MIN(from_s / width, (double)(series->n - 1));

        for (size_t i = first; i < series->n && (double)i * width < s->t_s; i++) {
                double low = MAX(from_s, (double)i * width),
                       high = MIN(s->t_s, (double)(i + 1) * width),
                       part = high > low ? (high - low) / length : 0;

                shares[i].covered_s += part * length;
                shares[i].work += part * (double)s->work;
                shares[i].errors += part * (double)s->errors;
                if (isfinite(s->mean_ms)) {
                        shares[i].timed += part * (double)s->work;
                        shares[i].sum_ms += part * (double)s->work * s->mean_ms;
                }
        }
}

static void add_low_high(double *low, double *high, double value)
{
        *low = isnan(*low) ? value : MIN(*low, value);
        *high = isnan(*high) ? value : MAX(*high, value);
}

/* The sums of rates and times go into the points' means until finish() divides them. */
static void add_tile(
        struct step_series *series, const struct share *shares, double *tiles, double *timed)
{
        for (size_t i = 0; i < series->n; i++) {
                const struct share *s = &shares[i];
                struct series_point *p = &series->points[i];
                double rate;

                if (s->covered_s < series->interval_s / 2)
                        continue; /* too little of it was seen to speak of a rate */
                rate = s->work / s->covered_s;
                tiles[i]++;
                p->rate += rate;
                p->errors += s->errors;
                add_low_high(&p->rate_low, &p->rate_high, rate);
                if (s->timed > 0) {
                        timed[i] += s->timed;
                        p->mean_ms += s->sum_ms;
                        add_low_high(&p->mean_low_ms, &p->mean_high_ms, s->sum_ms / s->timed);
                }
        }
}

static void finish(struct step_series *series, const double *tiles, const double *timed)
{
        for (size_t i = 0; i < series->n; i++) {
                struct series_point *p = &series->points[i];

                p->rate = tiles[i] > 0 ? p->rate / tiles[i] : NAN;
                p->errors = tiles[i] > 0 ? p->errors : NAN;
                p->mean_ms = timed[i] > 0 ? p->mean_ms / timed[i] : NAN;
        }
}

static void add_client(
        struct step_series *series, const struct run_guest *client, double *tiles, double *timed)
{
        struct share shares[SERIES_MAX_POINTS] = {0};
        double from_s = 0;

        for (size_t i = 0; i < client->n_series; i++) {
                if (!usable(&client->series[i], from_s))
                        continue;
                spread(shares, series, &client->series[i], from_s);
                from_s = client->series[i].t_s;
        }
        add_tile(series, shares, tiles, timed);
}

int step_series_make(struct step_series *ret, const struct run_step *step)
{
        double tiles[SERIES_MAX_POINTS] = {0}, timed[SERIES_MAX_POINTS] = {0};
        double end = end_of(step);
        struct step_series series = {0};

        *ret = series;
        if (end <= 0)
                return 0;
        series.n = (size_t)MAX(MIN(round(end), (double)SERIES_MAX_POINTS), 1.0);
        series.interval_s = end / (double)series.n;
        series.points = calloc(series.n, sizeof *series.points);
        if (!series.points)
                return -ENOMEM;
        for (size_t i = 0; i < series.n; i++)
                series.points[i] = (struct series_point){
                        .t_s = (double)(i + 1) * series.interval_s,
                        .rate_low = NAN,
                        .rate_high = NAN,
                        .mean_low_ms = NAN,
                        .mean_high_ms = NAN,
                };
        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *client = run_tile_guest(&step->tile_results[i], 0);

                if (client && client->n_series)
                        add_client(&series, client, tiles, timed);
        }
        finish(&series, tiles, timed);
        *ret = series;
        return 0;
}

void step_series_free(struct step_series *series)
{
        free(series->points);
        *series = (struct step_series){0};
}
