/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

#include "macro.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double mean_of(const double *values, size_t n)
{
        double sum = 0;

        for (size_t i = 0; i < n; i++)
                sum += values[i];
        return n > 0 ? sum / (double)n : NAN;
}

double deviation_of(const double *values, size_t n)
{
        double mean = mean_of(values, n), squares = 0;

        for (size_t i = 0; i < n; i++)
                squares += (values[i] - mean) * (values[i] - mean);
        return n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
}

static int by_value(const void *a, const void *b)
{
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

void sort_values(double *values, size_t n)
{
        if (n > 0)
                qsort(values, n, sizeof *values, by_value);
}

double median_of(double *values, size_t n)
{
        if (n == 0)
                return NAN;
        sort_values(values, n);
        return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

int line_fit(struct line *ret, const double *x, const double *y, size_t n)
{
        double mean_x = mean_of(x, n), mean_y = mean_of(y, n);
        double xx = 0, xy = 0, squares = 0;
        bool differ = false;

        for (size_t i = 0; i < n; i++) {
                xx += (x[i] - mean_x) * (x[i] - mean_x);
                xy += (x[i] - mean_x) * (y[i] - mean_y);
                differ = differ || x[i] != x[0];
        }
        if (!differ || !(xx > 0))
                return -ENODATA;
        ret->slope = xy / xx;
        ret->intercept = mean_y - ret->slope * mean_x;
        for (size_t i = 0; i < n; i++) {
                double off = y[i] - mean_y - ret->slope * (x[i] - mean_x);

                squares += off * off;
        }
        ret->slope_error = n > 2 ? sqrt(squares / (double)(n - 2) / xx) : NAN;
        return 0;
}

double jain_index(const double *values, size_t n)
{
        double sum = 0, squares = 0;

        for (size_t i = 0; i < n; i++) {
                sum += values[i];
                squares += values[i] * values[i];
        }
        return squares > 0 ? sum * sum / ((double)n * squares) : 1;
}

/* With t = sqrt(df) tan(a), the probability to stay within t is the integral of cos^(df - 1) from 0
 * to a, divided by that from 0 to a right angle: sqrt(pi) / 2 times a quotient of two gammas.
 * Simpson's rule; with many degrees of freedom there is nothing beyond the peak at 0. */
static double within(double angle, double df)
{
        const int pieces = 200;
        double width = MIN(angle, 12 / sqrt(df)) / pieces, sum = 0;

        for (int i = 0; i <= pieces; i++) {
                int weight = i == 0 || i == pieces ? 1 : i % 2 ? 4 : 2;

                sum += weight * pow(cos(i * width), df - 1);
        }
        return sum * width / 3 * 2 / sqrt(M_PI) * exp(lgamma((df + 1) / 2) - lgamma(df / 2));
}

double student_t(double probability, double df)
{
        double low = 0, high = M_PI / 2;

        /* Below one, cos^(df - 1) has a pole. */
        if (!(probability > 0 && probability < 1) || !(df >= 1))
                return NAN;
        df = MIN(df, 1e6); /* the normal distribution, to six digits */
        for (int i = 0; i < 45; i++) {
                double middle = (low + high) / 2;

                if (within(middle, df) < probability)
                        low = middle;
                else
                        high = middle;
        }
        return sqrt(df) * tan(low);
}
