/* SPDX-License-Identifier: Apache-2.0 */
#include "paper.h"

#include <stdarg.h>

static void put_heading(struct paper *paper)
{
        if (!paper->heading)
                return;
        paper->style->heading(paper->to, paper->heading);
        paper->heading = NULL;
        paper->in_list = false;
}

void paper_heading(struct paper *paper, const char *text)
{
        paper->heading = text;
}

void paper_title(struct paper *paper, const char *text)
{
        paper->heading = text;
        put_heading(paper);
}

void paper_answer(struct paper *paper, const char *text)
{
        put_heading(paper);
        paper->style->answer(paper->to, text);
        paper->in_list = false;
}

void paper_item(struct paper *paper, const char *format, ...)
{
        _cleanup_free_ char *text = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0) {
                text = NULL;
                paper->failed = true;
                return;
        }
        put_heading(paper);
        paper->style->item(paper->to, text, !paper->in_list);
        paper->in_list = true;
}

void paper_table(struct paper *paper, const struct sheet *sheet)
{
        if (sheet->n_cells) {
                put_heading(paper);
                paper->style->table(sheet, paper->to);
                paper->in_list = false;
        }
        paper->failed = paper->failed || sheet->failed;
}
