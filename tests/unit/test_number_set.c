/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "number_set.h"
#include "rng.h"

#include <errno.h>
#include <string.h>

static void as_written(void **state)
{
        static const struct {
                const char *text, *expected;
        } cases[] = {
                {"0", "0"},
                {"8191", "8191"},
                {"0-8191", "0-8191"},
                {"3,1,2", "1-3"},
                {"0-1,3", "0-1,3"},
                {"7,7,7", "7"},
                {"0-4,2-8", "0-8"},
                {"63,64", "63-64"},
                {"5-5", "5"},
                {"007", "7"},
                {"0,2,4", "0,2,4"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct number_set set;
                char *text;

                assert_case(number_set_parse(&set, cases[i].text) == 0, "%s", cases[i].text);
                text = number_set_text(&set);
                assert_string_equal(text, cases[i].expected);
                free(text);
        }
}

static void refuses(void **state)
{
        static const struct {
                const char *text;
                int error;
        } cases[] = {
                {"", -EINVAL},
                {",", -EINVAL},
                {"1,", -EINVAL},
                {",1", -EINVAL},
                {"1,,2", -EINVAL},
                {"-", -EINVAL},
                {"-1", -EINVAL},
                {"1-", -EINVAL},
                {"3-1", -EINVAL},
                {"1-2-3", -EINVAL},
                {" 1", -EINVAL},
                {"1 ", -EINVAL},
                {"1, 2", -EINVAL},
                {"+1", -EINVAL},
                {"0x1", -EINVAL},
                {"^1", -EINVAL},
                {"all", -EINVAL},
                {"8192", -ERANGE},
                {"0-8192", -ERANGE},
                {"4294967296", -ERANGE},
                {"99999999999999999999999999", -ERANGE},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct number_set set, before;

                memset(&set, 0x5a, sizeof set);
                before = set;
                assert_case(number_set_parse(&set, cases[i].text) == cases[i].error, "\"%s\"",
                        cases[i].text);
                assert_memory_equal(&set, &before, sizeof set);
        }
}

/* Any set, written and read, is the same; and what it has is what was put in. */
static void there_and_back(void **state)
{
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (unsigned round = 0; round < 200; round++) {
                static bool expected[NUMBER_SET_MAX + 1];
                struct number_set set = {0}, again;
                unsigned n = (unsigned)rng_below(&rng, 300);
                char *text;

                memset(expected, 0, sizeof expected);
                assert_true(number_set_is_empty(&set));
                for (unsigned i = 0; i < n; i++) {
                        unsigned limit = round % 2 ? 400 : NUMBER_SET_MAX + 1;
                        unsigned number = (unsigned)rng_below(&rng, limit);

                        expected[number] = true;
                        number_set_add(&set, number);
                }
                for (unsigned i = 0; i <= NUMBER_SET_MAX; i++)
                        assert_int_equal(number_set_has(&set, i), expected[i]);
                assert_int_equal(number_set_is_empty(&set), n == 0);
                text = number_set_text(&set);
                if (n == 0) {
                        assert_string_equal(text, "");
                } else {
                        assert_int_equal(number_set_parse(&again, text), 0);
                        assert_memory_equal(&again, &set, sizeof set);
                }
                free(text);
        }
}

/* What is in both, in one of them, and behind a number: against the plainest arithmetic. */
static void sets_together(void **state)
{
        struct rng rng;

        rng_init(&rng, 2, 0);
        for (unsigned round = 0; round < 100; round++) {
                static bool in_a[NUMBER_SET_MAX + 1], in_b[NUMBER_SET_MAX + 1];
                struct number_set a = {0}, b = {0}, sum, both;
                unsigned limit = round % 2 ? 130 : NUMBER_SET_MAX + 1;
                unsigned n = 0, beyond = NUMBER_SET_NONE, next = NUMBER_SET_NONE;
                unsigned from = (unsigned)rng_below(&rng, limit);

                memset(in_a, 0, sizeof in_a);
                memset(in_b, 0, sizeof in_b);
                for (unsigned i = 0; i < 100; i++) {
                        unsigned x = (unsigned)rng_below(&rng, limit);
                        unsigned y = (unsigned)rng_below(&rng, limit);

                        in_a[x] = in_b[y] = true;
                        number_set_add(&a, x);
                        number_set_add(&b, y);
                        if (round % 3 == 0) { /* nothing of a is beyond b */
                                in_b[x] = true;
                                number_set_add(&b, x);
                        }
                }
                sum = both = a;
                number_set_add_all(&sum, &b);
                number_set_keep(&both, &b);
                for (unsigned i = NUMBER_SET_MAX + 1; i-- > 0;) {
                        assert_int_equal(number_set_has(&sum, i), in_a[i] || in_b[i]);
                        assert_int_equal(number_set_has(&both, i), in_a[i] && in_b[i]);
                        n += in_a[i];
                        beyond = in_a[i] && !in_b[i] ? i : beyond;
                        next = in_a[i] && i >= from ? i : next;
                }
                assert_int_equal(number_set_count(&a), n);
                assert_int_equal(number_set_beyond(&a, &b), beyond);
                assert_int_equal(number_set_next(&a, from), next);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(as_written),
                cmocka_unit_test(refuses),
                cmocka_unit_test(there_and_back),
                cmocka_unit_test(sets_together),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
