/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet.h"

#include "fmt.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* Characters, not bytes, so that columns stay aligned; cells are UTF-8. */
static size_t width_of(const char *text)
{
        size_t width = 0;

        for (; *text; text++)
                width += ((unsigned char)*text & 0xc0) != 0x80;
        return width;
}

void sheet_init(struct sheet *sheet, const struct sheet_column *columns, size_t n_columns)
{
        *sheet = (struct sheet){.columns = columns, .n_columns = n_columns};
        for (size_t c = 0; c < n_columns; c++)
                sheet->widths[c] = width_of(columns[c].name);
}

void sheet_fini(struct sheet *sheet)
{
        for (size_t i = 0; i < sheet->n_cells; i++)
                free(sheet->cells[i]);
        free(sheet->cells);
        *sheet = (struct sheet){0};
}

void sheet_cell(struct sheet *sheet, const char *format, ...)
{
        char **cells = reallocarray(sheet->cells, sheet->n_cells + 1, sizeof *cells), *text;
        size_t *width = &sheet->widths[sheet->n_cells % sheet->n_columns];
        va_list ap;
        int n;

        if (!cells) {
                sheet->failed = true;
                return;
        }
        sheet->cells = cells;
        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0) {
                sheet->failed = true;
                return;
        }
        cells[sheet->n_cells++] = text;
        *width = MAX(*width, width_of(text));
}

void sheet_number(struct sheet *sheet, double value, int decimals)
{
        char text[FMT_SIZE];

        sheet_cell(sheet, "%s", isfinite(value) ? fmt_number(text, value, decimals) : "-");
}

void sheet_figure(struct sheet *sheet, double value)
{
        double size = fabs(value);
        int decimals = size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;

        sheet_number(sheet, value, size > 0 ? decimals : 0);
}

static size_t n_rows(const struct sheet *sheet)
{
        return sheet->n_cells / sheet->n_columns;
}

static const char *cell(const struct sheet *sheet, size_t row, size_t column)
{
        return sheet->cells[row * sheet->n_columns + column];
}

/* ---- plain ---- */

/* Nothing is put behind the last word of a line. */
static void put_aligned(const struct sheet *sheet, size_t column, const char *text, FILE *to)
{
        int gap = (int)(sheet->widths[column] - width_of(text));

        fputs("  ", to);
        if (!sheet->columns[column].left)
                fprintf(to, "%*s%s", gap, "", text);
        else if (column + 1 < sheet->n_columns)
                fprintf(to, "%s%*s", text, gap, "");
        else
                fputs(text, to);
}

void sheet_write_text(const struct sheet *sheet, FILE *to)
{
        if (n_rows(sheet) == 0)
                return;
        for (size_t c = 0; c < sheet->n_columns; c++)
                put_aligned(sheet, c, sheet->columns[c].name, to);
        fputc('\n', to);
        for (size_t row = 0; row < n_rows(sheet); row++) {
                for (size_t c = 0; c < sheet->n_columns; c++)
                        put_aligned(sheet, c, cell(sheet, row, c), to);
                fputc('\n', to);
        }
}

/* ---- Markdown ---- */

void markdown_text(FILE *to, const char *text)
{
        for (; *text; text++) {
                if (strchr("\\`*_[]<>|~&#!$", *text))
                        fputc('\\', to);
                fputc(*text, to);
        }
}

void sheet_write_markdown(const struct sheet *sheet, FILE *to)
{
        if (n_rows(sheet) == 0)
                return;
        for (size_t c = 0; c < sheet->n_columns; c++)
                fprintf(to, "| %s ", sheet->columns[c].name);
        fputs("|\n", to);
        for (size_t c = 0; c < sheet->n_columns; c++)
                fputs(sheet->columns[c].left ? "|:---" : "|---:", to);
        fputs("|\n", to);
        for (size_t row = 0; row < n_rows(sheet); row++) {
                for (size_t c = 0; c < sheet->n_columns; c++) {
                        fputs("| ", to);
                        markdown_text(to, cell(sheet, row, c));
                        fputc(' ', to);
                }
                fputs("|\n", to);
        }
}
