/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a page that is written in Markdown: tables as most of its dialects have them.
 */
#include "outline.h"
#include "report.h"

static void answer(FILE *to, const char *text)
{
        fputs("**", to);
        markdown_text(to, text);
        fputs("**\n", to);
}

static void heading(FILE *to, const char *text)
{
        fprintf(to, "\n## %s\n", text);
}

static void item(FILE *to, const char *text, bool first)
{
        fputs(first ? "\n- " : "- ", to);
        markdown_text(to, text);
        fputc('\n', to);
}

static void table(const struct sheet *sheet, FILE *to)
{
        fputc('\n', to);
        sheet_write_markdown(sheet, to);
}

int report_markdown(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        static const struct outline_style style = {answer, heading, item, table};

        return outline_write(&style, run, scaling, to, why);
}
