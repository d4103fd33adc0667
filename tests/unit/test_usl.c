/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fits' expected values were computed with scipy.optimize.least_squares (method trf, bounds of
 * 0 below, tolerances 1e-15) of SciPy 1.10.1 from Debian 12.
 */
#include "unit.h"

#include "macro.h"
#include "usl.h"

#include <errno.h>

/* relative */
#define assert_close(value, expected) assert_near(value, expected, 2e-7 * fabs(expected))

/* SPEC SDM 91 on a SPARCcenter 2000, as in N. J. Gunther, "Guerrilla Capacity Planning", 2007. The
 * package usl for GNU R publishes 89.9952330, 0.0277285 and 0.0001044 for it. */
static const double spec_n[] = {1, 18, 36, 72, 108, 144, 216};
static const double spec_x[] = {64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775.0, 1702.2};

/* A ray tracer on an Origin 2000, of the same book. The best kappa of all is -0.0002. */
static const double ray_n[] = {1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64};
static const double ray_x[] = {20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310};

static void throughput_that_falls_in_the_end(void **state)
{
        struct usl usl;

        assert_int_equal(usl_fit(&usl, spec_n, spec_x, ARRAY_SIZE(spec_n)), 0);
        assert_close(usl.lambda, 89.995233);
        assert_close(usl.sigma, 0.02772847555);
        assert_close(usl.kappa, 0.0001043654839);
        assert_close(usl.r_squared, 0.9895614781);
        assert_close(usl.peak_n, 96.51956094);
        assert_close(usl.peak_x, 1883.898996);
        assert_false(usl.bounded);
        assert_int_equal(usl.n_distinct, 7);
        assert_near(usl.largest_n, 216, 0);
        assert_near(usl_at(&usl, 1), usl.lambda, 1e-9);
}

static void coherency_is_not_negative(void **state)
{
        struct usl usl;

        assert_int_equal(usl_fit(&usl, ray_n, ray_x, ARRAY_SIZE(ray_n)), 0);
        assert_close(usl.lambda, 21.84884295);
        assert_close(usl.sigma, 0.05777078109);
        assert_near(usl.kappa, 0, 0);
        assert_close(usl.r_squared, 0.9906949241);
        assert_true(isnan(usl.peak_n));
        assert_true(usl.bounded);
        assert_close(usl.peak_x, 378.1988494);
}

/* Several points of one n, none of n = 1, and no contention. */
static void contention_is_not_negative(void **state)
{
        static const double n[] = {8, 8, 16, 16, 24, 32, 32};
        static const double x[] = {1605, 1580, 3120, 3170, 4100, 4300, 4250};
        struct usl usl;

        assert_int_equal(usl_fit(&usl, n, x, ARRAY_SIZE(n)), 0);
        assert_close(usl.lambda, 223.7556041);
        assert_near(usl.sigma, 0, 0);
        assert_close(usl.kappa, 0.0006579182339);
        assert_close(usl.r_squared, 0.99074112);
        assert_close(usl.peak_n, 38.98648117);
        assert_close(usl.peak_x, 4418.38746);
        assert_int_equal(usl.n_distinct, 4);
        assert_near(usl.largest_n, 32, 0);
}

/* None of n = 1; repeats; what only falls; three points, which the curve meets. */
static void few_and_noisy_points(void **state)
{
        static const struct {
                double n[6], x[6];
                size_t points;
                double lambda, sigma, kappa, peak_n;
        } cases[] = {
                {{2, 4, 6, 8, 10, 12}, {203.1, 391.0, 562.5, 700.2, 803.9, 868.4}, 6, 102.4614968,
                        0, 0.00311230949, 17.92497718},
                {{1, 1, 2, 2, 3, 3}, {1509.5, 1501.9, 3020.1, 3018.8, 4501.3, 4448.9}, 6,
                        1513.931848, 0, 0.0024305850, 20.2835792},
                {{1, 2, 3, 4, 5}, {1000, 900, 700, 500, 350}, 5, 997.957176, 0, 0.5889928502,
                        1.303001719},
                {{1, 2, 3, 4}, {201, 199, 202, 200}, 4, 200.6774605, 1.001847747, 0, 1},
                {{4, 8, 16}, {1000, 1700, 2100}, 3, 263.2258065, 0.001167434716, 0.004116743472,
                        15.57648438},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct usl usl;

                assert_int_equal(usl_fit(&usl, cases[i].n, cases[i].x, cases[i].points), 0);
                assert_close(usl.lambda, cases[i].lambda);
                assert_close(usl.sigma, cases[i].sigma);
                assert_close(usl.kappa, cases[i].kappa);
                assert_close(usl.peak_n, cases[i].peak_n);
        }
}

/* The law's own figures give the law back, whatever their size. */
static void its_own_figures(void **state)
{
        static const struct {
                double lambda, sigma, kappa;
        } laws[] = {
                {403, 0.02, 0.003},
                {1e-6, 0.3, 1e-4},
                {1e12, 0.001, 1e-6},
                {50, 0, 0.01},
                {50, 0.5, 0},
                {50, 0, 0},
                {50, 0.2, 0.4},
                {7, 1.5, 0},
        };

        for (size_t i = 0; i < ARRAY_SIZE(laws); i++) {
                struct usl law = {
                        .lambda = laws[i].lambda, .sigma = laws[i].sigma, .kappa = laws[i].kappa};
                double n[32], x[32];
                struct usl usl;

                for (size_t j = 0; j < 32; j++) {
                        n[j] = (double)(j + 1);
                        x[j] = usl_at(&law, n[j]);
                }
                assert_int_equal(usl_fit(&usl, n, x, 32), 0);
                assert_case(fabs(usl.lambda / law.lambda - 1) < 1e-5 &&
                                    fabs(usl.sigma - law.sigma) < 1e-5 * (law.sigma + 1e-3) &&
                                    fabs(usl.kappa - law.kappa) < 1e-5 * (law.kappa + 1e-5),
                        "law %zu: %.9g %.9g %.9g", i, usl.lambda, usl.sigma, usl.kappa);
                assert_near(usl.r_squared, 1, 1e-9);
                /* Rounding makes no peak. */
                assert_case(isnan(usl.peak_n) == (law.kappa == 0 && law.sigma <= 1), "law %zu: %g",
                        i, usl.peak_n);
        }
}

static void linear_has_neither_peak_nor_bound(void **state)
{
        static const double n[] = {1, 2, 4}, x[] = {100, 200, 400};
        struct usl usl;

        assert_int_equal(usl_fit(&usl, n, x, 3), 0);
        assert_near(usl.lambda, 100, 1e-10);
        assert_near(usl.sigma, 0, 0);
        assert_near(usl.kappa, 0, 0);
        assert_true(isnan(usl.peak_n));
        assert_true(isnan(usl.peak_x));
        assert_false(usl.bounded);
}

/* More than linear: the law has no such thing, so the nearest is a line. */
static void better_than_linear(void **state)
{
        static const double n[] = {1, 2, 3, 4}, x[] = {100, 210, 330, 460};
        struct usl usl;

        assert_int_equal(usl_fit(&usl, n, x, 4), 0);
        /* sum n x / sum n^2 */
        assert_near(usl.lambda, 3350.0 / 30, 1e-9);
        assert_near(usl.sigma, 0, 0);
        assert_near(usl.kappa, 0, 0);
}

static void falls_from_the_first(void **state)
{
        static const double n[] = {1, 2, 3, 4}, x[] = {100, 40, 20, 11}, same[] = {5, 5, 5, 5};
        struct usl usl;

        assert_int_equal(usl_fit(&usl, n, x, 4), 0);
        assert_near(usl.peak_n, 1, 0);
        assert_near(usl.peak_x, usl.lambda, 1e-9);
        assert_int_equal(usl_fit(&usl, n, same, 4), 0);
        assert_near(usl.sigma, 1, 1e-6);
        assert_true(isnan(usl.r_squared));
}

static void what_cannot_be_fitted(void **state)
{
        static const double n[] = {1, 2, 2, 1}, zeros[] = {0, 0, 0}, three[] = {1, 2, 3};
        static const double bad_n[] = {0.5, 1, 2}, bad_x[] = {1, NAN, 2}, below[] = {1, -1, 2};
        static const double endless[] = {1, 2, INFINITY};
        struct usl usl;

        assert_int_equal(usl_fit(&usl, n, n, 0), -ENODATA);
        assert_int_equal(usl_fit(&usl, n, n, 4), -ENODATA);
        assert_int_equal(usl_fit(&usl, three, zeros, 3), -ENODATA);
        assert_int_equal(usl_fit(&usl, bad_n, three, 3), -EINVAL);
        assert_int_equal(usl_fit(&usl, endless, three, 3), -EINVAL);
        assert_int_equal(usl_fit(&usl, three, bad_x, 3), -EINVAL);
        assert_int_equal(usl_fit(&usl, three, below, 3), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(throughput_that_falls_in_the_end),
                cmocka_unit_test(coherency_is_not_negative),
                cmocka_unit_test(contention_is_not_negative),
                cmocka_unit_test(few_and_noisy_points),
                cmocka_unit_test(its_own_figures),
                cmocka_unit_test(linear_has_neither_peak_nor_bound),
                cmocka_unit_test(better_than_linear),
                cmocka_unit_test(falls_from_the_first),
                cmocka_unit_test(what_cannot_be_fitted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
