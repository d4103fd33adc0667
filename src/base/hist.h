/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log-linear latency histogram, 1 ns to 1 h.
 *
 * Every power of two is cut into 64 equal buckets; below 128 ns a bucket is one nanosecond. A
 * bucket's value is its middle, so a value read back is off by at most 1/128 = 0.8 %. Histograms
 * of one scheme can be added and subtracted bucket by bucket: that is how a measured window is cut
 * out of a counter that only grows, and how guests are merged into a tile.
 *
 * One thread records, any thread reads: cells are written with relaxed single-writer stores, as
 * a locked add costs ten times as much (docs/architecture.md). Counts, quantiles and the maximum
 * all come from the buckets, so they agree with each other; the sum is exact.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HIST_SCHEME   "log-linear-64"
#define HIST_SUB_BITS 6
#define HIST_MAX_NS   UINT64_C(3600000000000) /* 1 h: whatever is longer counts as this */
#define HIST_BUCKETS  2345                    /* hist_index(HIST_MAX_NS) + 1, kept by a test */

struct hist {
        uint64_t sum_ns;
        uint64_t buckets[HIST_BUCKETS];
};

/* Bucket of a value, and the value that a bucket stands for (its middle). */
size_t hist_index(uint64_t value_ns);
uint64_t hist_value_ns(size_t index);

/* The first value above the bucket: its exclusive upper edge. */
uint64_t hist_upper_ns(size_t index);

/* The owning thread only. */
void hist_record(struct hist *hist, uint64_t value_ns);

/* to += from, where from may be recorded into at the same time. */
void hist_add(struct hist *to, const struct hist *from);

/* window = end - start. Returns -ERANGE if start holds more than end in any bucket (they are not
 * two readings of one histogram); *window is then undefined. */
int hist_subtract(struct hist *window, const struct hist *end, const struct hist *start);

/* Of one that may be recorded into at the same time, too. */
uint64_t hist_count(const struct hist *hist);

/* 0 when empty. */
double hist_mean_ns(const struct hist *hist);

/* The value that at least the share q (0..1] of all recorded ones do not exceed; 0 when empty.
 * q = 1 is the maximum. */
uint64_t hist_quantile_ns(const struct hist *hist, double q);
