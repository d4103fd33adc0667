/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of texts, filled cell by cell, row after row, and then written in one go, as plain text
 * in aligned columns or as Markdown.
 */
#pragma once

#include "macro.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sheet_column {
        const char *name;
        bool left; /* words; figures are aligned to the right */
};

enum {
        SHEET_MAX_COLUMNS = 24,
};

struct sheet {
        const struct sheet_column *columns;
        size_t n_columns;
        size_t widths[SHEET_MAX_COLUMNS]; /* in characters */
        char **cells;
        size_t n_cells;
        bool failed; /* no memory: what is missing was not added */
};

/* The columns, SHEET_MAX_COLUMNS at most, are borrowed. */
void sheet_init(struct sheet *sheet, const struct sheet_column *columns, size_t n_columns);
void sheet_fini(struct sheet *sheet);

void sheet_cell(struct sheet *sheet, const char *format, ...) _printf_(2, 3);

/* "-" for what is no finite number, which is not known. */
void sheet_number(struct sheet *sheet, double value, int decimals);

/* Three significant digits. */
void sheet_figure(struct sheet *sheet, double value);

/* Nothing at all is written of a sheet without rows. */
void sheet_write_text(const struct sheet *sheet, FILE *to);
void sheet_write_markdown(const struct sheet *sheet, FILE *to);

/* A text so that Markdown shows it as it is. */
void markdown_text(FILE *to, const char *text);
