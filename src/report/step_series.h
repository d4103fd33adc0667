/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a step went from second to second, as its external clients saw it: each tile's own readings,
 * which are never taken at quite the same times, on one common time scale.
 */
#pragma once

#include "run_file.h"

/* One interval of a step, over its tiles. NAN: no tile was read in it, or nothing ended in it. */
struct series_point {
        double t_s;                                /* its end, since the window's start */
        double rate, rate_low, rate_high;          /* requests/s of a tile: mean, least, most */
        double mean_ms, mean_low_ms, mean_high_ms; /* response: of all tiles, least, most */
        double errors;                             /* of all tiles */
};

struct step_series {
        double interval_s;
        size_t n;
        struct series_point *points;
};

/* A long window is cut into this many intervals at most. */
#define SERIES_MAX_POINTS 120

/* Returns 0 or -ENOMEM. A step without any series has n = 0. */
int step_series_make(struct step_series *ret, const struct run_step *step);
void step_series_free(struct step_series *series);
