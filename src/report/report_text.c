/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a terminal.
 */
#include "outline.h"
#include "report.h"

static void answer(FILE *to, const char *text)
{
        fprintf(to, "%s\n", text);
}

static void heading(FILE *to, const char *text)
{
        fprintf(to, "\n%s\n", text);
}

static void item(FILE *to, const char *text, bool first)
{
        fprintf(to, "  %s\n", text);
}

int report_text(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        static const struct outline_style style = {answer, heading, item, sheet_write_text};

        return outline_write(&style, run, scaling, to, why);
}
