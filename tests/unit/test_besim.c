/* SPDX-License-Identifier: Apache-2.0 */
#include "besim.h"

#include "macro.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum {
        KEYS = 20000,
        N_COMMANDS = 18,
};

static char reply[BESIM_REPLY_SIZE], page[BESIM_PAGE_SIZE];

static size_t count(const char *text, const char *what)
{
        size_t n = 0;

        for (; (text = strstr(text, what)); text += strlen(what))
                n++;
        return n;
}

static void test_every_query_is_answered(void **state)
{
        char query[BESIM_QUERY_SIZE];
        size_t length;

        for (unsigned long key = 0; key < KEYS; key++) {
                unsigned long n;
                char *record;

                besim_query(key, query);
                assert_int_equal(besim_answer(query, reply, &length), 0);
                assert_int_equal(length, strlen(reply));
                /* Cut short it would end within a record. */
                assert_in_range(length, 10, BESIM_REPLY_SIZE - 100);
                assert_memory_equal(reply, "0\n", 2);
                assert_int_equal(reply[length - 1], '\n');

                /* The first record: workload, command, number asked for, records that follow. */
                record = reply + 2;
                assert_memory_equal(record, query, strcspn(query + 4, "&") + 4);
                *strchr(record, '\n') = '\0';
                n = strtoul(strrchr(record, '&') + 1, NULL, 10);
                assert_int_equal(count(record + strlen(record) + 1, "\n"), n);
        }
}

static void test_all_commands_are_asked(void **state)
{
        static unsigned asked[4][11];
        char query[BESIM_QUERY_SIZE];
        unsigned kinds = 0;

        for (unsigned long key = 0; key < KEYS; key++) {
                unsigned workload, command;

                besim_query(key, query);
                assert_int_equal(sscanf(query, "%1u&%u&", &workload, &command), 2);
                assert_in_range(workload, 1, 3);
                assert_in_range(command, 1, 10);
                asked[workload][command]++;
        }
        for (unsigned w = 1; w <= 3; w++)
                for (unsigned c = 1; c <= 10; c++)
                        kinds += asked[w][c] > KEYS / N_COMMANDS / 2;
        assert_int_equal(kinds, N_COMMANDS);
        for (unsigned c = 1; c <= 10; c++) /* Banking has all ten */
                assert_true(asked[1][c] > 0);
}

static void test_sizes_vary(void **state)
{
        size_t length, least = SIZE_MAX, most = 0;
        char query[BESIM_QUERY_SIZE];

        for (unsigned long key = 0; key < KEYS; key++) {
                besim_query(key, query);
                assert_int_equal(besim_answer(query, reply, &length), 0);
                least = MIN(least, length);
                most = MAX(most, length);
        }
        assert_true(least <= 100);
        assert_in_range(most, 5000, 7000);
}

static void test_stateless(void **state)
{
        static char again[BESIM_REPLY_SIZE];
        char query[BESIM_QUERY_SIZE], query_again[BESIM_QUERY_SIZE];
        size_t length, length_again;

        for (unsigned long key = 0; key < 500; key++) {
                besim_query(key, query);
                besim_answer(query, reply, &length);
                besim_query(key + 1, query_again);
                besim_answer(query_again, again, &length_again);
                assert_string_not_equal(reply, again); /* another key: another answer */
                besim_query(key, query_again);
                besim_answer(query_again, again, &length_again);
                assert_string_equal(query, query_again);
                assert_int_equal(length, length_again);
                assert_memory_equal(reply, again, length);
        }
}

/* Queries one letter apart: the letter must show in the answer's records. */
static void test_each_argument_counts(void **state)
{
        static char other[BESIM_REPLY_SIZE];
        size_t length, length_other;

        assert_int_equal(besim_answer("1&4&77&1001", reply, &length), 0);
        assert_int_equal(besim_answer("1&4&77&1002", other, &length_other), 0);
        assert_string_not_equal(reply, other);
        assert_int_equal(besim_answer("2&2&5&lamp", reply, &length), 0);
        assert_int_equal(besim_answer("2&2&5&lamq", other, &length_other), 0);
        assert_string_not_equal(reply, other);
}

static void test_extreme_keys(void **state)
{
        char query[BESIM_QUERY_SIZE];
        size_t length;

        for (unsigned long i = 0; i < 100; i++) {
                besim_query(~0UL - i, query);
                assert_int_equal(besim_answer(query, reply, &length), 0);
        }
}

static void test_bad_queries(void **state)
{
        static const char *const bad[] = {"", "&", "1", "1&", "1&1", "1&1&", "1&1&x", "1&1&5&",
                "1&1&5&6", "0&1&5", "4&1&5", "11&1&5", "1&0&5", "1&11&5", "1&01&5", "1&1x&5",
                "1&-1&5", "3&5&5", " 1&1&5", "1&1&5 ", "1&1&5\n", "1&4&5", "1&4&5&",
                "1&4&5&1234567890", "1&4&5&1.5", "1&7&1&2&20260101&5", "1&7&1&2&20260101&5.1",
                "1&7&1&2&20260101&.12", "1&7&1&2&2026010&5.12", "1&7&1&2&20260101&5.1.2",
                "1&1&123456789012345678901", "2&2&5&la mp", "2&2&5&<b>", "2&2&5&%41",
                "2&2&5&\xc3\xa4", "2&2&5&"};
        char longest[BESIM_QUERY_SIZE + 10];
        size_t length;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                if (besim_answer(bad[i], reply, &length) != -EINVAL)
                        fail_msg("answered: \"%s\"", bad[i]);
                assert_int_equal(length, strlen(reply));
                assert_memory_equal(reply, "1\n", 2);
                assert_int_equal(count(reply, "\n"), 2);
        }
        memset(longest, '1', sizeof longest);
        longest[sizeof longest - 1] = '\0';
        assert_int_equal(besim_answer(longest, reply, &length), -EINVAL);
        assert_string_equal(reply, "1\nquery too long\n");
        assert_int_equal(besim_answer("1&7&1&2&20260101&5.12", reply, &length), 0);
        assert_int_equal(besim_answer("2&2&5&l.a-m_p@x:y,~+", reply, &length), 0);
}

static void test_page_holds_every_field(void **state)
{
        char query[BESIM_QUERY_SIZE];
        size_t length, largest = 0;

        for (unsigned long key = 0; key < KEYS; key++) {
                size_t n, fields;

                besim_query(key, query);
                besim_answer(query, reply, &length);
                n = besim_page(query, reply, length, page);
                assert_int_equal(n, strlen(page));
                assert_non_null(strstr(page, "</table>\n</body>\n</html>\n"));
                fields = count(reply, "\n") + count(reply, "&");
                assert_int_equal(count(page, "<tr>"), count(reply, "\n"));
                assert_int_equal(count(page, "<td>"), fields);
                largest = MAX(largest, n);
        }
        assert_true(largest < BESIM_PAGE_SIZE - 1000); /* none is near being cut */
}

static void test_page_exactly(void **state)
{
        static const char expected[] = "<!DOCTYPE html>\n<html>\n<head><title>1&amp;2&amp;7</title>"
                                       "</head>\n<body>\n<table>\n<tr><td>0</tr>\n"
                                       "<tr><td>a<td><td>b c</tr>\n</table>\n</body>\n</html>\n";

        assert_int_equal(besim_page("1&2&7", "0\na&&b c\n", 9, page), sizeof expected - 1);
        assert_string_equal(page, expected);
        /* A last line without its end is a line too. */
        besim_page("1&2&7", "0\na&&b c", 8, page);
        assert_string_equal(page, expected);
}

static void test_page_escapes(void **state)
{
        static const char hostile[] = "0\n<script>alert(\"x\")</script>&\x01\x7f\xff\t\n";

        besim_page("<b>\"&", hostile, sizeof hostile - 1, page);
        assert_null(strstr(page, "<script>"));
        assert_null(strstr(page, "<b>"));
        assert_non_null(strstr(page, "<title>&lt;b&gt;&quot;&amp;</title>"));
        assert_non_null(strstr(page, "&lt;script&gt;alert(&quot;x&quot;)"));
        assert_non_null(strstr(page, "<td>???" /* no trigraph */ "?</tr>"));
}

/* A foreign reply that does not fit is cut at a token, and the page is still whole. */
static void test_page_never_overflows(void **state)
{
        static const char fill[] = {'&', '<', '"', '\n', 'a', '\0'};
        static const char tail[] = "</table>\n</body>\n</html>\n";
        static char guarded[BESIM_PAGE_SIZE + 64];
        char query[BESIM_QUERY_SIZE];

        memset(query, '&', sizeof query - 1);
        query[sizeof query - 1] = '\0';
        for (size_t i = 0; i < sizeof fill; i++) {
                size_t n;

                memset(reply, fill[i], sizeof reply);
                memset(guarded, 0x5a, sizeof guarded);
                n = besim_page(query, reply, sizeof reply, guarded);
                assert_in_range(n, 1, BESIM_PAGE_SIZE - 1);
                assert_int_equal(strlen(guarded), n);
                assert_string_equal(guarded + n - (sizeof tail - 1), tail);
                assert_int_equal(guarded[BESIM_PAGE_SIZE], 0x5a);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_query_is_answered),
                cmocka_unit_test(test_all_commands_are_asked),
                cmocka_unit_test(test_sizes_vary),
                cmocka_unit_test(test_stateless),
                cmocka_unit_test(test_each_argument_counts),
                cmocka_unit_test(test_extreme_keys),
                cmocka_unit_test(test_bad_queries),
                cmocka_unit_test(test_page_holds_every_field),
                cmocka_unit_test(test_page_exactly),
                cmocka_unit_test(test_page_escapes),
                cmocka_unit_test(test_page_never_overflows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
