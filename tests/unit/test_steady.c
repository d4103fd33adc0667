/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "rng.h"
#include "steady.h"

#include <stdbool.h>
#include <string.h>

#define WINDOW_S 10.0
#define BOUND    0.05

/* A count of a Poisson process. */
static double poisson(struct rng *rng, double mean)
{
        double n = -1;

        for (double t = 0; t < mean; t += rng_exponential(rng, 1))
                n++;
        return n < 0 ? 0 : n;
}

/* What a load does in its second t, without noise. */
static double constant(double t)
{
        return 1;
}

static double rising(double t) /* 1 % a second */
{
        return 1 + 0.01 * (t - 5);
}

static double creeping(double t) /* 0.3 % a second */
{
        return 1 + 0.003 * t;
}

static double cooling(double t) /* from twice as much, by a time constant of 4 s */
{
        return 1 + exp(-t / 4);
}

/* As the disk role has it: four seconds of many small operations, one of few large ones. */
static double phases(double t)
{
        return fmod(t, 5) < 4 ? 1.2 : 0.2;
}

/* The answer after `seconds` readings of `mean` times the shape; counts waver as counts do. */
static enum steady_answer answer_of(double (*shape)(double), double mean, bool counts,
        unsigned seconds, double from, uint64_t seed, struct steady_change *ret)
{
        static struct steady steady; /* what it names stays */
        struct rng rng;

        steady = (struct steady){0};
        rng_init(&rng, seed, 0);
        for (unsigned t = 0; t < seconds; t++) {
                double value = mean * shape(from + t);

                steady_add(&steady, "load", t + 1, counts ? poisson(&rng, value) : value);
        }
        return steady_check(&steady, seconds, WINDOW_S, BOUND, ret);
}

/* How many of 1000 loads are said to be changing. */
static unsigned changing(double (*shape)(double), double mean, unsigned seconds, double from,
        struct steady_change *c)
{
        unsigned n = 0;

        for (uint64_t seed = 0; seed < 1000; seed++)
                n += answer_of(shape, mean, true, seconds, from, seed, c) == STEADY_CHANGING;
        return n;
}

static void too_few_readings_tell_nothing(void **state)
{
        struct steady steady = {0};
        struct steady_change c;

        assert_int_equal(steady_check(&steady, 10, WINDOW_S, BOUND, &c), STEADY_TOO_EARLY);
        assert_null(c.what);
        for (unsigned t = 1; t < STEADY_MIN_READINGS; t++)
                steady_add(&steady, "cpu", t, t);
        assert_int_equal(steady_check(&steady, 4, WINDOW_S, BOUND, &c), STEADY_TOO_EARLY);
        steady_add(&steady, "cpu", 5, 5);
        assert_int_equal(steady_check(&steady, 5, WINDOW_S, BOUND, &c), STEADY_CHANGING);
        /* Long after, none of them is in the window. */
        assert_int_equal(steady_check(&steady, 50, WINDOW_S, BOUND, &c), STEADY_TOO_EARLY);
}

static void what_stays_the_same_is_settled(void **state)
{
        struct steady_change c;

        assert_int_equal(answer_of(constant, 100, false, 10, 0, 0, &c), STEADY_SETTLED);
        assert_null(c.what);
        assert_int_equal(answer_of(constant, 0, false, 10, 0, 0, &c), STEADY_SETTLED);
        /* A certain change, but within the bound. */
        assert_int_equal(answer_of(creeping, 100, false, 10, 0, 0, &c), STEADY_SETTLED);
}

static void what_changes_is_not(void **state)
{
        struct steady_change c;

        assert_int_equal(answer_of(rising, 100, false, 10, 0, 0, &c), STEADY_CHANGING);
        assert_string_equal(c.what, "load");
        assert_near(c.percent, 10, 0.1);
        assert_int_equal(answer_of(cooling, 100, false, 10, 0, 0, &c), STEADY_CHANGING);
        assert_true(c.percent < -50);
        assert_int_equal(answer_of(cooling, 100, false, 20, 0, 0, &c), STEADY_CHANGING);
        assert_int_equal(answer_of(cooling, 100, false, 40, 0, 0, &c), STEADY_SETTLED);
}

static void phases_are_no_change(void **state)
{
        struct steady_change c;

        for (unsigned seconds = 10; seconds < 40; seconds++)
                for (double from = 0; from < 5; from += 0.25)
                        assert_int_equal(answer_of(phases, 100, false, seconds, from, 0, &c),
                                STEADY_SETTLED);
}

static void counts_waver_and_are_settled(void **state)
{
        const double means[] = {0.5, 2, 5, 20, 100, 1000, 10000};
        struct steady_change c;

        /* One in a hundred, as the level says, and less where the bound is wider than chance. */
        for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
                assert_in_range(changing(constant, means[i], 10, 0, &c), 0, 20);
                assert_in_range(changing(constant, means[i], 5, 0, &c), 0, 20);
        }
        assert_int_equal(changing(constant, 10000, 10, 0, &c), 0);
}

static void a_change_is_seen_through_the_noise(void **state)
{
        struct steady_change c;

        /* A count of 1000 a second wavers by 3 %, which hides 10 % in a window more often than not;
         * one of 10000 does not. */
        assert_in_range(changing(rising, 1000, 10, 0, &c), 300, 500);
        assert_in_range(changing(rising, 10000, 10, 0, &c), 990, 1000);
        assert_in_range(changing(cooling, 100, 10, 0, &c), 990, 1000);
}

static void the_worst_of_several_is_named(void **state)
{
        struct steady steady = {0};
        struct steady_change c;

        for (unsigned t = 1; t <= 100; t++) { /* more than are kept */
                steady_add(&steady, "web1", t, 100);
                steady_add(&steady, "cpu", t, 1000 + 10 * t);
                steady_add(&steady, "disk", t, 1000 - 8 * t);
                if (t > 96)
                        steady_add(&steady, "oltp", t, t * t);
        }
        assert_int_equal(steady_check(&steady, 100, WINDOW_S, BOUND, &c), STEADY_CHANGING);
        assert_string_equal(c.what, "disk");
        /* 80 of a mean of 1000 - 8 x 95.5. */
        assert_near(c.percent, -80 / 236.0 * 100, 0.1);
        assert_int_equal(steady_check(&steady, 100, WINDOW_S, 0.4, &c), STEADY_SETTLED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(too_few_readings_tell_nothing),
                cmocka_unit_test(what_stays_the_same_is_settled),
                cmocka_unit_test(what_changes_is_not),
                cmocka_unit_test(phases_are_no_change),
                cmocka_unit_test(counts_waver_and_are_settled),
                cmocka_unit_test(a_change_is_seen_through_the_noise),
                cmocka_unit_test(the_worst_of_several_is_named),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
