/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define REPLACEMENT    "\xef\xbf\xbd" /* U+FFFD */
#define NO_BREAK_SPACE "\xc2\xa0"
#define PLUS_MINUS     "\xc2\xb1"
#define MICRO          "\xc2\xb5"

/* A cell with more bytes than that may take several lines. */
#define LONG_CELL 40

/* ---- text ---- */

/* One character of UTF-8 from at on: its length and *ret, or 0 if there is none. at is
 * NUL-terminated, and a NUL continues nothing. */
static size_t utf8_decode(const unsigned char *at, uint32_t *ret)
{
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        size_t n = at[0] < 0x80   ? 1
                   : at[0] < 0xc2 ? 0
                   : at[0] < 0xe0 ? 2
                   : at[0] < 0xf0 ? 3
                   : at[0] < 0xf5 ? 4
                                  : 0;
        uint32_t c = n == 1 ? at[0] : at[0] & (0x7fu >> n);

        for (size_t i = 1; i < n; i++) {
                if ((at[i] & 0xc0) != 0x80)
                        return 0;
                c = c << 6 | (at[i] & 0x3fu);
        }
        if (n == 0 || c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
                return 0;
        *ret = c;
        return n;
}

static bool is_text(uint32_t c)
{
        if (c < 0x20)
                return c == '\n' || c == '\t';
        if (c >= 0x7f && c < 0xa0)
                return false;
        return !(c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                 (c >= 0x2066 && c <= 0x2069) || (c & 0xfffe) == 0xfffe ||
                 (c >= 0xfdd0 && c <= 0xfdef));
}

static void put_character(FILE *to, const char *at, size_t n)
{
        switch (*at) {
        case '&':
                fputs("&amp;", to);
                break;
        case '<':
                fputs("&lt;", to);
                break;
        case '>':
                fputs("&gt;", to);
                break;
        case '"':
                fputs("&quot;", to);
                break;
        case '\'':
                fputs("&#39;", to);
                break;
        default:
                fwrite(at, 1, n, to);
        }
}

/* Returns the bytes that it was. */
static size_t put_next(FILE *to, const char *text)
{
        uint32_t c;
        size_t n = utf8_decode((const unsigned char *)text, &c);

        if (n && is_text(c))
                put_character(to, text, n);
        else
                fputs(REPLACEMENT, to);
        return n ? n : 1;
}

void html_text(FILE *to, const char *text)
{
        while (text && *text)
                text += put_next(to, text);
}

/* ---- our own sentences ---- */

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* Does it begin with a unit of which a figure is not to be parted? */
static bool begins_with_unit(const char *text)
{
        static const char *const units[] = {
                "%", "s", "ms", "us", "ns", "m", "h", "B", "KiB", "MiB", "GiB", "TiB"};

        for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
                size_t n = strlen(units[i]);

                if (strncmp(text, units[i], n) == 0 &&
                        (text[n] == '\0' || strchr(" ,;:.)", text[n])))
                        return true;
        }
        return false;
}

static void prose(FILE *to, const char *text)
{
        for (const char *at = text; *at;) {
                if (*at == ' ' && at > text && is_digit(at[-1]) && begins_with_unit(at + 1)) {
                        fputs(NO_BREAK_SPACE, to);
                        at++;
                        if (strncmp(at, "us", 2) == 0) {
                                fputs(MICRO, to);
                                at++;
                        }
                } else if (at[0] == '+' && at[1] == '-' && is_digit(at[2])) {
                        fputs(PLUS_MINUS, to);
                        at += 2;
                } else {
                        at += put_next(to, at);
                }
        }
}

void html_prose_v(FILE *to, const char *format, va_list ap)
{
        char *text = NULL;

        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        prose(to, text ? text : REPLACEMENT);
        free(text);
}

void html_prose(FILE *to, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        html_prose_v(to, format, ap);
        va_end(ap);
}

/* ---- tables ---- */

void html_table_begin(FILE *to, const char *caption, ...)
{
        va_list ap;

        fputs("<div class=\"scroll\">\n<table>\n<caption>", to);
        va_start(ap, caption);
        html_prose_v(to, caption, ap);
        va_end(ap);
        fputs("</caption>\n", to);
}

void html_table_head(FILE *to, const struct html_column *columns, size_t n)
{
        fputs("<thead><tr>", to);
        for (size_t i = 0; i < n; i++) {
                fprintf(to, "<th scope=\"col\"%s><span>",
                        columns[i].words ? " class=\"text\"" : "");
                html_prose(to, "%s", columns[i].name);
                if (columns[i].unit) {
                        fputs(" <span class=\"unit\">", to);
                        html_text(to, columns[i].unit);
                        fputs("</span>", to);
                }
                fputs("</span></th>", to);
        }
        fputs("</tr></thead>\n<tbody>\n", to);
}

void html_table_end(FILE *to)
{
        fputs("</tbody>\n</table>\n</div>\n", to);
}

void html_row_begin(FILE *to, const char *name, ...)
{
        va_list ap;

        fputs("<tr><th scope=\"row\">", to);
        va_start(ap, name);
        html_prose_v(to, name, ap);
        va_end(ap);
        fputs("</th>", to);
}

void html_row_end(FILE *to)
{
        fputs("</tr>\n", to);
}

static void cell_begin(FILE *to, const char *text)
{
        fprintf(to, "<td class=\"text%s\">", strlen(text) > LONG_CELL ? " long" : "");
}

void html_cell(FILE *to, const char *format, ...)
{
        char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        cell_begin(to, text ? text : "");
        prose(to, text ? text : REPLACEMENT);
        fputs("</td>", to);
        free(text);
}

void html_cell_text(FILE *to, const char *text)
{
        cell_begin(to, text);
        html_text(to, text);
        fputs("</td>", to);
}

void html_number(FILE *to, double value, int decimals)
{
        char text[FMT_SIZE];

        fprintf(to, "<td>%s</td>", isfinite(value) ? fmt_number(text, value, decimals) : "–");
}

static int decimals_of(double value)
{
        double size = fabs(value);

        if (size < 0.0005)
                return 0;
        return size < 0.9995 ? 3 : size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
}

char *html_figure_text(char text[static FMT_SIZE], double value)
{
        if (!isfinite(value))
                return strcpy(text, "–");
        return fmt_number(text, value, decimals_of(value));
}

void html_figure(FILE *to, double value)
{
        html_number(to, value, decimals_of(value));
}

void html_range(FILE *to, double low, double high)
{
        char from[FMT_SIZE], upto[FMT_SIZE];
        int decimals = MAX(decimals_of(low), decimals_of(high));

        if (isfinite(low) && isfinite(high))
                fprintf(to, "<td>%s–%s</td>", fmt_number(from, low, decimals),
                        fmt_number(upto, high, decimals));
        else
                fputs("<td>–</td>", to);
}
