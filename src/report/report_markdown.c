/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a page that is written in Markdown: tables as most of its dialects have them.
 */
#include "outline.h"
#include "report.h"

int report_markdown(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        return outline_write(&paper_markdown, run, scaling, to, why);
}
