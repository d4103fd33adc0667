/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

#include "macro.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

static void series_fini(struct series *series)
{
        free(series->sums);
        free(series->counts);
        *series = (struct series){0};
}

/* Zeros. */
static int series_init(struct series *series, size_t n)
{
        *series = (struct series){
                .sums = calloc(n, sizeof(double)), .counts = calloc(n, sizeof(double)), .n = n};
        if (series->sums && series->counts)
                return 0;
        series_fini(series);
        return -ENOMEM;
}

/* Takes the series over, also when it fails. One without anything in it is no repeat. */
static int add(struct sample *sample, struct series *series)
{
        struct series *repeats;
        double counts = 0;

        for (size_t i = 0; i < series->n; i++)
                counts += series->counts[i];
        if (!(counts > 0)) {
                series_fini(series);
                return 0;
        }
        repeats = reallocarray(sample->repeats, sample->n + 1, sizeof *repeats);
        if (!repeats) {
                series_fini(series);
                return -ENOMEM;
        }
        sample->repeats = repeats;
        repeats[sample->n++] = *series;
        return 0;
}

static int add_one(struct sample *sample, double figure, double count)
{
        struct series series;

        if (!isfinite(figure) || !(count > 0))
                return 0;
        if (series_init(&series, 1) < 0)
                return -ENOMEM;
        series.sums[0] = figure * count;
        series.counts[0] = count;
        return add(sample, &series);
}

int sample_add_figure(struct sample *sample, double figure)
{
        return add_one(sample, figure, 1);
}

void sample_fini(struct sample *sample)
{
        for (size_t i = 0; i < sample->n; i++)
                series_fini(&sample->repeats[i]);
        free(sample->repeats);
        *sample = (struct sample){0};
}

/* ---- readings ---- */

/* What a reading that covers the time from from_s to its own is in a series. */
static void of_rate(const struct run_second *s, double from_s, double *sum, double *count)
{
        *sum = (double)s->work;
        *count = s->t_s - from_s;
}

static void of_mean(const struct run_second *s, double from_s, double *sum, double *count)
{
        bool timed = isfinite(s->mean_ms);

        *sum = timed ? (double)s->work * s->mean_ms : 0;
        *count = timed ? (double)s->work : 0;
}

/* NULL: there are no more. Readings that do not go on from the one before are passed over. */
static const struct run_second *next(const struct run_guest *guest, size_t *at, double from_s)
{
        while (*at < guest->n_series) {
                const struct run_second *s = &guest->series[(*at)++];

                if (isfinite(s->t_s) && s->t_s > from_s)
                        return s;
        }
        return NULL;
}

static int add_guest(struct sample *sample, const struct run_guest *guest,
        void (*of)(const struct run_second *, double, double *, double *))
{
        const struct run_second *s;
        struct series series;
        double from_s = 0;
        size_t at = 0, n = 0;

        if (series_init(&series, guest->n_series) < 0)
                return -ENOMEM;
        while ((s = next(guest, &at, from_s))) {
                of(s, from_s, &series.sums[n], &series.counts[n]);
                from_s = s->t_s;
                n++;
        }
        series.n = n;
        return add(sample, &series);
}

int sample_add_guest_rate(struct sample *sample, const struct run_guest *guest)
{
        if (guest->problem)
                return 0;
        if (guest->n_series == 0)
                return add_one(sample, guest->rate_per_s, guest->seconds);
        return add_guest(sample, guest, of_rate);
}

int sample_add_guest_mean(struct sample *sample, const struct run_guest *guest)
{
        if (guest->problem)
                return 0;
        if (guest->n_series == 0)
                return add_one(sample, guest->corrected.mean_ms, (double)guest->corrected.count);
        return add_guest(sample, guest, of_mean);
}

/* ---- all guests of one number in a step ---- */

/* False: one of them was not measured. *ret_end_s: up to when all have readings, 0 if one has none;
 * *ret_n: of the one with the fewest. */
static bool common_time(
        const struct run_step *step, unsigned guest, double *ret_end_s, size_t *ret_n)
{
        double end_s = INFINITY;
        size_t fewest = SIZE_MAX;

        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *one = run_tile_guest(&step->tile_results[i], guest);
                const struct run_second *s;
                double from_s = 0;
                size_t at = 0, n = 0;

                if (!one || one->problem)
                        return false;
                for (; (s = next(one, &at, from_s)); n++)
                        from_s = s->t_s;
                end_s = MIN(end_s, from_s);
                fewest = MIN(fewest, n);
        }
        *ret_end_s = end_s;
        *ret_n = fewest;
        return step->n_tile_results > 0;
}

/* Adds what came evenly from from_s to to_s, as far as the series reaches. */
static void spread(
        struct series *series, double width_s, double from_s, double to_s, double sum, double count)
{
        for (size_t i = (size_t)(from_s / width_s); i < series->n; i++) {
                double low = MAX(from_s, (double)i * width_s),
                       high = MIN(to_s, (double)(i + 1) * width_s),
                       part = high > low ? (high - low) / (to_s - from_s) : 0;

                series->sums[i] += part * sum;
                series->counts[i] += part * count;
                if (to_s <= (double)(i + 1) * width_s)
                        break;
        }
}

static void spread_guest(struct series *series, double width_s, const struct run_guest *guest,
        void (*of)(const struct run_second *, double, double *, double *))
{
        const struct run_second *s;
        double from_s = 0, sum, count;
        size_t at = 0;

        while (from_s < width_s * (double)series->n && (s = next(guest, &at, from_s))) {
                of(s, from_s, &sum, &count);
                spread(series, width_s, from_s, s->t_s, sum, count);
                from_s = s->t_s;
        }
}

/* count: of the step's figure when there are no readings for all of them. */
static int add_step(struct sample *sample, const struct run_step *step, unsigned guest,
        double figure, double count,
        void (*of)(const struct run_second *, double, double *, double *))
{
        struct series series;
        double end_s;
        size_t n;

        if (!common_time(step, guest, &end_s, &n))
                return 0;
        if (n == 0)
                return add_one(sample, figure, count);
        n = MAX((size_t)MIN(round(end_s), (double)n), (size_t)1);
        if (series_init(&series, n) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < step->n_tile_results; i++)
                spread_guest(&series, end_s / (double)n,
                        run_tile_guest(&step->tile_results[i], guest), of);
        /* They work at the same time: it does not add up. */
        for (size_t i = 0; i < n && of == of_rate; i++)
                series.counts[i] = end_s / (double)n;
        return add(sample, &series);
}

int sample_add_rate(struct sample *sample, const struct run_step *step)
{
        return add_step(sample, step, 0, step->rate_per_s, step->duration_s, of_rate);
}

int sample_add_response(struct sample *sample, const struct run_step *step)
{
        return add_step(
                sample, step, 0, step->response.mean_ms, (double)step->response.count, of_mean);
}

int sample_add_role_rate(struct sample *sample, const struct run_step *step, unsigned guest)
{
        double rate = 0;

        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *one = run_tile_guest(&step->tile_results[i], guest);

                rate += one ? one->rate_per_s : 0;
        }
        return add_step(sample, step, guest, rate, step->duration_s, of_rate);
}

int sample_add_role_mean(struct sample *sample, const struct run_step *step, unsigned guest)
{
        double sum = 0, count = 0;

        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *one = run_tile_guest(&step->tile_results[i], guest);

                if (!one || one->corrected.count == 0)
                        continue;
                sum += one->corrected.mean_ms * (double)one->corrected.count;
                count += (double)one->corrected.count;
        }
        return add_step(sample, step, guest, sum / count, count, of_mean);
}
