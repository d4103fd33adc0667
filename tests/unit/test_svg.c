/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "svg.h"

#include <errno.h>
#include <string.h>

#define HEAD "<?xml version=\"1.0\"?>\n<svg \n viewBox=\"0 0 760 460\"\n xmlns=\"x\">\n"
#define OPEN \
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 760 460\" " \
        "aria-label=\"a &lt;b&gt;\">"

static char *written;
static size_t written_size;

static int embed(const char *svg)
{
        FILE *to = open_memstream(&written, &written_size);
        int r;

        assert_non_null(to);
        r = svg_embed(to, svg, "p1", "a <b>");
        assert_int_equal(fclose(to), 0);
        return r;
}

static void assert_embeds(const char *body, const char *expected)
{
        char svg[2048], wanted[2048];

        snprintf(svg, sizeof svg, HEAD "%s</svg>\n", body);
        snprintf(wanted, sizeof wanted, OPEN "%s</svg>\n", expected);
        assert_int_equal(embed(svg), 0);
        /* The newline after the opening tag is gnuplot's. */
        if (strcmp(written + sizeof OPEN - 1 + (written[sizeof OPEN - 1] == '\n'),
                    wanted + sizeof OPEN - 1) != 0 ||
                strncmp(written, wanted, sizeof OPEN - 1) != 0)
                fail_msg("%s\nbecame\n%s\nnot\n%s", svg, written, wanted);
        free(written);
}

static void ids_and_what_refers_to_them_get_a_prefix(void **state)
{
        assert_embeds("<circle id='gpDot'/><use xlink:href='#gpDot'/>",
                "<circle id='p1-gpDot'/><use href='#p1-gpDot'/>");
        assert_embeds("<g id=\"a\" filter='url(#b)'/>", "<g id=\"p1-a\" filter='url(#p1-b)'/>");
}

static void text_is_left_alone(void **state)
{
        assert_embeds("<text> id='x' url(#y) &lt;</text>", "<text> id='x' url(#y) &lt;</text>");
}

static void what_gnuplot_says_of_itself_goes(void **state)
{
        assert_embeds("<title>Gnuplot</title><desc>Produced by <x/> it</desc><g>1</g>", "<g>1</g>");
        assert_embeds("<filter id='textbox'><feFlood/></filter><g>1</g>", "<g>1</g>");
        assert_embeds("<g fill=\"none\">\n</g><g fill=\"none\"><path/></g>",
                "<g fill=\"none\"><path/></g>");
}

static void what_is_no_picture_is_refused_and_writes_nothing(void **state)
{
        static const char *const cases[] = {
                "",
                "gnuplot: no",
                "<svg>",
                "<svg></svg>",
                "</svg><svg viewBox=\"0 0 1 1\">",
                "<svg viewBox=\"0 0 1 1",
                "<svg viewBox=\"0 0 1 1</svg>",
                "<svg viewBox=\"0 0 1 1' onload='x\"></svg>",
                "<svg><g viewBox=\"0 0 1 1\"></g></svg>",
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_case(embed(cases[i]) == -EINVAL && written_size == 0, "%s", cases[i]);
                free(written);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(ids_and_what_refers_to_them_get_a_prefix),
                cmocka_unit_test(text_is_left_alone),
                cmocka_unit_test(what_gnuplot_says_of_itself_goes),
                cmocka_unit_test(what_is_no_picture_is_refused_and_writes_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
