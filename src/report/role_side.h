/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Part of compare.c: what the guests of one number did in all tiles and windows of one run's row,
 * and how two of these differ.
 */
#pragma once

#include "compare.h"
#include "role_use.h"

struct role_side {
        struct role_use use;
        struct hist *hist;                        /* of all windows; may be empty */
        struct sample rates, means;               /* readings of their work and latency */
        struct sample cpu;                        /* one figure a window, as those: */
        struct sample quantiles[COMPARE_METRICS]; /* empty where the metric is no percentile */
};

/* Returns 0 or -ENOMEM; *ret is for role_side_fini in any case. */
int role_side_make(struct role_side *ret, const struct scaling_row *row, unsigned guest);
void role_side_fini(struct role_side *side);

/* All metrics. Returns 0 or -ENOMEM. */
int role_sides_compare(struct compare_figure ret[static COMPARE_METRICS],
        const struct role_side *before, const struct role_side *after);

/* From one figure a window, for those around the figures of all windows. Returns 0 or -ENOMEM. */
int compare_windows(
        struct compare_figure *figure, const struct sample *before, const struct sample *after);
