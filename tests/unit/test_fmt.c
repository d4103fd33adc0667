/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "fmt.h"
#include "macro.h"

#include <string.h>

#define MINUTE (60 * NS_PER_S)

static void duration(void **state)
{
        static const struct {
                uint64_t ns;
                const char *text;
        } cases[] = {
                {0, "0 ns"},
                {1, "1 ns"},
                {950, "950 ns"},
                {999, "999 ns"},
                {1000, "1.00 us"},
                {1004, "1.00 us"},
                {1006, "1.01 us"},
                {3140, "3.14 us"},
                {9994, "9.99 us"},
                {9996, "10.0 us"},
                {99949, "99.9 us"},
                {99951, "100 us"},
                {999499, "999 us"},
                {999500, "1.00 ms"},
                {999999, "1.00 ms"},
                {NS_PER_MS, "1.00 ms"},
                {3140000, "3.14 ms"},
                {99949999, "99.9 ms"},
                {99950001, "100 ms"},
                {999499999, "999 ms"},
                {999500000, "1.00 s"},
                {NS_PER_S, "1.00 s"},
                {1200 * NS_PER_MS, "1.20 s"},
                {59999 * NS_PER_MS, "60.0 s"},
                {60 * NS_PER_S, "60.0 s"},
                {100 * NS_PER_S, "100 s"},
                {119499999999, "119 s"},
                {119500000000, "2 m 00 s"},
                {120 * NS_PER_S, "2 m 00 s"},
                {125 * NS_PER_S, "2 m 05 s"},
                {3 * MINUTE - NS_PER_S / 2, "3 m 00 s"},
                {3 * MINUTE - NS_PER_S / 2 - 1, "2 m 59 s"},
                {60 * MINUTE, "60 m 00 s"},
                {1000 * MINUTE + 59 * NS_PER_S, "1000 m 59 s"},
        };
        char text[FMT_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_ptr_equal(fmt_duration(text, cases[i].ns), text);
                assert_string_equal(text, cases[i].text);
        }
}

static void size(void **state)
{
        static const struct {
                uint64_t bytes;
                const char *text;
        } cases[] = {
                {0, "0 B"},
                {1, "1 B"},
                {512, "512 B"},
                {1023, "1023 B"},
                {1024, "1.0 KiB"},
                {1536, "1.5 KiB"},
                {1024 * 100 - 52, "99.9 KiB"},
                {1024 * 100 - 50, "100 KiB"},
                {1024 * 100, "100 KiB"},
                {1024 * 1023 + 511, "1023 KiB"},
                {1024 * 1023 + 512, "1.0 MiB"},
                {1 << 20, "1.0 MiB"},
                {UINT64_C(3435973837), "3.2 GiB"},
                {UINT64_C(1) << 40, "1.0 TiB"},
                {UINT64_C(5000) << 40, "5000 TiB"},
                {UINT64_MAX, "16777216 TiB"},
        };
        char text[FMT_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_ptr_equal(fmt_size(text, cases[i].bytes), text);
                assert_string_equal(text, cases[i].text);
        }
}

static void number(void **state)
{
        static const struct {
                double value;
                int decimals;
                const char *text;
        } cases[] = {
                {0, 0, "0"},
                {0, 2, "0.00"},
                {5, 0, "5"},
                {12, 0, "12"},
                {999, 0, "999"},
                {1000, 0, "1,000"},
                {1612, 0, "1,612"},
                {1612.4, 1, "1,612.4"},
                {12345, 0, "12,345"},
                {123456, 0, "123,456"},
                {1234567, 0, "1,234,567"},
                {1234567.891, 3, "1,234,567.891"},
                {1234.56789, 5, "1,234.56789"},
                {0.123456, 6, "0.123456"},
                {0.1234567, 9, "0.123457"}, /* six decimals at most */
                /* rounding that makes a further digit */
                {999.5, 0, "1,000"},
                {999.49, 0, "999"},
                {999.994, 2, "999.99"},
                {999.996, 2, "1,000.00"},
                {999999.5, 0, "1,000,000"},
                {999999.96, 1, "1,000,000.0"},
                {0.4, 0, "0"},
                {-1, 0, "-1"},
                {-12, 0, "-12"},
                {-123, 0, "-123"},
                {-1234, 0, "-1,234"},
                {-12345.6, 1, "-12,345.6"},
                {-123456, 0, "-123,456"},
                {-1234567, 0, "-1,234,567"},
                {-999.996, 2, "-1,000.00"},
                /* the largest that is written out, and beyond */
                {999999999999999, 0, "999,999,999,999,999"},
                {-999999999999999, 6, "-999,999,999,999,999.000000"},
                {1e15, 0, "1.000e+15"},
                {-1e15, 3, "-1.000e+15"},
                {1.7976931348623157e308, 6, "1.798e+308"},
                {(double)INFINITY, 2, "inf"},
                {-(double)INFINITY, 2, "-inf"},
        };
        char text[FMT_SIZE];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_ptr_equal(fmt_number(text, cases[i].value, cases[i].decimals), text);
                assert_string_equal(text, cases[i].text);
        }
}

/* 999.995 is not a binary number: whichever way it goes, the commas fit what is shown. */
static void number_on_the_edge(void **state)
{
        char text[FMT_SIZE];

        fmt_number(text, 999.995, 2);
        assert_true(strcmp(text, "999.99") == 0 || strcmp(text, "1,000.00") == 0);
        fmt_number(text, 999999.995, 2);
        assert_true(strcmp(text, "999,999.99") == 0 || strcmp(text, "1,000,000.00") == 0);
}

/* Nothing rounds to a minus with nothing behind it. */
static void number_has_no_negative_zero(void **state)
{
        char text[FMT_SIZE];

        assert_string_equal(fmt_number(text, -0.0, 0), "0");
        assert_string_equal(fmt_number(text, -0.001, 2), "0.00");
        assert_string_equal(fmt_number(text, -0.4, 0), "0");
        assert_string_equal(fmt_number(text, -0.006, 2), "-0.01");
}

static void number_that_is_none(void **state)
{
        char text[FMT_SIZE];

        fmt_number(text, (double)NAN, 2);
        assert_non_null(strstr(text, "nan"));
        assert_null(strchr(text, ','));
}

/* Whatever the value: three significant digits at least, no text over its buffer. */
static void all_fit(void **state)
{
        char text[FMT_SIZE + 1];

        for (double v = 1; v < 0x1p64; v *= 1.01) {
                memset(text, '#', sizeof text);
                assert_true(strlen(fmt_duration(text, (uint64_t)v)) < FMT_SIZE);
                assert_true(strlen(fmt_size(text, (uint64_t)v)) < FMT_SIZE);
                assert_true(strlen(fmt_number(text, -v, 6)) < FMT_SIZE);
                assert_int_equal(text[FMT_SIZE], '#');
        }
        assert_true(strlen(fmt_duration(text, UINT64_MAX)) < FMT_SIZE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(duration),
                cmocka_unit_test(size),
                cmocka_unit_test(number),
                cmocka_unit_test(number_on_the_edge),
                cmocka_unit_test(number_has_no_negative_zero),
                cmocka_unit_test(number_that_is_none),
                cmocka_unit_test(all_fit),
        };

        return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
