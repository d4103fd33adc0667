/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "values.h"

#include <errno.h>
#include <string.h>

static void chosen(void **state)
{
        static const struct {
                const char *text;
                int r;
                const char *chosen;
        } cases[] = {
                {"none [mq-deadline] kyber", 0, "mq-deadline"},
                {"[none] mq-deadline kyber bfq ", 0, "none"},
                {"always madvise [never]", 0, "never"},
                {"performance", 0, "performance"},
                {"  performance\n", 0, "performance"},
                {"[none]", 0, "none"},
                {"", -EINVAL, NULL},
                {" \t", -EINVAL, NULL},
                {"[]", -EINVAL, NULL},
                {"none []", -EINVAL, NULL},
                {"none mq-deadline", -EINVAL, NULL},
                {"[none] [mq-deadline]", -EINVAL, NULL},
                {"[none", 0, "[none"}, /* one word, in no brackets */
                {"[none mq-deadline]", -EINVAL, NULL},
                {"123456789012345", 0, "123456789012345"},
                {"[1234567890123456] x", -ENAMETOOLONG, NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[16] = "untouched";

                assert_case(values_chosen(cases[i].text, text, sizeof text) == cases[i].r, "\"%s\"",
                        cases[i].text);
                assert_string_equal(text, cases[i].chosen ? cases[i].chosen : "untouched");
        }
}

static void offers(void **state)
{
        static const char text[] = "none [mq-deadline] kyber\tbfq\n";

        assert_true(values_offers(text, "none"));
        assert_true(values_offers(text, "mq-deadline"));
        assert_true(values_offers(text, "bfq"));
        assert_false(values_offers(text, "deadline"));
        assert_false(values_offers(text, "mq"));
        assert_false(values_offers(text, "[mq-deadline]"));
        assert_false(values_offers(text, ""));
        assert_false(values_offers("", "none"));
}

static void numbers(void **state)
{
        static const struct {
                const char *text;
                int n;
        } cases[] = {
                {"1", 1},
                {" 1 ", 1},
                {"4096\t131072\t6291456", 3},
                {"1 2 3 4", -EINVAL},
                {"", -EINVAL},
                {" ", -EINVAL},
                {"-1", -EINVAL},
                {"1,2", -EINVAL},
                {"1x", -EINVAL},
                {"0x10", -EINVAL},
                {"18446744073709551615", 1},
                {"18446744073709551616", -EINVAL},
                {"max", -EINVAL},
                {"1 max", -EINVAL},
                {"1\n2", 2},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint64_t found[3];

                assert_case(values_numbers(cases[i].text, found, 3) == cases[i].n, "\"%s\"",
                        cases[i].text);
        }
        uint64_t sizes[3];
        assert_int_equal(values_numbers("4096\t131072\t6291456", sizes, 3), 3);
        assert_int_equal(sizes[0], 4096);
        assert_int_equal(sizes[1], 131072);
        assert_int_equal(sizes[2], 6291456);
}

static void tidy(void **state)
{
        static const struct {
                const char *text, *tidy;
        } cases[] = {
                {"4096\t131072\t6291456", "4096 131072 6291456"},
                {"  a  \n\n b ", "a b"},
                {"\x1b[31mred\x7f", "?[31mred?"},
                {"\xc3\xa9", "??"},
                {"", ""},
                {" \t\n", ""},
                {"12345678901234567890", "1234567890123456789"},
                {"123456789012345678 x", "123456789012345678"},
                {"1234567890123456789 x", "1234567890123456789"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[20];

                assert_string_equal(values_tidy(text, sizeof text, cases[i].text), cases[i].tidy);
        }
}

static void plain(void **state)
{
        assert_true(values_is_plain(""));
        assert_true(values_is_plain("4096\t131072 '$(x)"));
        assert_false(values_is_plain("a\nb"));
        assert_false(values_is_plain("a\rb"));
        assert_false(values_is_plain("\x7f"));
        assert_false(values_is_plain("\xc3\xa9"));
}

static void fields(void **state)
{
        static const char text[] = "MemTotal:       16 kB\n"
                                   "MemFree: 8 kB\n"
                                   "flags\t\t: fpu vmx\n"
                                   "SwapTotal 3\n"
                                   "Mem: 2";

        assert_int_equal(atoi(values_field(text, "MemTotal")), 16);
        assert_int_equal(atoi(values_field(text, "MemFree")), 8);
        assert_int_equal(strncmp(values_field(text, "flags"), "fpu vmx\n", 8), 0);
        assert_int_equal(atoi(values_field(text, "Mem")), 2);
        assert_null(values_field(text, "SwapTotal"));
        assert_null(values_field(text, "Total"));
        assert_null(values_field("", "Mem"));
        assert_null(values_field("Mem", "MemTotal"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(chosen),
                cmocka_unit_test(offers),
                cmocka_unit_test(numbers),
                cmocka_unit_test(tidy),
                cmocka_unit_test(plain),
                cmocka_unit_test(fields),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
