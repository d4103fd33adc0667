/* SPDX-License-Identifier: Apache-2.0 */
#include "paper.h"

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

const struct paper_style paper_markdown = {answer, heading, item, table};
