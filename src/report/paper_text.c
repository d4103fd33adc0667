/* SPDX-License-Identifier: Apache-2.0 */
#include "paper.h"

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

const struct paper_style paper_text = {answer, heading, item, sheet_write_text};
