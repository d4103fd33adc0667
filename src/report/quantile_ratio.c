/* SPDX-License-Identifier: Apache-2.0 */
#include "quantile_ratio.h"

#include "macro.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>

#define NORMAL 1.959964 /* 95 % of a normal variable */

struct bounds {
        double value, low, high; /* ns */
        struct interval above;   /* share of values above it */
};

/* ---- how slow seconds were ---- */

struct moments {
        double n, count, mean, variance;
};

static void moments_add(struct moments *m, double value, double count)
{
        double off = value - m->mean;

        m->n++;
        m->count += count;
        m->mean += off * count / m->count;
        m->variance += off * (value - m->mean) * count; /* divided in the end */
}

static struct moments of_values(const struct hist *hist, double (*scale)(double))
{
        struct moments m = {0};

        for (size_t i = 1; i < HIST_BUCKETS; i++)
                if (hist->buckets[i])
                        moments_add(&m, scale((double)hist_value_ns(i)), (double)hist->buckets[i]);
        m.variance /= m.count;
        return m;
}

static double as_it_is(double value)
{
        return value;
}

/* NAN: nothing was timed in it. */
static double log_average(const struct series *s, size_t j)
{
        return s->sums[j] > 0 && s->counts[j] > 0 ? log(s->sums[j] / s->counts[j]) : NAN;
}

static struct moments of_readings(const struct sample *means)
{
        struct moments m = {0};

        for (size_t i = 0; i < means->n; i++)
                for (size_t j = 0; j < means->repeats[i].n; j++) {
                        const struct series *s = &means->repeats[i];

                        if (!isnan(log_average(s, j)))
                                moments_add(&m, log_average(s, j), s->counts[j]);
                }
        m.variance /= m.count;
        return m;
}

/* What a reading's values are taken for: lognormal, with this deviation, around its average. That
 * is brought nearer to the average of all, as averages of few values are apart by chance as well.
 */
struct shape {
        double deviation, centre, nearer;
};

static struct shape shape_of(const struct tail *tail)
{
        struct moments plain = of_values(tail->hist, as_it_is), logs = of_values(tail->hist, log),
                       readings = of_readings(tail->means);
        double by_chance =
                log1p(plain.variance / (plain.mean * plain.mean) * readings.n / readings.count);
        double between = MAX(readings.variance - by_chance, 0.0);
        double least = MAX(logs.variance / 100, 1e-6);
        struct shape shape = {.centre = readings.mean};

        shape.deviation = sqrt(MAX(logs.variance - between, least));
        /* Not to nothing, as blocks of what is all alike cannot be told from each other. */
        shape.nearer = readings.variance > 0 ? sqrt(MAX(between / readings.variance, 0.01)) : 0;
        return shape;
}

/* ---- the shares above ---- */

/* Of a reading's values, above what has the logarithm t. */
static double share_above(const struct series *s, size_t j, const struct shape *shape, double t)
{
        double off = log_average(s, j) - shape->centre;

        if (isnan(off))
                return 0;
        return erfc((t - off * shape->nearer) / shape->deviation / M_SQRT2) / 2;
}

/* Of all values. */
static double share_of_all(const struct sample *means, const struct shape *shape, double t)
{
        double above = 0, count = 0;

        for (size_t i = 0; i < means->n; i++) {
                const struct series *s = &means->repeats[i];

                for (size_t j = 0; j < s->n; j++) {
                        above += s->counts[j] * share_above(s, j, shape, t);
                        count += s->counts[j];
                }
        }
        return above / count;
}

/* The logarithm that the share p of all values is above. */
static double find_threshold(const struct sample *means, const struct shape *shape, double p)
{
        double low = -50, high = 50;

        for (int i = 0; i < 60; i++) {
                double middle = (low + high) / 2;

                if (share_of_all(means, shape, middle) > p)
                        low = middle;
                else
                        high = middle;
        }
        return low;
}

static void shares_fini(struct sample *shares)
{
        for (size_t i = 0; i < shares->n; i++)
                free(shares->repeats[i].sums);
        free(shares->repeats);
        *shares = (struct sample){0};
}

/* Readings of how many values are above one that the share p of all is above. The counts are
 * borrowed. */
static int make_shares(struct sample *ret, const struct tail *tail, double p)
{
        const struct sample *means = tail->means;
        struct shape shape = shape_of(tail);
        double t = find_threshold(means, &shape, p);

        ret->repeats = calloc(means->n, sizeof *ret->repeats);
        if (!ret->repeats)
                return -ENOMEM;
        for (; ret->n < means->n; ret->n++) {
                const struct series *from = &means->repeats[ret->n];
                struct series *to = &ret->repeats[ret->n];

                *to = (struct series){.sums = calloc(from->n, sizeof(double)),
                        .counts = from->counts,
                        .n = from->n};
                if (!to->sums)
                        return -ENOMEM;
                for (size_t j = 0; j < to->n; j++)
                        to->sums[j] = from->counts[j] * share_above(from, j, &shape, t);
        }
        return 0;
}

/* ---- the percentile ---- */

/* How many times its lower edge the upper edge of the value's bucket is. */
static double bucket_ratio(double value_ns)
{
        size_t index = hist_index((uint64_t)value_ns);

        return index ? (double)hist_upper_ns(index) / (double)hist_upper_ns(index - 1) : 1;
}

static int bounds_of(struct bounds *ret, const struct tail *tail, double q)
{
        double n = (double)hist_count(tail->hist), chance = NORMAL * sqrt(q * (1 - q) / n);
        struct sample shares = {0};
        double low, high;
        int r;

        *ret = (struct bounds){.above = interval_missing("nothing was measured")};
        if (!(n > 0) || tail->means->n == 0)
                return 0;
        ret->value = (double)hist_quantile_ns(tail->hist, q);
        r = make_shares(&shares, tail, 1 - q);
        if (r == 0)
                r = bootstrap_mean(&ret->above, &shares);
        shares_fini(&shares);
        if (r < 0 || ret->above.missing)
                return r;
        low = q - hypot(ret->above.high - ret->above.estimate, chance);
        high = q + hypot(ret->above.estimate - ret->above.low, chance);
        ret->low = low > 0 ? (double)hist_quantile_ns(tail->hist, low) : 0;
        ret->high = high * n < n - 1 ? (double)hist_quantile_ns(tail->hist, high) : INFINITY;
        return 0;
}

int quantile_ratio(
        struct interval *ret, const struct tail *after, const struct tail *before, double q)
{
        struct bounds a, b;
        double resolution;
        int r = bounds_of(&a, after, q);

        if (r == 0)
                r = bounds_of(&b, before, q);
        if (r < 0)
                return r;
        *ret = interval_missing("nothing was measured");
        if (!(b.value > 0) || !(a.value > 0))
                return 0;
        ret->estimate = a.value / b.value;
        ret->repeats = MIN(a.above.repeats, b.above.repeats);
        ret->blocks = MIN(a.above.blocks, b.above.blocks);
        ret->block_length = MAX(a.above.block_length, b.above.block_length);
        ret->missing = a.above.missing ? a.above.missing : b.above.missing;
        if (!ret->missing && ((a.low <= 0 && b.low <= 0) || (isinf(a.high) && isinf(b.high))))
                ret->missing = "too few operations for it, or it wavers too much";
        if (ret->missing)
                return 0;
        /* Where in its bucket a percentile is nobody knows: that is no chance, and adds up. */
        resolution = sqrt(bucket_ratio(a.value) * bucket_ratio(b.value));
        ret->low = ret->estimate / resolution *
                   exp(-hypot(log(a.value / a.low), log(b.high / b.value)));
        ret->high = ret->estimate * resolution *
                    exp(hypot(log(a.high / a.value), log(b.value / b.low)));
        return 0;
}
