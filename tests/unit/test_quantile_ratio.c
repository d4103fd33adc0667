/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Percentiles of two histograms, divided. How often their intervals are right is in
 * test_compare_noise.
 */
#include "unit.h"

#include "macro.h"
#include "quantile_ratio.h"

#include <string.h>

enum {
        SECONDS = 30,
};

/* 30 seconds of so many values each, evenly from `from` ms up to double that, in seconds that are
 * slower by turns. */
struct window {
        struct hist hist;
        double sums[SECONDS], counts[SECONDS];
        struct series series;
        struct sample means;
        struct tail tail;
};

static struct window *make(double from_ms, unsigned each, double by_turns)
{
        struct window *w = calloc(1, sizeof *w);

        assert_non_null(w);
        for (unsigned s = 0; s < SECONDS; s++) {
                double slow = 1 + (s * 7 % 5 < 2 ? by_turns : 0) + 0.01 * (s * 11 % 7);

                for (unsigned i = 0; i < each; i++) {
                        double ms = from_ms * slow * (1 + (i + 0.5) / each);

                        hist_record(&w->hist, (uint64_t)(ms * 1e6));
                        w->sums[s] += ms;
                        w->counts[s]++;
                }
        }
        w->series = (struct series){w->sums, w->counts, SECONDS};
        w->means = (struct sample){&w->series, 1};
        w->tail = (struct tail){&w->hist, &w->means};
        return w;
}

static struct interval divide(const struct window *after, const struct window *before, double q)
{
        struct interval ratio;

        assert_int_equal(quantile_ratio(&ratio, &after->tail, &before->tail, q), 0);
        return ratio;
}

static double width(const struct interval *i)
{
        assert_null(i->missing);
        return log(i->high / i->low);
}

static void test_figure(void **state)
{
        struct window *a = make(3, 100, 0), *b = make(2, 100, 0);
        struct interval ratio = divide(a, b, 0.95), back = divide(b, a, 0.95);

        assert_null(ratio.missing);
        assert_near(ratio.estimate, 1.5, 0.02);
        assert_true(ratio.low < 1.5 && ratio.high > 1.5);
        assert_true(ratio.low > 1.4 && ratio.high < 1.6);
        assert_int_equal(ratio.repeats, 1);
        assert_true(ratio.blocks > 0);
        /* The other way round it is the inverse. */
        assert_near(back.low, 1 / ratio.high, 1e-9);
        assert_near(back.high, 1 / ratio.low, 1e-9);
        free(a);
        free(b);
}

/* A percentile is only known to lie in a bucket: two that are neighbours do not stand out. */
static void test_resolution(void **state)
{
        struct window *a = make(2, 20000, 0), *b = make(2, 20000, 0);
        struct interval ratio;

        b->hist = (struct hist){0};
        a->hist = (struct hist){0};
        for (unsigned i = 0; i < 1000; i++) {
                hist_record(&a->hist, hist_upper_ns(1000));
                hist_record(&b->hist, hist_upper_ns(999));
        }
        ratio = divide(a, b, 0.5);
        assert_true(ratio.estimate > 1);
        assert_true(ratio.low < 1 && ratio.high > 1);
        free(a);
        free(b);
}

/* Slow seconds that come together make a percentile less sure, and few values do. */
static void test_width(void **state)
{
        struct window *even = make(2, 200, 0), *uneven = make(2, 200, 1), *few = make(2, 20, 0);
        struct interval of_even = divide(even, even, 0.95),
                        of_uneven = divide(uneven, uneven, 0.95), of_few = divide(few, few, 0.95);

        assert_true(width(&of_uneven) > width(&of_even));
        assert_true(width(&of_few) > width(&of_even));
        free(even);
        free(uneven);
        free(few);
}

/* 60 values say nothing of the 99th percentile but that it is not below some of them. */
static void test_open_end(void **state)
{
        struct window *few = make(2, 2, 0), *many = make(2, 500, 0);
        struct interval ratio = divide(few, many, 0.99);

        assert_null(ratio.missing);
        assert_true(isinf(ratio.high) && ratio.low > 0 && ratio.low < 1);
        ratio = divide(many, few, 0.99);
        assert_null(ratio.missing);
        assert_near(ratio.low, 0, 0);
        assert_true(isfinite(ratio.high) && ratio.high > 1);
        ratio = divide(few, few, 0.99);
        assert_string_equal(ratio.missing, "too few operations for it, or it wavers too much");
        assert_near(ratio.estimate, 1, 0);
        free(few);
        free(many);
}

static void test_nothing(void **state)
{
        struct window *a = make(2, 100, 0), *none = make(2, 0, 0), *no_series = make(2, 100, 0);

        no_series->means.n = 0;
        assert_string_equal(divide(a, none, 0.5).missing, "nothing was measured");
        assert_string_equal(divide(none, a, 0.5).missing, "nothing was measured");
        assert_string_equal(divide(none, none, 0.5).missing, "nothing was measured");
        assert_string_equal(divide(a, no_series, 0.5).missing, "nothing was measured");
        /* A window without readings has a sample of one. */
        no_series->means.n = 1;
        no_series->series.n = 1;
        assert_non_null(divide(a, no_series, 0.5).missing);
        assert_near(divide(a, no_series, 0.5).estimate, 1, 0);
        free(a);
        free(none);
        free(no_series);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_figure),
                cmocka_unit_test(test_resolution),
                cmocka_unit_test(test_width),
                cmocka_unit_test(test_open_end),
                cmocka_unit_test(test_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
