/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is the load in its steady state? Pure: readings in, an answer out.
 *
 * What is watched (a rate, a response time) comes as one value a second. Over the last window of
 * time a line is fitted to each by least squares. A series is still changing when its line rises or
 * falls by more than a bound of its mean over the window, and when that is no chance: its slope is
 * different from 0 at a level of 99 % by Student's t of the slope's own standard error. So a rate
 * that wavers, or that follows from few counts, does not look as if it was changing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
        STEADY_MAX_SERIES = 12,
        STEADY_READINGS = 64,    /* kept of each series; older ones are forgotten */
        STEADY_MIN_READINGS = 5, /* needed for an answer */
};

struct steady_reading {
        double t_s, value;
};

struct steady_series {
        char what[16];
        struct steady_reading readings[STEADY_READINGS]; /* a ring */
        size_t n;                                        /* that came, in all */
};

/* All zero: empty. */
struct steady {
        struct steady_series series[STEADY_MAX_SERIES];
        size_t n_series;
};

/* A new value of what (at most 15 characters) at the time t_s, which only grows. */
void steady_add(struct steady *steady, const char *what, double t_s, double value);

/* What changes most, compared with its mean. */
struct steady_change {
        const char *what; /* part of the struct steady; NULL: nothing does */
        double percent;   /* within the window */
};

enum steady_answer {
        STEADY_TOO_EARLY, /* nothing has come in the window that a line could be put through */
        STEADY_SETTLED,
        STEADY_CHANGING,
};

/* Looks at the readings of the last window_s seconds before now_s. bound: 0.05 for 5 %. A series
 * with fewer readings than STEADY_MIN_READINGS is passed over. */
enum steady_answer steady_check(const struct steady *steady, double now_s, double window_s,
        double bound, struct steady_change *ret);
