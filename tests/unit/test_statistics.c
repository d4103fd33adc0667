/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "statistics.h"

#include <errno.h>

static void means(void **state)
{
        static const double one[] = {7}, four[] = {1, 2, 4, 9};

        assert_true(isnan(mean_of(NULL, 0)));
        assert_true(isnan(deviation_of(NULL, 0)));
        assert_true(isnan(deviation_of(one, 1)));
        assert_near(mean_of(one, 1), 7, 0);
        assert_near(mean_of(four, 4), 4, 0);
        /* Off by -3, -2, 0 and 5: 38 / 3. */
        assert_near(deviation_of(four, 4), sqrt(38.0 / 3), 1e-15);
}

/* NumAcc1 and NumAcc2 of NIST's Statistical Reference Datasets, made for sums that lose digits:
 * certified means 10000002 and 1.2, standard deviations 1 and 0.1. */
static void figures_that_are_nearly_the_same(void **state)
{
        static const double large[] = {10000001, 10000003, 10000002};
        double many[1001];

        assert_near(mean_of(large, 3), 10000002, 0);
        assert_near(deviation_of(large, 3), 1, 0);
        many[0] = 1.2;
        for (size_t i = 1; i < ARRAY_SIZE(many); i++)
                many[i] = i % 2 ? 1.1 : 1.3;
        assert_near(mean_of(many, ARRAY_SIZE(many)), 1.2, 1e-13);
        assert_near(deviation_of(many, ARRAY_SIZE(many)), 0.1, 1e-13);
}

static void medians(void **state)
{
        double values[] = {5, -1, 3, 100};

        assert_true(isnan(median_of(NULL, 0)));
        assert_near(median_of(values, 1), 5, 0);
        assert_near(median_of(values, 3), 3, 0);
        assert_near(median_of(values, 4), 4, 0);
        assert_near(values[0], -1, 0);
        assert_near(values[3], 100, 0);
}

/* Norris of NIST's Statistical Reference Datasets (calibration of ozone monitors), with the
 * certified values. */
static void a_line_with_certified_values(void **state)
{
        static const double y[] = {0.1, 338.8, 118.1, 888.0, 9.2, 228.1, 668.5, 998.5, 449.1, 778.9,
                559.2, 0.3, 0.1, 778.1, 668.8, 339.3, 448.9, 10.8, 557.7, 228.3, 998.0, 888.8,
                119.6, 0.3, 0.6, 557.6, 339.3, 888.0, 998.5, 778.9, 10.2, 117.6, 228.9, 668.4,
                449.2, 0.2};
        static const double x[] = {0.2, 337.4, 118.2, 884.6, 10.1, 226.5, 666.3, 996.3, 448.6,
                777.0, 558.2, 0.4, 0.6, 775.5, 666.9, 338.0, 447.5, 11.6, 556.0, 228.1, 995.8,
                887.6, 120.2, 0.3, 0.3, 556.8, 339.1, 887.2, 999.0, 779.0, 11.1, 118.3, 229.2,
                669.1, 448.9, 0.5};
        struct line line;

        assert_int_equal(line_fit(&line, x, y, ARRAY_SIZE(x)), 0);
        assert_near(line.slope, 1.00211681802045, 1e-13);
        assert_near(line.intercept, -0.262323073774029, 1e-11);
        assert_near(line.slope_error, 0.429796848199937e-3, 1e-14);
}

static void lines_of_few_points(void **state)
{
        static const double x[] = {2, 4, 4, 4}, y[] = {1, 5, 5, 8}, same[] = {0.1, 0.1, 0.1};
        struct line line;

        assert_int_equal(line_fit(&line, x, y, 0), -ENODATA);
        assert_int_equal(line_fit(&line, x, y, 1), -ENODATA);
        assert_int_equal(line_fit(&line, x + 1, y, 3), -ENODATA);
        assert_int_equal(line_fit(&line, same, y, 3), -ENODATA);
        assert_int_equal(line_fit(&line, x, y, 2), 0);
        assert_near(line.slope, 2, 1e-15);
        assert_near(line.intercept, -3, 1e-15);
        assert_true(isnan(line.slope_error));
        assert_int_equal(line_fit(&line, x, y, 3), 0);
        assert_near(line.slope_error, 0, 1e-15);
}

/* k of n that get all make k / n (Jain, Chiu, Hawe, 1984). The others computed with NumPy 1.24.2,
 * as 1 / (1 + variance / mean^2). */
static void fairness(void **state)
{
        static const double one[] = {1, 0, 0, 0, 0, 0, 0, 0}, half[] = {3, 3, 0, 0},
                            steps[] = {1, 2, 3, 4, 5}, tiles[] = {403, 391.5, 377, 402.25},
                            zeros[] = {0, 0};

        assert_near(jain_index(one, 8), 0.125, 0);
        assert_near(jain_index(half, 4), 0.5, 0);
        assert_near(jain_index(steps, 5), 0.818181818182, 1e-12);
        assert_near(jain_index(tiles, 4), 0.999284964613, 1e-12);
        assert_near(jain_index(tiles, 1), 1, 0);
        assert_near(jain_index(zeros, 2), 1, 0);
}

/* Computed with scipy.stats.t.ppf of SciPy 1.10.1. */
static void student(void **state)
{
        static const struct {
                double probability, df, t;
        } cases[] = {
                {0.95, 1, 12.7062047},
                {0.95, 1.5, 6.01666311},
                {0.95, 2, 4.30265273},
                {0.95, 2.5, 3.57465484},
                {0.95, 9, 2.26215716},
                {0.95, 30, 2.04227246},
                {0.95, 200, 1.97189622},
                {0.95, 1e6, 1.95996636},
                {0.95, INFINITY, 1.95996398},
                {0.99, 4, 4.60409487},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                double t = student_t(cases[i].probability, cases[i].df);

                assert_case(fabs(t - cases[i].t) < 1e-4 * cases[i].t, "%g with %g: %.9g, not %.9g",
                        cases[i].probability, cases[i].df, t, cases[i].t);
        }
        assert_true(isnan(student_t(0.95, 0.99)));
        assert_true(isnan(student_t(0.95, NAN)));
        assert_true(isnan(student_t(1, 3)));
        assert_true(isnan(student_t(0, 3)));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(means),
                cmocka_unit_test(figures_that_are_nearly_the_same),
                cmocka_unit_test(medians),
                cmocka_unit_test(a_line_with_certified_values),
                cmocka_unit_test(lines_of_few_points),
                cmocka_unit_test(fairness),
                cmocka_unit_test(student),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
