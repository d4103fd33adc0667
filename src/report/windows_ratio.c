/* SPDX-License-Identifier: Apache-2.0 */
#include "windows_ratio.h"

#include "macro.h"
#include "statistics.h"

#include <math.h>

static double log_figure(const struct series *window)
{
        double sum = 0, count = 0;

        for (size_t i = 0; i < window->n; i++) {
                sum += window->sums[i];
                count += window->counts[i];
        }
        return log(sum / count);
}

/* The mean of the windows' logarithms, and its variance. */
struct centre {
        double mean, variance;
};

static struct centre centre_of(const struct sample *sample)
{
        double n = (double)sample->n;
        struct centre c = {0};

        for (size_t i = 0; i < sample->n; i++)
                c.mean += log_figure(&sample->repeats[i]) / n;
        for (size_t i = 0; i < sample->n; i++)
                c.variance += pow(log_figure(&sample->repeats[i]) - c.mean, 2) / (n - 1) / n;
        return c;
}

void windows_widen(struct interval *ratio, const struct sample *after, const struct sample *before)
{
        size_t windows = MIN(after->n, before->n);
        struct centre a, b;
        double variance, degrees_of_freedom, off, width = 0;

        if (windows < BOOTSTRAP_MIN_REPEATS || !(ratio->estimate > 0))
                return;
        a = centre_of(after);
        b = centre_of(before);
        off = a.mean - b.mean;
        variance = a.variance + b.variance;
        degrees_of_freedom =
                pow(variance, 2) / (pow(a.variance, 2) / (double)(after->n - 1) +
                                           pow(b.variance, 2) / (double)(before->n - 1));
        if (variance > 0)
                width = student_t(0.95, degrees_of_freedom) * sqrt(variance);
        if (!isfinite(off) || !isfinite(width))
                return;
        if (ratio->missing) {
                ratio->missing = NULL;
                ratio->low = ratio->high = ratio->estimate;
                ratio->repeats = windows;
        }
        ratio->low = MIN(ratio->low, exp(off - width));
        ratio->high = MAX(ratio->high, exp(off + width));
}
