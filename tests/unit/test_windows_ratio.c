/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quotients by whole windows. How often their intervals are right is in test_compare_noise.
 */
#include "unit.h"

#include "macro.h"
#include "samples.h"
#include "windows_ratio.h"

static struct sample sample_of(const double *figures, size_t n)
{
        struct sample sample = {0};

        for (size_t i = 0; i < n; i++)
                assert_int_equal(sample_add_figure(&sample, figures[i]), 0);
        return sample;
}

static struct interval widen(struct interval ratio, const double *after, size_t n_after,
        const double *before, size_t n_before)
{
        struct sample a = sample_of(after, n_after), b = sample_of(before, n_before);

        windows_widen(&ratio, &a, &b);
        sample_fini(&a);
        sample_fini(&b);
        return ratio;
}

static const struct interval narrow = {.estimate = 2, .low = 1.99, .high = 2.01, .repeats = 3};

/* Logarithms are 0.1 apart: the variance of each mean is 0.01 / 3, with 4 degrees of freedom in
 * all, of which Student's t is 2.776. */
static void test_width(void **state)
{
        const double after[] = {2, 2 * exp(0.1), 2 * exp(-0.1)},
                     before[] = {1, exp(0.1), exp(-0.1)};
        struct interval ratio = widen(narrow, after, 3, before, 3);
        double width = exp(2.7764 * sqrt(0.02 / 3));

        assert_near(ratio.low, 2 / width, 1e-4);
        assert_near(ratio.high, 2 * width, 1e-4);
        assert_near(ratio.estimate, 2, 0);
}

/* A single stall is most of the mean of all: the windows' middle is elsewhere, and inside. */
static void test_a_stall(void **state)
{
        const double after[] = {1, 1, 100, 1}, before[] = {1, 1.1, 0.9, 1};
        struct interval ratio = {.estimate = 25, .low = 24, .high = 26, .repeats = 4};

        ratio = widen(ratio, after, 4, before, 4);
        assert_true(ratio.low < 1 && ratio.high > 26);
}

static void test_only_wider(void **state)
{
        const double same[] = {3, 3, 3, 3};
        struct interval ratio = {.estimate = 1, .low = 0, .high = INFINITY, .repeats = 4};

        ratio = widen(ratio, same, 4, same, 4);
        assert_near(ratio.low, 0, 0);
        assert_true(isinf(ratio.high));
        ratio = widen((struct interval){.estimate = 1, .low = 0.9, .high = 1.1}, same, 4, same, 3);
        assert_near(ratio.low, 0.9, 0);
        assert_near(ratio.high, 1.1, 0);
}

static void test_too_few(void **state)
{
        const double figures[] = {1, 2, 3};
        struct interval ratio = widen(narrow, figures, 3, figures, 2);

        assert_near(ratio.low, 1.99, 0);
        ratio = interval_missing("too little");
        ratio.estimate = 1;
        assert_non_null(widen(ratio, figures, 2, figures, 3).missing);
}

static void test_no_other_interval(void **state)
{
        const double figures[] = {1, 2, 3}, none[] = {0, 1, 2};
        struct interval ratio = interval_missing("it wavers too much");

        assert_non_null(widen(ratio, figures, 3, figures, 3).missing); /* no estimate either */
        ratio.estimate = 1;
        assert_non_null(widen(ratio, figures, 3, none, 3).missing); /* no logarithm */
        ratio = widen(ratio, figures, 3, figures, 3);
        assert_null(ratio.missing);
        assert_int_equal(ratio.repeats, 3);
        assert_true(ratio.low > 0 && ratio.low < 1 && ratio.high > 1 && ratio.high < 10);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_width),
                cmocka_unit_test(test_a_stall),
                cmocka_unit_test(test_only_wider),
                cmocka_unit_test(test_too_few),
                cmocka_unit_test(test_no_other_interval),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
