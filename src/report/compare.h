/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two runs side by side: for each number of tiles that both have measured, the figures of the
 * external clients, of every guest and of the host, their quotient, and whether the difference
 * stands out from the noise (docs/compare.md). The first run is the baseline.
 */
#pragma once

#include "bootstrap.h"
#include "compare_names.h"
#include "differences.h"
#include "scaling.h"

/* Does a difference stand out from the noise? */
enum compare_verdict {
        COMPARE_UNJUDGED, /* it has no interval */
        COMPARE_NO,       /* 1 is inside of the quotient's interval */
        /* 1 is outside, but with fewer than BOOTSTRAP_MIN_REPEATS windows of a run nobody knows
         * what another window would have brought. */
        COMPARE_MAYBE,
        COMPARE_YES,
        COMPARE_VERDICTS,
};

/* NAN: not known. Times are in ms, shares from 0 to 1. */
struct compare_figure {
        double before, after;
        struct interval ratio; /* after by before, of 95 %; it has no estimate if before is 0 */
};

struct compare_row {
        unsigned tiles;
        const struct scaling_row *before, *after; /* borrowed */
        const char *units[COMPARE_NAMES];         /* of work; borrowed; may be empty */
        struct compare_figure figures[COMPARE_NAMES][COMPARE_METRICS];
};

/* A run, with what was worked out of it. */
struct compared_run {
        struct run_file run;
        struct scaling scaling;
};

struct comparison {
        const struct compared_run *before, *after; /* borrowed */
        struct differences differences;
        struct compare_row *rows; /* by number of tiles */
        size_t n_rows;
        size_t verdicts[COMPARE_VERDICTS]; /* of the figures that are shown: how many have it */
};

/* Returns 0, -ENOENT and the like, with *why. */
int compared_run_read(struct compared_run *ret, const char *path, struct why *why);
void compared_run_free(struct compared_run *run);

/* Both have to outlive *ret. Whether the comparison makes sense is in ret->differences: nothing is
 * refused here. Returns 0 or -ENOMEM. */
int compare_make(struct comparison *ret, const struct compared_run *before,
        const struct compared_run *after);
void comparison_free(struct comparison *comparison);

/* NULL: not in both. */
const struct compare_row *comparison_find(const struct comparison *comparison, unsigned tiles);

enum compare_verdict compare_verdict(const struct compare_figure *figure);

/* Is it among the figures that tables show? The others are for conditions and programs. */
bool compare_is_shown(size_t name, size_t metric);
