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

/* Of the mean of the windows' logarithms. */
static double variance_of(const struct sample *sample)
{
        double n = (double)sample->n, mean = 0, squares = 0;

        for (size_t i = 0; i < sample->n; i++)
                mean += log_figure(&sample->repeats[i]) / n;
        for (size_t i = 0; i < sample->n; i++)
                squares += pow(log_figure(&sample->repeats[i]) - mean, 2);
        return squares / (n - 1) / n;
}

void windows_widen(struct interval *ratio, const struct sample *after, const struct sample *before)
{
        double a, b, degrees_of_freedom, width;

        if (ratio->missing || MIN(after->n, before->n) < BOOTSTRAP_MIN_REPEATS)
                return;
        a = variance_of(after);
        b = variance_of(before);
        if (!(a + b > 0))
                return;
        degrees_of_freedom =
                pow(a + b, 2) / (a * a / (double)(after->n - 1) + b * b / (double)(before->n - 1));
        width = exp(student_t(0.95, degrees_of_freedom) * sqrt(a + b));
        ratio->low = MIN(ratio->low, ratio->estimate / width);
        ratio->high = MAX(ratio->high, ratio->estimate * width);
}
