/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "bootstrap.h"
#include "macro.h"
#include "rng.h"

#include <string.h>

enum {
        MOST_REPEATS = 10,
        MOST_READINGS = 120,
};

/* A sample whose readings lie in one piece of memory. */
struct made {
        struct series repeats[MOST_REPEATS];
        double sums[MOST_REPEATS][MOST_READINGS], counts[MOST_REPEATS][MOST_READINGS];
        struct sample sample;
};

static double normal(struct rng *rng)
{
        return sqrt(rng_exponential(rng, 2)) * cos(2 * M_PI * rng_unit(rng));
}

/* Readings of one second about `level`: the repeats' own levels vary by `between`, readings by 1
 * about these, and each keeps `alike` of how far the one before was off. */
static void make(struct made *made, struct rng *rng, size_t repeats, size_t n, double level,
        double between, double alike)
{
        *made = (struct made){.sample = {.repeats = made->repeats, .n = repeats}};
        for (size_t r = 0; r < repeats; r++) {
                double own = level + between * normal(rng), off = normal(rng);

                for (size_t i = 0; i < n; i++) {
                        made->sums[r][i] = own + off;
                        made->counts[r][i] = 1;
                        off = alike * off + sqrt(1 - alike * alike) * normal(rng);
                }
                made->repeats[r] = (struct series){made->sums[r], made->counts[r], n};
        }
}

static struct interval mean_interval(struct made *made)
{
        struct interval interval;

        assert_int_equal(bootstrap_mean(&interval, &made->sample), 0);
        return interval;
}

static struct interval ratio_interval(struct made *after, struct made *before)
{
        struct interval interval;

        assert_int_equal(bootstrap_ratio(&interval, &after->sample, &before->sample), 0);
        return interval;
}

static void assert_missing(const struct interval *interval, const char *reason)
{
        assert_non_null(interval->missing);
        assert_case(strstr(interval->missing, reason), "got \"%s\", not \"%s\"", interval->missing,
                reason);
        assert_true(isnan(interval->low));
        assert_true(isnan(interval->high));
        assert_true(isnan(interval_variation(interval)));
        assert_true(isnan(interval_noise(interval)));
}

/* ---- tests ---- */

static void the_same_data_give_the_same_interval(void **state)
{
        static struct made a, b;
        struct interval first, second;
        struct rng rng;

        rng_init(&rng, 1, 1);
        make(&a, &rng, 3, 40, 100, 1, 0.3);
        make(&b, &rng, 2, 60, 90, 1, 0);
        first = mean_interval(&a);
        second = mean_interval(&a);
        assert_null(first.missing);
        assert_true(first.low == second.low && first.high == second.high);
        first = ratio_interval(&a, &b);
        second = ratio_interval(&a, &b);
        assert_null(first.missing);
        assert_true(first.low == second.low && first.high == second.high);
}

static void what_does_not_vary_has_no_width(void **state)
{
        static struct made made;
        struct interval interval;

        make(&made, &(struct rng){{1, 2, 3, 4}}, 2, 30, 100, 0, 0);
        for (size_t r = 0; r < 2; r++)
                for (size_t i = 0; i < 30; i++)
                        made.sums[r][i] = 5;
        interval = mean_interval(&made);
        assert_null(interval.missing);
        assert_near(interval.estimate, 5, 1e-12);
        assert_near(interval.low, 5, 1e-12);
        assert_near(interval.high, 5, 1e-12);
        assert_near(interval_variation(&interval), 0, 1e-12);
}

/* In how many of 200 samples the true level is inside, and how wide the intervals are in the mean,
 * as a share of that for a mean whose standard error is known. */
static void assert_covers(size_t repeats, size_t n, double between, double alike, double least,
        double narrowest, double widest)
{
        static struct made made;
        enum {
                SAMPLES = 200,
        };
        double inside = 0, width = 0, variance = 1, have = 0;
        struct rng rng;

        for (size_t k = 1; k < n; k++)
                variance += 2 * (1 - (double)k / (double)n) * pow(alike, (double)k);
        variance = (variance / (double)n + between * between) / (double)repeats;
        rng_init(&rng, 20, repeats);
        for (int i = 0; i < SAMPLES; i++) {
                struct interval interval;

                make(&made, &rng, repeats, n, 100, between, alike);
                interval = mean_interval(&made);
                if (interval.missing)
                        continue;
                have++;
                inside += interval.low <= 100 && 100 <= interval.high;
                width += interval.high - interval.low;
        }
        width /= have * 2 * 1.96 * sqrt(variance);
        /* Where readings are much alike, some series look as if they only rose or fell. */
        assert_true(have >= (alike < 0.7 ? 1 : 0.95) * SAMPLES);
        assert_case(inside >= least * have && width >= narrowest && width <= widest,
                "%zu repeats of %zu, %g between, %g alike: %g inside, %g wide", repeats, n, between,
                alike, inside / have, width);
}

static void the_truth_is_mostly_inside(void **state)
{
        assert_covers(1, 60, 0, 0, 0.92, 0.95, 1.25);
        /* Drawn one by one, readings that are so alike would make it half as wide. */
        assert_covers(1, 120, 0, 0.6, 0.92, 0.95, 1.3);
        /* By what blocks show alone, 0.89 are inside, of intervals 1.05 wide. */
        assert_covers(1, 120, 0, 0.8, 0.92, 1.15, 1.4);
        assert_covers(3, 30, 0, 0.3, 0.92, 1, 1.5);
        assert_covers(3, 30, 2, 0, 0.85, 1.2, 2.2);
        assert_covers(5, 30, 2, 0, 0.87, 1, 1.5);
}

/* The cube root of the length, and longer where readings are alike. */
static void blocks_are_as_long_as_what_goes_on(void **state)
{
        static struct made made;
        struct rng rng;

        rng_init(&rng, 3, 3);
        make(&made, &rng, 1, 27, 100, 0, 0);
        assert_int_equal(bootstrap_block_length(&made.sample), 3);
        make(&made, &rng, 4, 120, 100, 0, 0);
        assert_int_equal(bootstrap_block_length(&made.sample), 5);
        make(&made, &rng, 4, 120, 100, 0, 0.8);
        assert_in_range(bootstrap_block_length(&made.sample), 10, 20);
        assert_int_equal(bootstrap_block_length(&(struct sample){0}), 1);
}

/* Steadily up: there are no two blocks that could change places. */
static void what_only_rises_has_no_interval(void **state)
{
        static struct made made;
        struct interval interval;

        make(&made, &(struct rng){{1, 2, 3, 4}}, 1, 60, 100, 0, 0);
        for (size_t i = 0; i < 60; i++)
                made.sums[0][i] = (double)i;
        interval = mean_interval(&made);
        assert_missing(&interval, "too few blocks");
        assert_near(interval.estimate, 29.5, 1e-12);
}

static void too_little_gives_no_interval(void **state)
{
        static struct made made;
        struct interval interval;
        struct rng rng;

        rng_init(&rng, 4, 4);
        make(&made, &rng, 0, 0, 0, 0, 0);
        interval = mean_interval(&made);
        assert_missing(&interval, "nothing was measured");
        assert_true(isnan(interval.estimate));

        make(&made, &rng, 1, 10, 100, 0, 0);
        interval = mean_interval(&made);
        assert_missing(&interval, "too few blocks");
        assert_near(interval.estimate, 100, 2);

        make(&made, &rng, 2, 1, 100, 0, 0);
        interval = mean_interval(&made);
        assert_missing(&interval, "too few blocks");

        /* Responses to divide by in the first two seconds only. */
        make(&made, &rng, 1, 60, 100, 0, 0);
        memset(&made.counts[0][2], 0, 58 * sizeof(double));
        memset(&made.sums[0][2], 0, 58 * sizeof(double));
        interval = mean_interval(&made);
        assert_missing(&interval, "too little was counted");
}

/* A file may hold any number. */
static void figures_out_of_all_range(void **state)
{
        static struct made made;
        struct interval interval;
        struct rng rng;

        rng_init(&rng, 9, 9);
        make(&made, &rng, 1, 60, 100, 0, 0);
        for (size_t i = 0; i < 60; i++)
                made.sums[0][i] *= 1e200;
        interval = mean_interval(&made);
        assert_true(interval.low < interval.estimate && interval.estimate < interval.high);
        assert_true(isfinite(interval.low) && isfinite(interval.high));
        made.sums[0][7] = 1e308;
        interval = mean_interval(&made);
        if (interval.missing)
                assert_true(isnan(interval.low) && isnan(interval.high));
        else
                assert_true(isfinite(interval.low) && isfinite(interval.high));
        made.sums[0][7] = INFINITY;
        interval = mean_interval(&made);
        assert_missing(&interval, "nothing was measured");
}

/* Single figures of repeats. Student's interval for 9, 10, 11 is 10 +- 2.48. */
static void repeats_without_blocks(void **state)
{
        static struct made made;
        struct interval interval;

        make(&made, &(struct rng){{1, 2, 3, 4}}, 3, 1, 0, 0, 0);
        for (size_t r = 0; r < 3; r++)
                made.sums[r][0] = 9 + (double)r;
        interval = mean_interval(&made);
        assert_null(interval.missing);
        assert_int_equal(interval.repeats, 3);
        assert_int_equal(interval.blocks, 0);
        assert_near(interval.estimate, 10, 1e-12);
        assert_near(interval.low, 7.5, 0.3);
        assert_near(interval.high, 12.5, 0.3);
        /* A deviation of 1, by the root of 3. */
        assert_near(interval.error, 1 / sqrt(3), 0.02);
        assert_near(interval_noise(&interval), 1.96 / sqrt(3) / 10, 0.004);
}

/* Twice the figures are twice the error, and as much noise. */
static void noise_is_a_share(void **state)
{
        static struct made made;
        struct interval once, twice;
        struct rng rng;

        rng_init(&rng, 10, 10);
        make(&made, &rng, 2, 60, 100, 3, 0);
        once = mean_interval(&made);
        for (size_t r = 0; r < 2; r++)
                for (size_t i = 0; i < 60; i++)
                        made.sums[r][i] *= 2;
        twice = mean_interval(&made);
        assert_near(twice.error, 2 * once.error, 1e-9);
        assert_near(interval_noise(&twice), interval_noise(&once), 1e-9);
        /* Two repeats hardly tell how much repeats differ. */
        assert_true(interval_variation(&once) > 2 * interval_noise(&once));
        once = ratio_interval(&made, &made);
        assert_null(once.missing);
        assert_true(isnan(interval_noise(&once)));
}

/* Three windows that are steady in themselves, but of which each is different. */
static void repeats_that_differ_widen_the_interval(void **state)
{
        static struct made alike, different;
        struct interval narrow, wide;
        struct rng rng;

        rng_init(&rng, 5, 5);
        make(&alike, &rng, 3, 60, 100, 0, 0);
        different = alike;
        different.sample.repeats = different.repeats;
        for (size_t r = 0; r < 3; r++) {
                different.repeats[r].sums = different.sums[r];
                for (size_t i = 0; i < 60; i++)
                        different.sums[r][i] += 3 * (double)r;
        }
        narrow = mean_interval(&alike);
        wide = mean_interval(&different);
        assert_true(narrow.high - narrow.low < 0.6);
        /* Student's for 100, 103, 106 is 103 +- 7.5. */
        assert_near(wide.high - wide.low, 15, 3);
        assert_int_equal(narrow.blocks, wide.blocks);
        assert_int_equal(narrow.blocks, 45);
        assert_int_equal(narrow.block_length, 4);
}

/* An average response time: the seconds with more responses weigh more. */
static void the_figure_is_a_quotient_of_sums(void **state)
{
        static struct made made;
        struct interval interval;

        make(&made, &(struct rng){{1, 2, 3, 4}}, 1, 60, 0, 0, 0);
        for (size_t i = 0; i < 60; i++) {
                made.counts[0][i] = i % 2 ? 30 : 10;
                made.sums[0][i] = made.counts[0][i] * (i % 2 ? 2 : 6);
        }
        interval = mean_interval(&made);
        assert_null(interval.missing);
        assert_near(interval.estimate, 3, 1e-12);
        assert_true(interval.low <= 3 && 3 <= interval.high);
        assert_true(interval.low > 2 && interval.high < 5);
}

static void ratios(void **state)
{
        static struct made hundred, more, same, zero;
        struct interval interval, turned;
        struct rng rng;

        rng_init(&rng, 6, 6);
        make(&hundred, &rng, 1, 60, 100, 0, 0);
        make(&more, &rng, 3, 60, 110, 0, 0);
        make(&same, &rng, 2, 60, 100, 0, 0);
        interval = ratio_interval(&more, &hundred);
        turned = ratio_interval(&hundred, &more);
        assert_null(interval.missing);
        assert_near(interval.estimate, 1.1, 0.01);
        assert_true(interval.low > 1.09 && interval.high < 1.11);
        assert_true(interval.low < interval.estimate && interval.estimate < interval.high);
        assert_near(turned.low, 1 / interval.high, 0.0005);
        assert_near(turned.high, 1 / interval.low, 0.0005);
        assert_int_equal(interval.repeats, 1);
        assert_int_equal(interval.blocks, 15);

        interval = ratio_interval(&same, &hundred);
        assert_true(interval.low < 1 && 1 < interval.high);
        interval = ratio_interval(&hundred, &hundred);
        assert_near(interval.estimate, 1, 0);
        assert_true(interval.low < 1 && 1 < interval.high);

        make(&zero, &rng, 1, 60, 0, 0, 0);
        for (size_t i = 0; i < 60; i++)
                zero.sums[0][i] = 0;
        interval = ratio_interval(&zero, &hundred);
        assert_missing(&interval, "too near to nothing");
        assert_near(interval.estimate, 0, 0);
        interval = ratio_interval(&hundred, &zero);
        assert_missing(&interval, "nothing was measured");
        assert_true(isnan(interval.estimate));
}

/* Two samples of the same kind differ by more than the noise in about one of twenty. */
static void chance_seldom_stands_out(void **state)
{
        static struct made a, b;
        struct rng rng;
        int out = 0;

        rng_init(&rng, 7, 7);
        for (int i = 0; i < 150; i++) {
                struct interval interval;

                make(&a, &rng, 2, 45, 100, 0, 0.2);
                make(&b, &rng, 2, 45, 100, 0, 0.2);
                interval = ratio_interval(&a, &b);
                assert_null(interval.missing);
                out += interval.low > 1 || interval.high < 1;
        }
        assert_case(out <= 15, "%d of 150", out);
}

static void a_ratio_needs_both(void **state)
{
        static struct made few, enough;
        struct interval interval;
        struct rng rng;

        rng_init(&rng, 8, 8);
        make(&enough, &rng, 1, 60, 100, 0, 0);
        make(&few, &rng, 1, 8, 110, 0, 0);
        interval = ratio_interval(&few, &enough);
        assert_missing(&interval, "too few blocks");
        assert_near(interval.estimate, 1.1, 0.02);
        make(&few, &rng, 0, 0, 0, 0, 0);
        interval = ratio_interval(&enough, &few);
        assert_missing(&interval, "nothing was measured");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_same_data_give_the_same_interval),
                cmocka_unit_test(what_does_not_vary_has_no_width),
                cmocka_unit_test(the_truth_is_mostly_inside),
                cmocka_unit_test(blocks_are_as_long_as_what_goes_on),
                cmocka_unit_test(what_only_rises_has_no_interval),
                cmocka_unit_test(too_little_gives_no_interval),
                cmocka_unit_test(figures_out_of_all_range),
                cmocka_unit_test(repeats_without_blocks),
                cmocka_unit_test(noise_is_a_share),
                cmocka_unit_test(repeats_that_differ_widen_the_interval),
                cmocka_unit_test(the_figure_is_a_quotient_of_sums),
                cmocka_unit_test(ratios),
                cmocka_unit_test(chance_seldom_stands_out),
                cmocka_unit_test(a_ratio_needs_both),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
