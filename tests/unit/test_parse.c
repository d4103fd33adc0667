/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "macro.h"
#include "parse.h"
#include "rng.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Not of any number's form, whichever function is asked. */
static const char *const never_numbers[] = {"", " ", "-", "+", ".", "-1", "+1", " 1", "1 ", "\t1",
        "1\n", "1 2", "1,5", "1_000", "1'000", "x", "one", "1x", "0x10", "0x", "1e3", "1E3", "1e-3",
        "1e+3", "inf", "nan", "infinity", "INF", "1.", ".5", "1.5.2", "1..5", "--1", "-0", "1-",
        "%", "%1", "5%%", "\xc2\xb2", "\xff", "1\xa0", "١"};

struct number_case {
        const char *text;
        uint64_t value;
};

struct error_case {
        const char *text;
        int error;
};

static char nines_400[401], point_zeros_400[403];

static int make_long_texts(void **state)
{
        memset(nines_400, '9', sizeof nines_400 - 1);
        memset(point_zeros_400, '0', sizeof point_zeros_400 - 1);
        point_zeros_400[1] = '.';
        point_zeros_400[401] = '1';
        return 0;
}

/* The result of a failed parse is the value that was there before. */
static void check_u64(int (*parse)(const char *, uint64_t *), const struct number_case *good,
        size_t n_good, const struct error_case *bad, size_t n_bad)
{
        uint64_t value;
        int r;

        for (size_t i = 0; i < n_good; i++) {
                value = ~good[i].value;
                r = parse(good[i].text, &value);
                assert_case(r == 0, "\"%s\": %d", good[i].text, r);
                assert_case(value == good[i].value, "\"%s\": %llu", good[i].text,
                        (unsigned long long)value);
        }
        for (size_t i = 0; i < n_bad; i++) {
                value = 4711;
                r = parse(bad[i].text, &value);
                assert_case(r == bad[i].error, "\"%s\": %d", bad[i].text, r);
                assert_case(value == 4711, "\"%s\" touched the result", bad[i].text);
        }
        for (size_t i = 0; i < ARRAY_SIZE(never_numbers); i++) {
                value = 4711;
                r = parse(never_numbers[i], &value);
                assert_case(r == -EINVAL && value == 4711, "\"%s\": %d", never_numbers[i], r);
        }
        assert_int_equal(parse(nines_400, &value), -ERANGE);
}

static void u64(void **state)
{
        static const struct number_case good[] = {
                {"0", 0},
                {"1", 1},
                {"0000000000000000000000000000007", 7},
                {"10", 10},
                {"4294967296", UINT64_C(4294967296)},
                {"9223372036854775808", UINT64_C(9223372036854775808)},
                {"18446744073709551614", UINT64_MAX - 1},
                {"18446744073709551615", UINT64_MAX},
        };
        static const struct error_case bad[] = {
                {"18446744073709551616", -ERANGE}, /* the addition overflows */
                {"18446744073709551620", -ERANGE}, /* the multiplication */
                {"20000000000000000000", -ERANGE},
                {"99999999999999999999999999999", -ERANGE},
                {"1.5", -EINVAL},
                {"1k", -EINVAL},
                {"1s", -EINVAL},
        };

        check_u64(parse_u64, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
}

static void size(void **state)
{
        static const struct number_case good[] = {
                {"0", 0},
                {"0T", 0},
                {"512", 512},
                {"512B", 512},
                {"1k", 1024},
                {"1K", 1024},
                {"1KB", 1024},
                {"1KiB", 1024},
                {"1kiB", 1024},
                {"64M", UINT64_C(64) << 20},
                {"64m", UINT64_C(64) << 20},
                {"3GiB", UINT64_C(3) << 30},
                {"2T", UINT64_C(2) << 40},
                {"2tB", UINT64_C(2) << 40},
                {"16777215T", UINT64_C(16777215) << 40},
                {"18014398509481983K", UINT64_MAX - 1023},
                {"18446744073709551615", UINT64_MAX},
                {"18446744073709551615B", UINT64_MAX},
        };
        static const struct error_case bad[] = {
                {"16777216T", -ERANGE},
                {"18014398509481984K", -ERANGE},
                {"18446744073709551615K", -ERANGE},
                {"18446744073709551616", -ERANGE},
                {"1b", -EINVAL},
                {"1iB", -EINVAL},
                {"1Ki", -EINVAL},
                {"1kib", -EINVAL},
                {"1KK", -EINVAL},
                {"1KBB", -EINVAL},
                {"1KiBB", -EINVAL},
                {"1MK", -EINVAL},
                {"1P", -EINVAL},
                {"1 K", -EINVAL},
                {"1K ", -EINVAL},
                {"K", -EINVAL},
                {"KiB", -EINVAL},
                {"1.5K", -EINVAL},
                {"10%", -EINVAL},
        };

        check_u64(parse_size, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
}

static void duration(void **state)
{
        static const struct number_case good[] = {
                {"0", 0},
                {"0h", 0},
                {"1", NS_PER_S},
                {"30", 30 * NS_PER_S},
                {"0.5", NS_PER_S / 2},
                {"1ns", 1},
                {"1us", NS_PER_US},
                {"250ms", 250 * NS_PER_MS},
                {"1.5ms", 1500 * NS_PER_US},
                {"2s", 2 * NS_PER_S},
                {"1.000000001s", NS_PER_S + 1},
                {"0.1s", NS_PER_S / 10},
                {"0.3s", 3 * NS_PER_S / 10},
                {"2.675ms", 2675 * NS_PER_US},
                {"5m", 300 * NS_PER_S},
                {"1.5h", 5400 * NS_PER_S},
                {"24h", 86400 * NS_PER_S},
                /* rounded to the nearest nanosecond, halves up */
                {"0.4ns", 0},
                {"0.5ns", 1},
                {"0.6ns", 1},
                {"1.49999us", 1500},
                {"8000000000s", UINT64_C(8000000000) * NS_PER_S},
        };
        static const struct error_case bad[] = {
                {"9300000000s", -ERANGE}, /* 2^63 ns are 292 years */
                {"300000000000h", -ERANGE},
                {"1S", -EINVAL},
                {"1MS", -EINVAL},
                {"1M", -EINVAL},
                {"1H", -EINVAL},
                {"1min", -EINVAL},
                {"1sec", -EINVAL},
                {"1d", -EINVAL},
                {"1 s", -EINVAL},
                {"1s ", -EINVAL},
                {"1m30s", -EINVAL},
                {"1:30", -EINVAL},
                {"s", -EINVAL},
                {"ms", -EINVAL},
                {".5s", -EINVAL},
                {"5.s", -EINVAL},
                {"-1s", -EINVAL},
                {"1e3s", -EINVAL},
                {"infs", -EINVAL},
        };

        check_u64(parse_duration_ns, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
}

struct real_case {
        const char *text;
        double value;
};

static void check_real(int (*parse)(const char *, double *), const struct real_case *good,
        size_t n_good, const struct error_case *bad, size_t n_bad)
{
        double value;
        int r;

        for (size_t i = 0; i < n_good; i++) {
                value = -1;
                r = parse(good[i].text, &value);
                assert_case(r == 0, "\"%s\": %d", good[i].text, r);
                assert_case(fabs(value - good[i].value) <= 1e-15 * good[i].value, "\"%s\": %.17g",
                        good[i].text, value);
        }
        for (size_t i = 0; i < n_bad; i++) {
                value = -1;
                r = parse(bad[i].text, &value);
                assert_case(r == bad[i].error, "\"%s\": %d", bad[i].text, r);
                assert_case(value == -1, "\"%s\" touched the result", bad[i].text);
        }
        for (size_t i = 0; i < ARRAY_SIZE(never_numbers); i++) {
                value = -1;
                r = parse(never_numbers[i], &value);
                assert_case(r == -EINVAL && value == -1, "\"%s\": %d", never_numbers[i], r);
        }
        assert_int_equal(parse(nines_400, &value), -ERANGE);
}

static void number(void **state)
{
        static const struct real_case good[] = {
                {"0", 0},
                {"0.0", 0},
                {"1", 1},
                {"007", 7},
                {"0.1", 0.1},
                {"3.14159", 3.14159},
                {"1000000", 1e6},
                {"0.000001", 1e-6},
                {"18446744073709551616", 0x1p64},
                {"123456789.123456789", 123456789.123456789},
                {"100000000000000000000000000000000000000000000000000", 1e50},
        };
        static const struct error_case bad[] = {
                {"10%", -EINVAL},
                {"1s", -EINVAL},
                {"1k", -EINVAL},
                {"1f", -EINVAL},
                {"0x1p3", -EINVAL},
        };
        double value;
        int r;

        check_real(parse_number, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));

        /* A fraction too small to hold is refused or 0, never nan. */
        value = -1;
        r = parse_number(point_zeros_400, &value);
        assert_true(r == -ERANGE ? value == -1 : value >= 0 && value < 1e-300);
}

/* Correctly rounded for what people write: compare with the C library, over many texts. */
static void number_as_strtod(void **state)
{
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (int i = 0; i < 100000; i++) {
                int decimals = (int)rng_below(&rng, 7);
                char text[64];
                double value;

                snprintf(text, sizeof text, "%.*f", decimals,
                        rng_unit(&rng) * pow(10, (double)rng_below(&rng, 9)));
                assert_int_equal(parse_number(text, &value), 0);
                assert_case(value == strtod(text, NULL), "%s: %.17g", text, value);
        }
}

static void share(void **state)
{
        static const struct real_case good[] = {
                {"0", 0},
                {"0%", 0},
                {"1", 1},
                {"100%", 1},
                {"100.0%", 1},
                {"1.0", 1},
                {"0.1", 0.1},
                {"10%", 0.1},
                {"0.1%", 0.001},
                {"99.99%", 0.9999},
                {"33%", 0.33},
        };
        static const struct error_case bad[] = {
                {"1.0001", -ERANGE},
                {"2", -ERANGE},
                {"101%", -ERANGE},
                {"100.001%", -ERANGE},
                {"10 %", -EINVAL},
                {"10%%", -EINVAL},
                {"10% ", -EINVAL},
                {"%10", -EINVAL},
                {"-10%", -EINVAL},
                {".1", -EINVAL},
                {"1e-1", -EINVAL},
                {"10percent", -EINVAL},
        };

        check_real(parse_share, good, ARRAY_SIZE(good), bad, ARRAY_SIZE(bad));
}

static void boolean(void **state)
{
        static const char *const yes[] = {"yes", "true", "on", "1", "Yes", "TRUE", "oN"};
        static const char *const no[] = {"no", "false", "off", "0", "No", "FALSE", "oFF"};
        static const char *const bad[] = {"", "y", "n", "2", "01", "00", "10", " yes", "yes ",
                "onn", "of", "yesno", "nottrue", "-1", "disabled", "1.0"};
        bool value;

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                value = false;
                assert_case(parse_bool(yes[i], &value) == 0 && value, "%s", yes[i]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
                value = true;
                assert_case(parse_bool(no[i], &value) == 0 && !value, "%s", no[i]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                value = true;
                assert_case(parse_bool(bad[i], &value) == -EINVAL && value, "%s", bad[i]);
                value = false;
                assert_case(parse_bool(bad[i], &value) == -EINVAL && !value, "%s", bad[i]);
        }
}

static void range(void **state)
{
        static const struct {
                const char *text;
                int result;
                unsigned from, to;
        } cases[] = {
                {"1", 0, 1, 1},
                {"4", 0, 4, 4},
                {"1-4", 0, 1, 4},
                {"3-3", 0, 3, 3},
                {"007-010", 0, 7, 10},
                {"4294967295", 0, UINT_MAX, UINT_MAX},
                {"1-4294967295", 0, 1, UINT_MAX},
                {"0", -ERANGE, 0, 0},
                {"0-0", -ERANGE, 0, 0},
                {"0-4", -ERANGE, 0, 0},
                {"4-1", -ERANGE, 0, 0},
                {"4294967296", -ERANGE, 0, 0},
                {"1-4294967296", -ERANGE, 0, 0},
                {"4294967297-4294967298", -ERANGE, 0, 0},
                {"18446744073709551616", -ERANGE, 0, 0},
                {"1-18446744073709551617", -ERANGE, 0, 0},
                {"1-", -EINVAL, 0, 0},
                {"-4", -EINVAL, 0, 0},
                {"1--4", -EINVAL, 0, 0},
                {"1-4-5", -EINVAL, 0, 0},
                {"1 - 4", -EINVAL, 0, 0},
                {"1..4", -EINVAL, 0, 0},
                {"1,4", -EINVAL, 0, 0},
                {"1-x", -EINVAL, 0, 0},
                {"1-4x", -EINVAL, 0, 0},
        };
        unsigned from, to;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                bool good = cases[i].result == 0;
                int r;

                from = to = 4711;
                r = parse_range(cases[i].text, &from, &to);
                assert_case(r == cases[i].result, "\"%s\": %d", cases[i].text, r);
                assert_int_equal(from, good ? cases[i].from : 4711);
                assert_int_equal(to, good ? cases[i].to : 4711);
        }
        for (size_t i = 0; i < ARRAY_SIZE(never_numbers); i++)
                assert_case(parse_range(never_numbers[i], &from, &to) == -EINVAL, "\"%s\"",
                        never_numbers[i]);
}

/* The definition as a recursion: slow, but nothing like the table in parse.c. */
static unsigned distance_by_definition(const char *a, size_t la, const char *b, size_t lb)
{
        unsigned best;

        if (la == 0 || lb == 0)
                return (unsigned)(la + lb);
        if (a[la - 1] == b[lb - 1])
                return distance_by_definition(a, la - 1, b, lb - 1);
        best = MIN(
                distance_by_definition(a, la - 1, b, lb), distance_by_definition(a, la, b, lb - 1));
        best = MIN(best, distance_by_definition(a, la - 1, b, lb - 1));
        if (la > 1 && lb > 1 && a[la - 1] == b[lb - 2] && a[la - 2] == b[lb - 1])
                best = MIN(best, distance_by_definition(a, la - 2, b, lb - 2));
        return best + 1;
}

static void distance(void **state)
{
        static const struct {
                const char *a, *b;
                unsigned distance;
        } cases[] = {
                {"", "", 0},
                {"", "rate", 4},
                {"rate", "rate", 0},
                {"rate", "rat", 1},
                {"rate", "rates", 1},
                {"rate", "rote", 1},
                {"rate", "rtae", 1},
                {"rate", "arte", 1},
                {"rate", "Rate", 1},
                {"kitten", "sitting", 3},
                {"think", "threads", 5},
                {"max-in-flight", "max-inflight", 1},
                {"duration", "durtaion", 1},
                {"abc", "xyz", 3},
        };
        struct rng rng;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_int_equal(parse_distance(cases[i].a, cases[i].b), cases[i].distance);
                assert_int_equal(parse_distance(cases[i].b, cases[i].a), cases[i].distance);
        }

        rng_init(&rng, 1, 0);
        for (int i = 0; i < 3000; i++) {
                char words[2][7] = {};
                size_t lengths[2];
                unsigned d;

                for (int w = 0; w < 2; w++) {
                        lengths[w] = (size_t)rng_below(&rng, sizeof words[w]);
                        for (size_t c = 0; c < lengths[w]; c++)
                                words[w][c] = (char)('a' + rng_below(&rng, 3));
                }
                d = parse_distance(words[0], words[1]);
                assert_int_equal(
                        d, distance_by_definition(words[0], lengths[0], words[1], lengths[1]));
        }
}

static void distance_of_long_words(void **state)
{
        char a[200], b[200];

        memset(a, 'a', sizeof a);
        memset(b, 'a', sizeof b);
        a[199] = b[199] = '\0';
        b[150] = 'b'; /* behind the cut */
        assert_int_equal(parse_distance(a, b), 0);
        b[62] = 'b'; /* the last one that counts */
        assert_int_equal(parse_distance(a, b), 1);
        assert_int_equal(parse_distance(a, ""), 63);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(u64),
                cmocka_unit_test(size),
                cmocka_unit_test(duration),
                cmocka_unit_test(number),
                cmocka_unit_test(number_as_strtod),
                cmocka_unit_test(share),
                cmocka_unit_test(boolean),
                cmocka_unit_test(range),
                cmocka_unit_test(distance),
                cmocka_unit_test(distance_of_long_words),
        };

        return cmocka_run_group_tests_name("parse", tests, make_long_texts, NULL);
}
