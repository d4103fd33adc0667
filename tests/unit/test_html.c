/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "html.h"

#include <string.h>

#define NBSP     "\xc2\xa0"
#define NOT_TEXT "\xef\xbf\xbd"

static char *written;
static size_t written_size;

static FILE *begin(void)
{
        FILE *to = open_memstream(&written, &written_size);

        assert_non_null(to);
        return to;
}

static void assert_written(FILE *to, const char *expected)
{
        assert_int_equal(fclose(to), 0);
        assert_string_equal(written, expected);
        free(written);
}

static void text_is_never_markup(void **state)
{
        static const struct {
                const char *in, *out;
        } cases[] = {
                {"", ""}, {"web1, 3 ms", "web1, 3 ms"},
                {"<script>alert(\"1\")</script>",
                        "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"},
                {"' onload='x", "&#39; onload=&#39;x"}, {"&amp;", "&amp;amp;"},
                {"a\nb\tc", "a\nb\tc"}, {"µs – Jürgen 漢 🙂", "µs – Jürgen 漢 🙂"},
                {"\x01\x1b[31m\x7f", NOT_TEXT NOT_TEXT "[31m" NOT_TEXT},
                {"\xc2\x85", NOT_TEXT}, /* a control character */
                {"a\xe2\x80\xae"
                 "b",
                        "a" NOT_TEXT "b"},                                 /* right to left */
                {"\xe2\x81\xa6", NOT_TEXT},                                /* isolate */
                {"\xc3", NOT_TEXT},                                        /* ends too early */
                {"\xc3<", NOT_TEXT "&lt;"},                                /* eats nothing */
                {"\x80", NOT_TEXT},                                        /* begins nothing */
                {"\xc0\xbc", NOT_TEXT NOT_TEXT},                           /* "<" in two bytes */
                {"\xe0\x80\xbc", NOT_TEXT NOT_TEXT NOT_TEXT},              /* and in three */
                {"\xed\xa0\x80", NOT_TEXT NOT_TEXT NOT_TEXT},              /* half a pair */
                {"\xf4\x90\x80\x80", NOT_TEXT NOT_TEXT NOT_TEXT NOT_TEXT}, /* above all */
                {"\xff\xfe", NOT_TEXT NOT_TEXT},
                {"\xef\xbf\xbf", NOT_TEXT}, /* U+FFFF is no character */
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                FILE *to = begin();

                html_text(to, cases[i].in);
                assert_written(to, cases[i].out);
        }
}

static void nothing_is_nothing(void **state)
{
        FILE *to = begin();

        html_text(to, NULL);
        assert_written(to, "");
}

static void formats_are_escaped_as_a_whole(void **state)
{
        FILE *to = begin();

        html_prose(to, "<%s> %d", "&", 3);
        assert_written(to, "&lt;&amp;&gt; 3");
}

static void prose_is_set_with_care(void **state)
{
        static const struct {
                const char *in, *out;
        } cases[] = {
                {"host CPU 100 %", "host CPU 100" NBSP "%"},
                {"5.0 ms (p95 14 ms), 10 s.", "5.0" NBSP "ms (p95 14" NBSP "ms), 10" NBSP "s."},
                {"response +-50 %, +- a lot", "response ±50" NBSP "%, +- a lot"},
                {"3 steps, 2 sets, 4 milk", "3 steps, 2 sets, 4 milk"}, /* units end */
                {"a %, b ms", "a %, b ms"},                             /* no figure */
                {" %", " %"},
                {"499 us, us, 3 usable", "499" NBSP "µs, us, 3 usable"},
                {"1 <ms>", "1 &lt;ms&gt;"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                FILE *to = begin();

                html_prose(to, "%s", cases[i].in);
                assert_written(to, cases[i].out);
        }
}

static void texts_of_others_are_left_alone(void **state)
{
        FILE *to = begin();

        html_cell_text(to, "--pause '5 ms' +-3");
        html_cell_text(to, "more than forty bytes are written in several lines");
        assert_written(to, "<td class=\"text\">--pause &#39;5 ms&#39; +-3</td>"
                           "<td class=\"text long\">more than forty bytes are written in several "
                           "lines</td>");
}

static void numbers(void **state)
{
        static const struct {
                double value;
                const char *out;
        } cases[] = {
                {0, "<td>0</td>"},
                {0.1234, "<td>0.123</td>"},
                {0.9996, "<td>1.00</td>"},
                {1.234, "<td>1.23</td>"},
                {9.996, "<td>10.0</td>"},
                {99.96, "<td>100</td>"},
                {1612.4, "<td>1,612</td>"},
                {-12.34, "<td>-12.3</td>"},
                {NAN, "<td>–</td>"},
                {INFINITY, "<td>–</td>"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                FILE *to = begin();

                html_figure(to, cases[i].value);
                assert_written(to, cases[i].out);
        }
}

static void ranges_have_the_same_digits_on_both_sides(void **state)
{
        FILE *to = begin();

        html_range(to, 99.2, 101.4);
        html_range(to, NAN, 1);
        assert_written(to, "<td>99.2–101.4</td><td>–</td>");
}

static void a_table_escapes_all_its_texts(void **state)
{
        static const struct html_column columns[] = {{"<a>", NULL}, {"b", "<ms>"}};
        FILE *to = begin();

        html_table_begin(to, "%s", "<caption>");
        html_table_head(to, columns, ARRAY_SIZE(columns));
        html_row_begin(to, "%s", "<row>");
        html_cell(to, "%s", "<cell>");
        html_row_end(to);
        html_table_end(to);
        assert_written(to,
                "<div class=\"scroll\">\n<table>\n"
                "<caption>&lt;caption&gt;</caption>\n"
                "<thead><tr><th scope=\"col\"><span>&lt;a&gt;</span></th><th scope=\"col\"><span>b "
                "<span class=\"unit\">&lt;ms&gt;</span></span></th></tr></thead>\n<tbody>\n"
                "<tr><th scope=\"row\">&lt;row&gt;</th><td class=\"text\">&lt;cell&gt;</td></tr>\n"
                "</tbody>\n</table>\n</div>\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(text_is_never_markup),
                cmocka_unit_test(nothing_is_nothing),
                cmocka_unit_test(formats_are_escaped_as_a_whole),
                cmocka_unit_test(prose_is_set_with_care),
                cmocka_unit_test(texts_of_others_are_left_alone),
                cmocka_unit_test(numbers),
                cmocka_unit_test(ranges_have_the_same_digits_on_both_sides),
                cmocka_unit_test(a_table_escapes_all_its_texts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
