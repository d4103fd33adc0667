/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of HTML. Whatever was read from a file goes through html_text() or html_prose(), which
 * leave nothing in it that HTML would take for more than text; markup is written by fputs.
 *
 * Nothing here fails: the stream remembers its errors, and who made it asks for them at the end.
 */
#pragma once

#include "fmt.h"
#include "macro.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* Escaped. What is no text (control characters, bytes that are not UTF-8, characters that change
 * the direction of their neighbours) becomes U+FFFD. NULL: nothing. */
void html_text(FILE *to, const char *text);

/* A sentence of ours: the whole of it is escaped, the format's own text too, and it is set with
 * care. A figure stays on the line of its unit, and "+-" and "us" get the signs that terminals may
 * lack. Not for what one may want to copy. */
void html_prose(FILE *to, const char *format, ...) _printf_(2, 3);
void html_prose_v(FILE *to, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

/* ---- tables: with a caption, and in a box that scrolls if they are wider than the page ---- */

struct html_column {
        const char *name, *unit; /* unit: NULL for none */
        bool words;              /* aligned as texts are, not as figures */
};

void html_table_begin(FILE *to, const char *caption, ...) _printf_(2, 3);
void html_table_head(FILE *to, const struct html_column *columns, size_t n);
void html_table_end(FILE *to);

/* A row begins with the cell that names it. */
void html_row_begin(FILE *to, const char *name, ...) _printf_(2, 3);
void html_row_end(FILE *to);

/* Prose; and a text as it is. */
void html_cell(FILE *to, const char *format, ...) _printf_(2, 3);
void html_cell_text(FILE *to, const char *text);

/* Aligned as figures are. A dash for what is not known (NAN or infinite). */
void html_number(FILE *to, double value, int decimals);

/* Three significant digits: what a measured figure deserves. The text form returns text. */
void html_figure(FILE *to, double value);
char *html_figure_text(char text[static FMT_SIZE], double value);

/* "from to", with the digits that html_figure gives them. */
void html_range(FILE *to, double low, double high);
