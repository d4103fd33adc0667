/* SPDX-License-Identifier: Apache-2.0 */
#include "bootstrap.h"

#include "macro.h"
#include "rng.h"
#include "statistics.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define CONFIDENCE 0.95
#define NORMAL     1.959964 /* what a normal variable stays within with that probability */
#define MOST_ALIKE 0.9      /* that can be told of so few readings */
#define SEED       UINT64_C(0x74696c656c6f6164)

/* One window, its readings added up from the first on: those from i to j - 1 are [j] - [i]. */
struct window_sums {
        double *sums, *counts; /* n + 1 of each; sums owns both */
        size_t n;
};

/* What resampling has brought. Deviations are from the estimate, and not yet widened. */
struct draws {
        struct interval interval; /* without low and high */
        double *deviations;       /* BOOTSTRAP_RESAMPLES of them; NULL: see interval.missing */
        double unseen;            /* by blocks: times their variance */
        double variance, degrees_of_freedom;
};

struct interval interval_missing(const char *reason)
{
        return (struct interval){
                .estimate = NAN, .low = NAN, .high = NAN, .error = NAN, .missing = reason};
}

double interval_variation(const struct interval *interval)
{
        if (interval->missing || !(interval->estimate > 0))
                return NAN;
        return (interval->high - interval->low) / 2 / interval->estimate;
}

double interval_noise(const struct interval *interval)
{
        if (interval->missing || !(interval->estimate > 0))
                return NAN;
        return NORMAL * interval->error / interval->estimate;
}

static void figures_of(const struct series *series, double *ret_sum, double *ret_count)
{
        *ret_sum = *ret_count = 0;
        for (size_t i = 0; i < series->n; i++) {
                *ret_sum += series->sums[i];
                *ret_count += series->counts[i];
        }
}

/* ---- blocks ---- */

static double readings_of(const struct sample *sample)
{
        double readings = 0;

        for (size_t i = 0; i < sample->n; i++)
                readings += (double)sample->repeats[i].n;
        return readings;
}

/* How alike successive readings are: the correlation of each with the next, over all windows, of
 * what they are off the figure of their own window. */
static double likeness(const struct sample *sample)
{
        double products = 0, squares = 0;

        for (size_t i = 0; i < sample->n; i++) {
                const struct series *series = &sample->repeats[i];
                double sum, count, before = 0;

                figures_of(series, &sum, &count);
                for (size_t j = 0; count > 0 && j < series->n; j++) {
                        double off = series->sums[j] - series->counts[j] * sum / count;

                        squares += off * off;
                        products += j > 0 ? off * before : 0;
                        before = off;
                }
        }
        return squares > 0 && isfinite(squares) ? products / squares : 0;
}

/* The length that gives the variance of a mean best grows with the cube root of the series' length
 * (P. Hall, J. Horowitz, B.-Y. Jing, Biometrika 82, 1995); its factor is that of a first-order
 * autoregressive series (by D. Politis and H. White, Econometric Reviews 23, 2004), but not below
 * one, as a short series may look less alike than it is. */
size_t bootstrap_block_length(const struct sample *sample)
{
        double readings = readings_of(sample), alike = MIN(likeness(sample), 0.999), factor = 1;

        if (!(readings > 0))
                return 1;
        if (alike > 0)
                factor = MAX(factor, cbrt(6 * pow(alike / (1 - alike * alike), 2)));
        /* A little less, so that a cube is not rounded up. */
        return (size_t)ceil(factor * cbrt(readings / (double)sample->n) - 1e-6);
}

/* Variance of the mean of n readings, each of which keeps the share `alike` of how far the one
 * before was off, over that of one reading. */
static double variance_of_mean(double n, double alike)
{
        double sum = 1, power = alike;

        for (double k = 1; k < n; k++, power *= alike)
                sum += 2 * (1 - k / n) * power;
        return sum / n;
}

/* What is slow moves all blocks of a window together, so that they differ by less than windows do.
 * How many times the variance they show is that of a window, if the series is a first-order
 * autoregressive one. The correlation is taken around the window's own figure, which makes it look
 * less than it is, the more so the shorter the window (F. Marriott, J. Pope, Biometrika
 * 41, 1954). */
static double unseen_by_blocks(const struct sample *sample, const struct interval *interval)
{
        double n = readings_of(sample) / (double)sample->n;
        double blocks = (double)interval->blocks / (double)sample->n, alike, window;

        if (!(n > 4 && blocks > 1))
                return 1;
        alike = MIN((n * likeness(sample) + 1) / (n - 4), MOST_ALIKE);
        if (!(alike > 0))
                return 1;
        window = variance_of_mean(n, alike);
        return (blocks - 1) * window / (variance_of_mean(n / blocks, alike) - window);
}

/* ---- drawing ---- */

static void window_sums_free(struct window_sums **windows, size_t n)
{
        for (size_t i = 0; *windows && i < n; i++)
                free((*windows)[i].sums);
        free(*windows);
        *windows = NULL;
}

static int add_up(struct window_sums *ret, const struct series *series)
{
        double *sums = calloc(series->n + 1, 2 * sizeof *sums);

        if (!sums)
                return -ENOMEM;
        *ret = (struct window_sums){.sums = sums, .counts = sums + series->n + 1, .n = series->n};
        for (size_t i = 0; i < series->n; i++) {
                ret->sums[i + 1] = ret->sums[i] + series->sums[i];
                ret->counts[i + 1] = ret->counts[i] + series->counts[i];
        }
        return 0;
}

/* Adds as many blocks as lie side by side in the window, brought to the window's length. */
static void draw_blocks(
        const struct window_sums *w, size_t length, struct rng *rng, double *sum, double *count)
{
        size_t blocks = w->n / length;
        double scale = (double)w->n / (double)(blocks * length);

        for (size_t i = 0; i < blocks; i++) {
                size_t from = (size_t)rng_below(rng, w->n - length + 1), to = from + length;

                *sum += (w->sums[to] - w->sums[from]) * scale;
                *count += (w->counts[to] - w->counts[from]) * scale;
        }
}

/* One resample: by which repeats were drawn, and by which blocks of them. False: there was nothing
 * to divide by. */
static bool draw(const struct window_sums *windows, const struct interval *interval,
        struct rng *rng, double *ret_outer, double *ret_inner)
{
        double sum = 0, count = 0, block_sum = 0, block_count = 0;

        for (size_t i = 0; i < interval->repeats; i++) {
                const struct window_sums *w = &windows[rng_below(rng, interval->repeats)];

                sum += w->sums[w->n];
                count += w->counts[w->n];
                if (interval->blocks)
                        draw_blocks(w, interval->block_length, rng, &block_sum, &block_count);
        }
        if (!interval->blocks)
                block_sum = sum, block_count = count;
        if (!(count > 0) || !(block_count > 0))
                return false;
        *ret_outer = sum / count - interval->estimate;
        *ret_inner = block_sum / block_count - sum / count;
        return true;
}

/* Takes their mean off, and returns their variance. */
static double centre(double *values)
{
        double mean = mean_of(values, BOOTSTRAP_RESAMPLES);

        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
                values[i] -= mean;
        return pow(deviation_of(values, BOOTSTRAP_RESAMPLES), 2);
}

/* Puts both levels together in draws->deviations, which hold the outer ones.
 *
 * Windows that were drawn from k blocks or repeats vary by (k - 1) / k too little. And each repeat
 * is off by chance already as far as its blocks are: only the rest is a difference of repeats. How
 * sure the sum of both variances is goes by F. Satterthwaite (Biometrics Bulletin 2, 1946). */
static void combine(struct draws *draws, double *inner)
{
        const struct interval *interval = &draws->interval;
        double repeats = (double)interval->repeats, others = (double)interval->blocks - repeats;
        double drawn = centre(draws->deviations), within = centre(inner), between = 0, doubt = 0;
        double inner_scale =
                interval->blocks ? sqrt((double)interval->blocks / others * draws->unseen) : 0;
        double outer_scale = 0;

        within *= inner_scale * inner_scale;
        if (interval->repeats > 1 && drawn > 0) {
                between = MAX(0, drawn * repeats / (repeats - 1) - within);
                outer_scale = sqrt(between / drawn);
                doubt += between * between / (repeats - 1);
        }
        if (interval->blocks)
                doubt += within * within / others;
        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
                draws->deviations[i] = draws->deviations[i] * outer_scale + inner[i] * inner_scale;
        draws->variance = between + within;
        draws->degrees_of_freedom = doubt > 0 ? pow(draws->variance, 2) / doubt : INFINITY;
}

static int resample(struct draws *draws, const struct window_sums *windows, uint64_t stream)
{
        _cleanup_free_ double *outer = calloc(BOOTSTRAP_RESAMPLES, sizeof *outer);
        _cleanup_free_ double *inner = calloc(BOOTSTRAP_RESAMPLES, sizeof *inner);
        struct rng rng;

        if (!outer || !inner)
                return -ENOMEM;
        rng_init(&rng, SEED, stream);
        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
                if (!draw(windows, &draws->interval, &rng, &outer[i], &inner[i])) {
                        draws->interval.missing = "too little was counted";
                        return 0;
                }
        draws->deviations = STEAL_PTR(outer);
        combine(draws, inner);
        return 0;
}

/* ---- samples ---- */

/* Figure, repeats and blocks of the sample, or why there cannot be an interval. */
static struct interval plan(const struct sample *sample)
{
        struct interval interval = interval_missing(NULL);
        double sums = 0, counts = 0;
        bool short_window = false;

        interval.block_length = bootstrap_block_length(sample);
        for (size_t i = 0; i < sample->n; i++) {
                double sum, count;

                figures_of(&sample->repeats[i], &sum, &count);
                sums += sum;
                counts += count;
                interval.blocks += sample->repeats[i].n / interval.block_length;
                short_window = short_window || sample->repeats[i].n < interval.block_length;
        }
        if (!(counts > 0) || !isfinite(sums / counts))
                return interval_missing("nothing was measured");
        interval.estimate = sums / counts;
        interval.repeats = sample->n;
        if (short_window || interval.blocks < sample->n + BOOTSTRAP_MIN_BLOCKS)
                interval.blocks = interval.block_length = 0;
        if (interval.blocks == 0 && interval.repeats < BOOTSTRAP_MIN_REPEATS)
                interval.missing = "too few blocks: it takes a longer window, or 3 repeats";
        return interval;
}

/* draws->deviations is to be freed. */
static int draw_sample(struct draws *draws, const struct sample *sample, uint64_t stream)
{
        struct window_sums *windows;
        int r = 0;

        *draws = (struct draws){.interval = plan(sample)};
        if (draws->interval.missing)
                return 0;
        draws->unseen = unseen_by_blocks(sample, &draws->interval);
        windows = calloc(sample->n, sizeof *windows);
        if (!windows)
                return -ENOMEM;
        for (size_t i = 0; i < sample->n && r == 0; i++)
                r = add_up(&windows[i], &sample->repeats[i]);
        if (r == 0)
                r = resample(draws, windows, stream);
        window_sums_free(&windows, sample->n);
        return r;
}

/* Sorts the deviations. The middle 95 % of them, as much wider as Student's t is wider than the
 * normal distribution. */
static void limits(double *deviations, double degrees_of_freedom, struct interval *interval)
{
        size_t outside = (size_t)(BOOTSTRAP_RESAMPLES * (1 - CONFIDENCE) / 2 + 0.5);
        double wider = student_t(CONFIDENCE, MAX(degrees_of_freedom, 1)) / NORMAL;

        sort_values(deviations, BOOTSTRAP_RESAMPLES);
        interval->low = deviations[outside] * wider;
        interval->high = deviations[BOOTSTRAP_RESAMPLES - 1 - outside] * wider;
        if (isfinite(interval->low) && isfinite(interval->high))
                return;
        interval->low = interval->high = interval->error = NAN;
        interval->missing = "the figures are out of all range";
}

int bootstrap_mean(struct interval *ret, const struct sample *sample)
{
        struct draws draws;
        int r = draw_sample(&draws, sample, 1);

        if (r < 0)
                return r;
        if (draws.deviations) {
                draws.interval.error = sqrt(draws.variance);
                limits(draws.deviations, draws.degrees_of_freedom, &draws.interval);
                draws.interval.low += draws.interval.estimate;
                draws.interval.high += draws.interval.estimate;
                free(draws.deviations);
        }
        *ret = draws.interval;
        return 0;
}

/* ---- ratio ---- */

/* Turns the deviations of `after` into those of the logarithm of the quotient. False: one of the
 * figures was drawn that has no logarithm. */
static bool divide(struct draws *after, const struct draws *before)
{
        double x = after->interval.estimate, y = before->interval.estimate;
        double variance_x = after->variance / (x * x), variance_y = before->variance / (y * y);
        double doubt = variance_x * variance_x / after->degrees_of_freedom +
                       variance_y * variance_y / before->degrees_of_freedom;

        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++) {
                double dx = after->deviations[i] / x, dy = before->deviations[i] / y;

                if (!(dx > -1) || !(dy > -1))
                        return false;
                after->deviations[i] = log1p(dx) - log1p(dy);
        }
        after->degrees_of_freedom = doubt > 0 ? pow(variance_x + variance_y, 2) / doubt : INFINITY;
        return true;
}

static struct interval ratio_of(struct draws *after, struct draws *before)
{
        const struct interval *x = &after->interval, *y = &before->interval;
        struct interval ratio = interval_missing("nothing was measured");

        if (!(x->estimate >= 0) || !(y->estimate > 0))
                return ratio;
        ratio.estimate = x->estimate / y->estimate;
        ratio.repeats = MIN(x->repeats, y->repeats);
        ratio.blocks = MIN(x->blocks, y->blocks);
        ratio.block_length = MAX(x->block_length, y->block_length);
        ratio.missing = x->missing ? x->missing : y->missing;
        if (ratio.missing)
                return ratio;
        if (!(x->estimate > 0))
                ratio.missing = "too near to nothing for a ratio";
        else if (!divide(after, before))
                ratio.missing = "it wavers too much for a ratio";
        if (ratio.missing)
                return ratio;
        limits(after->deviations, after->degrees_of_freedom, &ratio);
        ratio.low = ratio.estimate * exp(ratio.low);
        ratio.high = ratio.estimate * exp(ratio.high);
        return ratio;
}

int bootstrap_ratio(struct interval *ret, const struct sample *after, const struct sample *before)
{
        struct draws a = {0}, b = {0};
        int r = draw_sample(&a, after, 1);

        if (r == 0)
                r = draw_sample(&b, before, 2);
        if (r == 0)
                *ret = ratio_of(&a, &b);
        free(a.deviations);
        free(b.deviations);
        return r;
}
