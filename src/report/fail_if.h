/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on a comparison, for those who let a program decide (docs/compare.md):
 *
 *         web1.p99 > +10%            NAME.METRIC OPERATOR CHANGE
 *         oltp.rate @4 < 900/s       NAME.METRIC @TILES OPERATOR FIGURE
 *
 * A bound with a sign and % is a change against the baseline; one without is a figure of the run
 * that is compared, with its unit. A change that does not stand out from the noise counts as none.
 */
#pragma once

#include "compare.h"

/* Besides the metrics of a comparison: the number of tiles up to which all steps were valid. */
#define FAIL_IF_TILES COMPARE_METRICS

enum fail_if_operator {
        FAIL_IF_ABOVE,
        FAIL_IF_AT_LEAST,
        FAIL_IF_BELOW,
        FAIL_IF_AT_MOST,
};

struct fail_if {
        char *text;
        size_t name, metric; /* metric may be FAIL_IF_TILES, with COMPARE_TOTAL */
        unsigned tiles;      /* 0: each number that is valid in the baseline, and that the other run
                              * has measured or would have if it had not ended before */
        enum fail_if_operator op;
        bool is_change;
        double bound; /* a change: 0.1 is +10 %; times are in ms, shares from 0 to 1 */
};

struct fail_if_list {
        struct fail_if *items;
        size_t n;
};

/* One condition or several, with blanks between. NULL: none. Returns 0, or -EINVAL and -ENOMEM with
 * *why. */
int fail_if_parse(struct fail_if_list *ret, const char *text, struct why *why);
void fail_if_free(struct fail_if_list *list);

/* ---- judging ---- */

enum fail_if_outcome {
        FAIL_IF_NOT_MET,
        FAIL_IF_MET,
        FAIL_IF_UNKNOWN, /* see reason */
};

/* What became of one condition, with one number of tiles of one comparison. */
struct fail_if_judgement {
        const struct fail_if *condition;
        const struct comparison *comparison;
        unsigned tiles; /* 0: no certain number */
        enum fail_if_outcome outcome;
        /* NULL: what became of it is not by a figure of a row. */
        const struct compare_figure *figure;
        const char *reason; /* why it is unknown; NULL: it is not */
};

struct fail_if_judgements {
        struct fail_if_judgement *items;
        size_t n;
};

/* Every condition on every comparison; *ret borrows from both. Returns 0 or -ENOMEM. */
int fail_if_judge(struct fail_if_judgements *ret, const struct fail_if_list *conditions,
        const struct comparison *comparisons, size_t n);
void fail_if_judgements_free(struct fail_if_judgements *judgements);

size_t fail_if_count(const struct fail_if_judgements *judgements, enum fail_if_outcome outcome);
