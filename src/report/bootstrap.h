/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Confidence intervals by bootstrap over measured windows (docs/statistics.md).
 *
 * A sample is what several repeats brought: one window each, and each window a series of readings
 * in the order of time. Its figure is a quotient of two sums over all of them: work by seconds is a
 * throughput, the sum of response times by responses is their average.
 *
 * What is near in time is alike, so not readings are drawn anew, but blocks of successive ones
 * (moving-block bootstrap), long enough for what goes on in the series. With several repeats it is
 * two-level: first repeats are drawn, then blocks of each. What repeats differ by is only counted
 * as far as the blocks do not explain it already, and few repeats or blocks widen the interval by
 * Student's t.
 *
 * The random numbers are seeded with a constant: the same data give the same interval.
 */
#pragma once

#include <stddef.h>

/* Readings of one window. */
struct series {
        double *sums;   /* what is averaged, summed over the reading: work; response times */
        double *counts; /* what it is divided by: seconds; responses. Not below 0 */
        size_t n;
};

struct sample {
        struct series *repeats;
        size_t n;
};

enum {
        BOOTSTRAP_RESAMPLES = 4000,
        /* A window's first block says nothing of how blocks differ: with less than so many others,
         * in all windows together, there is no interval by blocks, ... */
        BOOTSTRAP_MIN_BLOCKS = 4,
        /* ... and with less than so many repeats there is none without blocks. */
        BOOTSTRAP_MIN_REPEATS = 3,
};

/* Of 95 %. */
struct interval {
        double estimate;     /* NAN: not known */
        double low, high;    /* NAN, both: see missing */
        double error;        /* standard error of a mean; NAN: there is no interval, or a ratio */
        const char *missing; /* why there is no interval, a few words; NULL: there is one */
        size_t repeats;      /* with 1, what another repeat would bring is not in the interval */
        size_t blocks;       /* side by side, in all windows; 0: it is made of repeats only */
        size_t block_length; /* readings */
};

/* No estimate and no interval, for this reason (a constant). */
struct interval interval_missing(const char *reason);

/* Half of the interval's width as a share of the estimate; NAN if there is none. */
double interval_variation(const struct interval *interval);

/* The same without what is only doubt: 1.96 standard errors, that is without Student's t, which
 * makes the interval of two windows 6.5 times as wide. NAN: there is no interval, or a ratio. */
double interval_noise(const struct interval *interval);

/* The sample's figure. Returns 0 or -ENOMEM. */
int bootstrap_mean(struct interval *ret, const struct sample *sample);

/* The figure of `after` divided by that of `before`, two samples that have nothing to do with each
 * other. Both are resampled, and the interval is made on a logarithmic scale, as fits a quotient.
 * The difference stands out from the noise when 1 is outside. repeats and blocks are the smaller
 * ones of the two, block_length the larger one. Returns 0 or -ENOMEM. */
int bootstrap_ratio(struct interval *ret, const struct sample *after, const struct sample *before);

/* Readings that a block should have, by the length of the series and by how alike successive
 * readings are. At least 1, and possibly more than there are. */
size_t bootstrap_block_length(const struct sample *sample);
