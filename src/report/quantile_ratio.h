/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two percentiles of latencies, divided, with a confidence interval.
 *
 * A percentile is the value with a certain rank, and what wavers is the rank: the share of values
 * that are above it. By chance it does so as a binomial number does. Besides, whole seconds are
 * slower than others, and next to each other. The readings tell the average of each second, the
 * histogram how far values are apart in all; what is left for the values of one second is taken to
 * be lognormal, and says what share of them is above. These shares are resampled by blocks
 * (bootstrap.h). Values at both ends of the ranks are read from the histogram, and the distances of
 * the two percentiles to their ends are put together on a logarithmic scale (G. Y. Zou, A. Donner,
 * Statistics in Medicine 27, 2008). To that is added what the histogram's buckets leave open.
 */
#pragma once

#include "bootstrap.h"
#include "hist.h"

struct tail {
        const struct hist *hist;    /* of all windows */
        const struct sample *means; /* readings: sums of latencies, and how many */
};

/* q of (0, 1). Where ranks of one of the two go beyond the largest value, the interval is open at
 * that end: low is 0, or high infinite. Returns 0 or -ENOMEM. */
int quantile_ratio(
        struct interval *ret, const struct tail *after, const struct tail *before, double q);
