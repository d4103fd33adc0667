/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Something to read, written piece by piece: answers, headings, items of lists, tables. How each
 * looks is the style's business.
 */
#pragma once

#include "macro.h"
#include "sheet.h"

#include <stdbool.h>
#include <stdio.h>

struct paper_style {
        void (*answer)(FILE *to, const char *text);
        void (*heading)(FILE *to, const char *text);
        void (*item)(FILE *to, const char *text, bool first); /* of those that follow each other */
        void (*table)(const struct sheet *sheet, FILE *to);
};

/* For a terminal; for a page in Markdown, with tables as most of its dialects have them. */
extern const struct paper_style paper_text, paper_markdown;

struct paper {
        const struct paper_style *style;
        FILE *to;
        const char *heading; /* to be written before the first piece below it; NULL: it is */
        bool in_list;        /* the last piece was an item */
        bool failed;         /* no memory: what is missing was not written */
};

/* Text is borrowed until the next piece: a heading below which nothing comes is not written. */
void paper_heading(struct paper *paper, const char *text);

/* The heading is written even so, with others below it. */
void paper_title(struct paper *paper, const char *text);

void paper_answer(struct paper *paper, const char *text);
void paper_item(struct paper *paper, const char *format, ...) _printf_(2, 3);

/* Nothing is written of a table without rows. */
void paper_table(struct paper *paper, const struct sheet *sheet);
