/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons, and what became of conditions, in one of several formats (docs/compare.md).
 */
#pragma once

#include "compare.h"
#include "fail_if.h"
#include "paper.h"

/* All that is to be told. Every comparison has the same baseline. */
struct compare_report {
        const struct comparison *comparisons;
        size_t n; /* at least one */
        const struct fail_if_judgements *judgements;
};

/* Each returns 0 or -errno with *why. Whether the stream took all of it is for the caller to find
 * out when it is closed. */
int compare_text(const struct compare_report *report, FILE *to, struct why *why);
int compare_markdown(const struct compare_report *report, FILE *to, struct why *why);
int compare_json(const struct compare_report *report, FILE *to, struct why *why);

/* What text and Markdown tell, in which order. */
int compare_outline(const struct paper_style *style, const struct compare_report *report, FILE *to,
        struct why *why);

/* One comparison in one sentence, without a newline; free it. NULL: no memory. */
char *compare_answer(const struct comparison *comparison);
