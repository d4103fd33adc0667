/* SPDX-License-Identifier: Apache-2.0 */
#include "role_side.h"

#include "macro.h"
#include "quantile_ratio.h"
#include "samples.h"
#include "scaling_row.h"
#include "windows_ratio.h"

#include <errno.h>
#include <math.h>

/* ---- one side ---- */

static double ms(uint64_t ns)
{
        return (double)ns / 1e6;
}

/* 1 is the longest, NAN what is no percentile. */
static double quantile_of(size_t metric)
{
        static const double quantiles[COMPARE_METRICS] = {
                [COMPARE_P50] = 0.5, [COMPARE_P95] = 0.95, [COMPARE_P99] = 0.99, [COMPARE_MAX] = 1};

        return quantiles[metric] > 0 ? quantiles[metric] : NAN;
}

static int add_quantiles(struct role_side *side, const struct hist *window)
{
        int r = 0;

        for (size_t m = 0; m < COMPARE_METRICS && hist_count(window) && r == 0; m++)
                if (quantile_of(m) < 1)
                        r = sample_add_figure(
                                &side->quantiles[m], ms(hist_quantile_ns(window, quantile_of(m))));
        return r;
}

/* Its latencies, and its average share of a CPU. */
static int add_window(struct role_side *side, const struct run_step *step, unsigned guest)
{
        struct hist window = {0};
        double cpu = 0;
        unsigned known = 0;

        for (size_t i = 0; i < step->n_tile_results; i++) {
                const struct run_guest *one = run_tile_guest(&step->tile_results[i], guest);

                if (!one || one->problem)
                        continue;
                if (one->hist)
                        hist_add(&window, one->hist);
                if (isfinite(one->cpu_share)) {
                        cpu += one->cpu_share;
                        known++;
                }
        }
        hist_add(side->hist, &window);
        if (add_quantiles(side, &window) < 0)
                return -ENOMEM;
        return sample_add_figure(&side->cpu, known ? cpu / known : NAN);
}

int role_side_make(struct role_side *ret, const struct scaling_row *row, unsigned guest)
{
        int r;

        *ret = (struct role_side){
                .use = role_use_of(row, guest), .hist = calloc(1, sizeof *ret->hist)};
        r = ret->hist ? 0 : -ENOMEM;
        for (size_t i = 0; i < row->n_steps && r == 0; i++) {
                const struct run_step *step = row->steps[i];

                r = sample_add_role_rate(&ret->rates, step, guest);
                if (r == 0)
                        r = sample_add_role_mean(&ret->means, step, guest);
                if (r == 0)
                        r = add_window(ret, step, guest);
        }
        return r;
}

void role_side_fini(struct role_side *side)
{
        free(side->hist);
        sample_fini(&side->rates);
        sample_fini(&side->means);
        sample_fini(&side->cpu);
        for (size_t m = 0; m < COMPARE_METRICS; m++)
                sample_fini(&side->quantiles[m]);
}

/* Of all windows; NAN: not known. */
static double figure_of(const struct role_side *side, size_t metric)
{
        double operations = (double)side->use.work + (double)side->use.errors;

        if (!side->use.measured)
                return NAN;
        switch (metric) {
        case COMPARE_RATE:
                return side->use.unit[0] ? side->use.rate : NAN;
        case COMPARE_AVERAGE:
                return hist_count(side->hist) ? hist_mean_ns(side->hist) / 1e6 : NAN;
        case COMPARE_ERRORS:
                return operations > 0 ? (double)side->use.errors / operations : 0;
        case COMPARE_CPU:
                return side->use.cpu_share;
        default:
                return hist_count(side->hist)
                               ? ms(hist_quantile_ns(side->hist, quantile_of(metric)))
                               : NAN;
        }
}

/* ---- two of them ---- */

/* The interval goes around the quotient of what is shown. */
static void settle(struct compare_figure *figure)
{
        if (!isfinite(figure->before) || !isfinite(figure->after))
                figure->ratio = interval_missing("not known of both");
        else if (!(figure->before > 0))
                figure->ratio = interval_missing("the baseline has none");
        else
                interval_around(&figure->ratio, figure->after / figure->before);
        if (figure->ratio.missing)
                figure->ratio.low = figure->ratio.high = NAN;
}

int compare_windows(
        struct compare_figure *figure, const struct sample *before, const struct sample *after)
{
        int r = bootstrap_ratio(&figure->ratio, after, before);

        if (MIN(before->n, after->n) < BOOTSTRAP_MIN_REPEATS)
                figure->ratio.missing =
                        "CPU is one figure a window: an interval takes 3 windows of each";
        settle(figure);
        return r;
}

/* A window in which one of the guests was missing has no readings of all of them. */
static void tell_why(struct compare_figure *figure, const struct sample *b, const struct sample *a)
{
        if (isfinite(figure->before) && isfinite(figure->after) && (b->n == 0 || a->n == 0))
                figure->ratio.missing = "in no window all of these guests were measured";
}

static int compare_quantile(struct compare_figure *figure, const struct role_side *before,
        const struct role_side *after, size_t metric)
{
        const struct tail b = {before->hist, &before->means}, a = {after->hist, &after->means};
        int r = quantile_ratio(&figure->ratio, &a, &b, quantile_of(metric));

        tell_why(figure, b.means, a.means);
        windows_widen(&figure->ratio, &after->quantiles[metric], &before->quantiles[metric]);
        settle(figure);
        return r;
}

static int compare_readings(
        struct compare_figure *figure, const struct sample *before, const struct sample *after)
{
        int r = bootstrap_ratio(&figure->ratio, after, before);

        windows_widen(&figure->ratio, after, before);
        tell_why(figure, before, after);
        settle(figure);
        return r;
}

/* Whoever worked and does nothing any more has changed, though zero is no number for a logarithm.
 * The upper end is by what may have been missed by chance: as many events as happen at all in 97.5
 * % of such windows. */
static int compare_with_nothing(
        struct compare_figure *figure, const struct sample *before, const struct sample *after)
{
        double seconds = 0, missed = -log(0.025);
        struct interval had;
        int r = bootstrap_mean(&had, before);

        for (size_t i = 0; i < after->n; i++)
                for (size_t j = 0; j < after->repeats[i].n; j++)
                        seconds += after->repeats[i].counts[j];
        if (r < 0 || had.missing || !(had.low > 0) || !(seconds > 0))
                return r;
        figure->ratio = had;
        figure->ratio.estimate = figure->ratio.low = 0;
        figure->ratio.high = missed / seconds / had.low;
        figure->ratio.repeats = MIN(before->n, after->n);
        return 0;
}

static int compare_rates(
        struct compare_figure *figure, const struct sample *before, const struct sample *after)
{
        int r = compare_readings(figure, before, after);

        if (r == 0 && figure->before > 0 && figure->after == 0)
                r = compare_with_nothing(figure, before, after);
        return r;
}

/* A quotient without interval. */
static int leave_open(struct compare_figure *figure, const char *reason)
{
        figure->ratio = interval_missing(reason);
        if (figure->before > 0)
                figure->ratio.estimate = figure->after / figure->before;
        return 0;
}

static int compare_metric(struct compare_figure *figure, const struct role_side *before,
        const struct role_side *after, size_t metric)
{
        switch (metric) {
        case COMPARE_RATE:
                return compare_rates(figure, &before->rates, &after->rates);
        case COMPARE_AVERAGE:
                return compare_readings(figure, &before->means, &after->means);
        case COMPARE_MAX:
                return leave_open(figure, "a single value, the longest, has no interval");
        case COMPARE_ERRORS:
                return leave_open(figure, "failures are too rare to be judged by their ratio");
        case COMPARE_CPU:
                return compare_windows(figure, &before->cpu, &after->cpu);
        default:
                return compare_quantile(figure, before, after, metric);
        }
}

int role_sides_compare(struct compare_figure ret[static COMPARE_METRICS],
        const struct role_side *before, const struct role_side *after)
{
        int r = 0;

        for (size_t m = 0; m < COMPARE_METRICS && r == 0; m++) {
                ret[m] = (struct compare_figure){
                        .before = figure_of(before, m), .after = figure_of(after, m)};
                r = compare_metric(&ret[m], before, after, m);
        }
        return r;
}
