/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands out, of many pairs of runs that are made up: hardly ever anything if nothing differs,
 * nearly always what does. Seeds are fixed: a failure is a changed method, never bad luck.
 */
#include "unit.h"

#include "macro.h"
#include "made_up_run.h"

enum {
        PAIRS = 100,
};

/* How often each figure of all comparisons stood out, or might, how often it did for sure, and how
 * often it was not judged. */
struct tally {
        unsigned out[COMPARE_NAMES][COMPARE_METRICS], sure[COMPARE_NAMES][COMPARE_METRICS],
                missing[COMPARE_NAMES][COMPARE_METRICS];
};

static void add(struct tally *tally, const struct compare_row *row)
{
        for (size_t name = 0; name < COMPARE_NAMES; name++)
                for (size_t m = 0; m < COMPARE_METRICS; m++) {
                        const struct compare_figure *figure = &row->figures[name][m];

                        tally->out[name][m] += compare_verdict(figure) >= COMPARE_MAYBE;
                        tally->sure[name][m] += compare_verdict(figure) == COMPARE_YES;
                        tally->missing[name][m] += figure->ratio.missing != NULL;
                }
}

/* Sanitizers make this take minutes. The figures are the same in every build, and memory is as well
 * or badly used by a few pairs. */
static unsigned pairs(void)
{
        const char *factor = getenv("TILELOAD_TEST_SLOWDOWN");

        return factor && atoi(factor) > 1 ? 5 : PAIRS;
}

static void play(struct tally *tally, const struct made_up *before, const struct made_up *after,
        uint64_t seed)
{
        struct rng rng;

        *tally = (struct tally){0};
        rng_init(&rng, seed, 0);
        for (unsigned i = 0; i < pairs(); i++) {
                struct compared_run a, b;
                struct comparison c;

                made_up_run(&a, before, &rng);
                made_up_run(&b, after, &rng);
                assert_int_equal(compare_make(&c, &a, &b), 0);
                assert_int_equal(c.n_rows, 1);
                add(tally, &c.rows[0]);
                comparison_free(&c);
                compared_run_free(&a);
                compared_run_free(&b);
        }
        if (pairs() < PAIRS)
                skip();
}

/* What readings or histograms tell of a single window. */
static const struct {
        size_t name, metric;
} figures[] = {{COMPARE_TOTAL, COMPARE_RATE}, {5, COMPARE_RATE}, {COMPARE_WEB1, COMPARE_AVERAGE},
        {COMPARE_WEB1, COMPARE_P50}, {COMPARE_WEB1, COMPARE_P95}, {COMPARE_WEB1, COMPARE_P99}};

static const struct made_up typical = {
        .windows = 1,
        .seconds = 40,
        .rate = 200,
        .mean_ms = 3,
        .work = 5000,
        .waver = 0.05,
        .alike = 0.4,
};

/* Nothing differs. Returns how many of all these stand out, in per cent: 5 by chance. */
static double share_out(const struct tally *tally)
{
        unsigned out = 0;

        for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
                size_t name = figures[i].name, metric = figures[i].metric;

                print_message("%s.%s: %u of %d stand out, %u have no interval\n",
                        compare_names[name], compare_metrics[metric], tally->out[name][metric],
                        PAIRS, tally->missing[name][metric]);
                /* Some readings are so much alike that they make too few blocks. */
                assert_true(tally->missing[name][metric] < 0.1 * PAIRS);
                assert_true(tally->out[name][metric] < 0.16 * PAIRS);
                out += tally->out[name][metric];
        }
        return 100.0 * out / (ARRAY_SIZE(figures) * PAIRS);
}

static void test_no_difference(void **state)
{
        struct tally tally;
        double share;

        play(&tally, &typical, &typical, 1);
        share = share_out(&tally);
        assert_true(share > 1 && share < 8);
}

/* Readings that are much like the ones before them, and far from the average. */
static void test_no_difference_on_an_uneven_host(void **state)
{
        struct made_up uneven = typical;
        struct tally tally;

        uneven.waver = 0.2;
        uneven.alike = 0.6;
        uneven.seconds = 60;
        play(&tally, &uneven, &uneven, 2);
        assert_true(share_out(&tally) < 10);
}

static void test_ten_per_cent(void **state)
{
        struct made_up slower = typical;
        struct tally tally;

        slower.mean_ms *= 1.1;
        slower.rate *= 0.9;
        slower.work *= 0.9;
        play(&tally, &typical, &slower, 3);
        assert_true(tally.out[COMPARE_TOTAL][COMPARE_RATE] > 0.95 * PAIRS);
        assert_true(tally.out[5][COMPARE_RATE] > 0.95 * PAIRS);
        assert_true(tally.out[COMPARE_WEB1][COMPARE_AVERAGE] > 0.95 * PAIRS);
        assert_true(tally.out[COMPARE_WEB1][COMPARE_P50] > 0.9 * PAIRS);
        assert_true(tally.out[COMPARE_WEB1][COMPARE_P95] > 0.6 * PAIRS);
        /* 80 of 8000 requests are above it. */
        assert_true(tally.out[COMPARE_WEB1][COMPARE_P99] > 0.3 * PAIRS);
}

/* What differs from window to window is in the intervals if there are several windows, and only
 * then. */
static void test_windows(void **state)
{
        struct made_up apart = typical;
        struct tally one, four;

        apart.apart = 0.04;
        apart.seconds = 20;
        play(&one, &apart, &apart, 4);
        apart.windows = 4;
        play(&four, &apart, &apart, 5);
        assert_true(one.out[5][COMPARE_RATE] > 0.3 * PAIRS);
        assert_int_equal(one.sure[5][COMPARE_RATE], 0);
        assert_int_equal(four.sure[5][COMPARE_RATE], four.out[5][COMPARE_RATE]);
        assert_true(four.out[5][COMPARE_RATE] < 0.12 * PAIRS);
        assert_true(four.out[COMPARE_WEB1][COMPARE_P99] < 0.12 * PAIRS);
        assert_int_equal(one.missing[5][COMPARE_CPU], PAIRS);
        assert_int_equal(four.missing[5][COMPARE_CPU], 0);
        assert_true(four.out[5][COMPARE_CPU] < 0.12 * PAIRS);
        assert_true(four.out[COMPARE_TOTAL][COMPARE_CPU] < 0.12 * PAIRS);
}

/* Few seconds make the 99th percentile, and not every window has one of them. */
static void test_stalls(void **state)
{
        struct made_up stalls = typical;
        struct tally tally;

        stalls.windows = 4;
        stalls.seconds = 15;
        stalls.stall = 0.02;
        play(&tally, &stalls, &stalls, 6);
        share_out(&tally);
        assert_true(tally.out[COMPARE_WEB1][COMPARE_P99] < 0.08 * PAIRS);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_no_difference),
                cmocka_unit_test(test_no_difference_on_an_uneven_host),
                cmocka_unit_test(test_ten_per_cent),
                cmocka_unit_test(test_windows),
                cmocka_unit_test(test_stalls),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
