/* SPDX-License-Identifier: Apache-2.0 */
#include "conditional.h"

#include "macro.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ETAG "\"400-abc\""

static void test_lists_that_name_it(void **state)
{
        static const char *const lists[] = {ETAG, "W/" ETAG, " " ETAG "\t", "*", " * ",
                "\"x\"," ETAG, "\"x\", \"y\" , " ETAG " , \"z\"", ETAG ",\"unfinished", ", ," ETAG,
                "\"\", W/" ETAG, "\"a,b\", " ETAG, "\"W/\"," ETAG};

        for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
                if (!conditional_names(lists[i], ETAG))
                        fail_msg("not found in: %s", lists[i]);
}

static void test_lists_that_do_not(void **state)
{
        static const char *const lists[] = {"", " ", ",", "\"", "400-abc", "\"400-ab\"",
                "\"400-abcd\"", "\"400-ABC\"", "\"400-abc", "w/" ETAG, "W/", "W/*", "**",
                "* ," ETAG, "\"x\" " ETAG, "x, " ETAG, "\"x," ETAG "\"", "W/ " ETAG, "\"\\" ETAG};

        for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
                if (conditional_names(lists[i], ETAG))
                        fail_msg("found in: %s", lists[i]);
}

static void test_dates(void **state)
{
        static const char *const dates[] = {
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994",
        };
        time_t at;

        for (size_t i = 0; i < ARRAY_SIZE(dates); i++) {
                assert_int_equal(conditional_date(dates[i], &at), 0);
                assert_int_equal(at, 784111777); /* the RFC's own example */
        }
        assert_int_equal(conditional_date("Thu, 01 Jan 1970 00:00:00 GMT", &at), 0);
        assert_int_equal(at, 0);
        assert_int_equal(conditional_date("Thu, 29 Feb 2024 23:59:59 GMT", &at), 0);
        assert_int_equal(at, 1709251199);
}

static void test_no_dates(void **state)
{
        static const char *const texts[] = {"", "0", "now", "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994 08:49:37 GMT; length=5",
                "Sun, 36 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"};
        time_t at = 42;

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                if (conditional_date(texts[i], &at) != -EINVAL)
                        fail_msg("taken for a date: %s", texts[i]);
        assert_int_equal(at, 42);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lists_that_name_it),
                cmocka_unit_test(test_lists_that_do_not),
                cmocka_unit_test(test_dates),
                cmocka_unit_test(test_no_dates),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
