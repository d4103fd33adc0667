/* SPDX-License-Identifier: Apache-2.0 */
#include "hist.h"

#include <errno.h>
#include <math.h>

#define SUB (1u << HIST_SUB_BITS)

size_t hist_index(uint64_t v)
{
        unsigned shift;

        if (v > HIST_MAX_NS)
                v = HIST_MAX_NS;
        if (v < 2 * SUB)
                return (size_t)v;
        shift = 63u - (unsigned)__builtin_clzll(v) - HIST_SUB_BITS;
        return (size_t)shift * SUB + (size_t)(v >> shift);
}

static unsigned shift_of(size_t index)
{
        return index < 2 * SUB ? 0 : (unsigned)(index / SUB) - 1;
}

static uint64_t lower_ns(size_t index)
{
        unsigned shift = shift_of(index);

        return (uint64_t)(index - (size_t)shift * SUB) << shift;
}

uint64_t hist_value_ns(size_t index)
{
        return lower_ns(index) + ((UINT64_C(1) << shift_of(index)) >> 1);
}

uint64_t hist_upper_ns(size_t index)
{
        return lower_ns(index) + (UINT64_C(1) << shift_of(index));
}

/* Single writer: a plain add that a concurrent reader sees whole. */
static void bump(uint64_t *cell, uint64_t n)
{
        __atomic_store_n(cell, __atomic_load_n(cell, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

void hist_record(struct hist *hist, uint64_t value_ns)
{
        bump(&hist->buckets[hist_index(value_ns)], 1);
        bump(&hist->sum_ns, value_ns);
}

void hist_add(struct hist *to, const struct hist *from)
{
        to->sum_ns += __atomic_load_n(&from->sum_ns, __ATOMIC_RELAXED);
        for (size_t i = 0; i < HIST_BUCKETS; i++)
                to->buckets[i] += __atomic_load_n(&from->buckets[i], __ATOMIC_RELAXED);
}

int hist_subtract(struct hist *window, const struct hist *end, const struct hist *start)
{
        if (start->sum_ns > end->sum_ns)
                return -ERANGE;
        window->sum_ns = end->sum_ns - start->sum_ns;
        for (size_t i = 0; i < HIST_BUCKETS; i++) {
                if (start->buckets[i] > end->buckets[i])
                        return -ERANGE;
                window->buckets[i] = end->buckets[i] - start->buckets[i];
        }
        return 0;
}

uint64_t hist_count(const struct hist *hist)
{
        uint64_t n = 0;

        for (size_t i = 0; i < HIST_BUCKETS; i++)
                n += __atomic_load_n(&hist->buckets[i], __ATOMIC_RELAXED);
        return n;
}

double hist_mean_ns(const struct hist *hist)
{
        uint64_t n = hist_count(hist);

        return n ? (double)hist->sum_ns / (double)n : 0;
}

uint64_t hist_quantile_ns(const struct hist *hist, double q)
{
        uint64_t n = hist_count(hist), rank = 1, seen = 0;
        double position = ceil(q * (double)n);

        if (n == 0)
                return 0;
        if (position >= (double)n)
                rank = n;
        else if (position > 1)
                rank = (uint64_t)position;
        for (size_t i = 0; i < HIST_BUCKETS; i++) {
                seen += hist->buckets[i];
                if (seen >= rank)
                        return hist_value_ns(i);
        }
        return hist_value_ns(HIST_BUCKETS - 1);
}
