/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every unit test includes: cmocka with the headers that it wants before it, and the few
 * assertions that it lacks.
 *
 * An assertion that fails leaves the test by longjmp: assert in the main thread only, and do not
 * count on cleanup attributes in a test's own body.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#define assert_near(value, expected, tolerance) \
        do { \
                double _value = (value), _expected = (expected), _tolerance = (tolerance); \
                if (!(fabs(_value - _expected) <= _tolerance)) \
                        fail_msg("%s is %.17g, not %.17g within %g", #value, _value, _expected, \
                                _tolerance); \
        } while (0)

/* For tables: names the input that an assertion failed with. Formats like printf. */
#define assert_case(condition, ...) \
        do { \
                if (!(condition)) { \
                        print_error(__VA_ARGS__); \
                        print_error("\n"); \
                        fail_msg("%s", #condition); \
                } \
        } while (0)

/* Pearson's chi-square of counts against expected counts stays within what a right generator gives
 * all but once in millions of seeds: mean df, variance 2 df, five sigma. The seeds are fixed, so a
 * failure is a changed generator and never bad luck. */
static inline void assert_chi_square(const uint64_t *counts, const double *expected, size_t n)
{
        double chi2 = 0, df = (double)n - 1;

        for (size_t i = 0; i < n; i++) {
                double d = (double)counts[i] - expected[i];

                chi2 += d * d / expected[i];
        }
        assert_near(chi2, df, 5 * sqrt(2 * df) + 5);
}
