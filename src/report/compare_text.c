/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison for a terminal.
 */
#include "compare_outline.h"

int compare_text(const struct compare_report *report, FILE *to, struct why *why)
{
        return compare_outline(&paper_text, report, to, why);
}
