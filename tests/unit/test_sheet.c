/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "sheet.h"

#include <string.h>

static const struct sheet_column columns[] = {{"tiles"}, {"what", true}, {"CPU %"}, {"end", true}};

static void check(const struct sheet *sheet, void (*write)(const struct sheet *sheet, FILE *to),
        const char *expected)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        write(sheet, to);
        fclose(to);
        assert_string_equal(text, expected);
        free(text);
}

static void columns_are_aligned(void **state)
{
        struct sheet sheet;

        sheet_init(&sheet, columns, ARRAY_SIZE(columns));
        check(&sheet, sheet_write_text, "");
        check(&sheet, sheet_write_markdown, "");
        sheet_cell(&sheet, "%d", 1);
        sheet_cell(&sheet, "\xc3\xa9t\xc3\xa9"); /* three characters, five bytes */
        sheet_number(&sheet, 99.95, 1);
        sheet_cell(&sheet, "x");
        sheet_cell(&sheet, "%d", 123456);
        sheet_cell(&sheet, "longer");
        sheet_number(&sheet, NAN, 1);
        sheet_cell(&sheet, "end");
        assert_false(sheet.failed);
        check(&sheet, sheet_write_text,
                "   tiles  what    CPU %  end\n"
                "       1  \xc3\xa9t\xc3\xa9     100.0  x\n"
                "  123456  longer      -  end\n");
        check(&sheet, sheet_write_markdown,
                "| tiles | what | CPU % | end |\n"
                "|---:|:---|---:|:---|\n"
                "| 1 | \xc3\xa9t\xc3\xa9 | 100.0 | x |\n"
                "| 123456 | longer | - | end |\n");
        sheet_fini(&sheet);
}

static void markdown_shows_what_is_there(void **state)
{
        struct sheet sheet;

        sheet_init(&sheet, columns, 1);
        sheet_cell(&sheet, "a|b *c* _d_ [e](f) `g` <h> \\ #1 &amp; ~i~ !$ 1.5-2 %%");
        check(&sheet, sheet_write_markdown,
                "| tiles |\n|---:|\n| a\\|b \\*c\\* \\_d\\_ \\[e\\](f) \\`g\\` \\<h\\> \\\\ \\#1 "
                "\\&amp; \\~i\\~ \\!\\$ 1.5-2 % |\n");
        sheet_fini(&sheet);
}

static void figures_have_three_digits(void **state)
{
        static const struct {
                double value;
                const char *text;
        } cases[] = {{0, "0"}, {0.0123, "0.012"}, {0.5, "0.500"}, {0.9996, "1.00"}, {9.99, "9.99"},
                {9.996, "10.0"}, {99.94, "99.9"}, {99.96, "100"}, {1234567, "1,234,567"},
                {-3.14159, "-3.14"}, {INFINITY, "-"}, {NAN, "-"}};

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct sheet sheet;

                sheet_init(&sheet, columns, 1);
                sheet_figure(&sheet, cases[i].value);
                assert_string_equal(sheet.cells[0], cases[i].text);
                sheet_fini(&sheet);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(columns_are_aligned),
                cmocka_unit_test(markdown_shows_what_is_there),
                cmocka_unit_test(figures_have_three_digits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
