/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison for a page that is written in Markdown, say what a CI shows of a job.
 */
#include "compare_outline.h"

int compare_markdown(const struct compare_report *report, FILE *to, struct why *why)
{
        return compare_outline(&paper_markdown, report, to, why);
}
