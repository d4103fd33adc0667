/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a terminal.
 */
#include "outline.h"
#include "report.h"

int report_text(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        return outline_write(&paper_text, run, scaling, to, why);
}
