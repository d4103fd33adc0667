/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of a comparison in words. Each writes into text (COMPARE_WORDS_SIZE is always enough)
 * and returns it.
 */
#pragma once

#include "fail_if.h"

enum {
        COMPARE_WORDS_SIZE = 160,
};

/* The interval's lower end as a change. */
char *compare_low(char text[static COMPARE_WORDS_SIZE], const struct interval *ratio);

/* "yes", "maybe", "no", "?": does it stand out? */
extern const char *const compare_verdicts[COMPARE_VERDICTS];

/* What a figure is, with its unit: "requests/s", "p99 ms", "CPU %". */
char *compare_title(char text[static COMPARE_WORDS_SIZE], size_t metric, const char *work_unit);

/* In that unit: three significant digits; "-": not known. */
char *compare_value(char text[static COMPARE_WORDS_SIZE], size_t metric, double value);

/* A quotient as a change: "+12.3" per cent; "-": not known; "any": an interval without end. */
char *compare_change(char text[static COMPARE_WORDS_SIZE], double ratio);

/* "perhaps ", or "" where that is not needed. */
const char *compare_perhaps(const struct compare_figure *figure);

/* "+25.1 % (+11.9 to +40.0)", "no difference beyond the noise (-1.0 to +2.3 %)", ... */
char *compare_finding(char text[static COMPARE_WORDS_SIZE], const struct compare_figure *figure);

/* What a condition has met with: a finding, "1.52 ms", "3 tiles valid, 4 in the baseline", or why
 * nothing can be said. */
char *compare_met(char text[static COMPARE_WORDS_SIZE], const struct fail_if_judgement *judgement);
