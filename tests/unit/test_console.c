/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "console.h"
#include "macro.h"

#include <string.h>

static void keeps_text_and_drops_the_rest(void **state)
{
        static const struct {
                const char *from, *to;
        } cases[] = {
                {"", ""},
                {"plain\ttext\n", "plain\ttext\n"},
                {"a\r\nb\rc\n", "a\nbc\n"},
                {"[\033[0;32m  OK  \033[0m] up", "[  OK  ] up"},
                {"\033[2J\033[1;1H\033[?25lhello", "hello"},
                {"\033]0;title\007text", "text"},
                {"\033]0;title\033\\text", "text"},
                {"\033]0;never ended\nnext", "\nnext"},
                {"\033P1$r\033\\x\033(By\0337z\033c!", "xyz!"},
                {"a\033", "a"},
                {"a\033[", "a"},
                {"a\033[1;", "a"},
                {"a\033]0;x", "a"},
                {"a\033\nb", "a\nb"},
                {"\b\a\v\f\177x\001", "x"},
                /* UTF-8: what is well-formed and no control character */
                {"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xa7",
                        "gr\xc3\xbc\xc3\x9f "
                        "\xe2\x82\xac \xf0\x9f\x90\xa7"},
                {"a\xc2\x9b"
                 "1mb",
                        "a1mb"},
                {"\xff\xfe\x80x\xc3", "x"},
                {"\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf4\x90\x80\x80y\xe2\x82", "y"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                size_t n = strlen(cases[i].from);
                char *text = malloc(n + 1);

                memcpy(text, cases[i].from, n);
                assert_int_equal(console_clean(text, n), strlen(cases[i].to));
                assert_string_equal(text, cases[i].to);
                free(text);
        }
}

/* Every pair of bytes, also cut off behind an escape: no more is read than there is, and nothing
 * that a terminal would obey comes out. */
static void any_bytes_are_safe(void **state)
{
        for (unsigned i = 0; i < 0x10000; i++) {
                char *text = malloc(5);
                size_t n;

                memcpy(text, (char[]){'\033', (char)(i >> 8), (char)i, '['}, 4);
                n = console_clean(text, 4);
                assert_true(n <= 4 && strlen(text) == n);
                for (size_t j = 0; j < n; j++)
                        assert_case((unsigned char)text[j] >= 0x20 || text[j] == '\n' ||
                                            text[j] == '\t',
                                "%#x", i);
                free(text);
        }
        {
                char text[] = "a\0b\0";

                assert_int_equal(console_clean(text, 4), 2);
                assert_string_equal(text, "ab");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(keeps_text_and_drops_the_rest),
                cmocka_unit_test(any_bytes_are_safe),
        };

        return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
