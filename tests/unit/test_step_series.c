/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "step_series.h"

#include <string.h>

/* A step of some tiles that have an external client with these readings, and nothing else. */
static struct run_guest clients[4];
static struct run_tile tiles[4];

static struct run_step step_of(size_t n)
{
        struct run_step step = {.tile_results = tiles, .n_tile_results = n};

        for (size_t i = 0; i < n; i++)
                tiles[i] = (struct run_tile){
                        .tile = (unsigned)i + 1, .guests = &clients[i], .n_guests = 1};
        return step;
}

static void one_tile_is_itself(void **state)
{
        struct run_second seconds[] = {{1, 50, 0, 2.0}, {2, 40, 1, 4.0}, {3, 0, 2, NAN}};
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){.series = seconds, .n_series = 3};
        step = step_of(1);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, 3);
        assert_near(series.interval_s, 1, 0);
        assert_near(series.points[0].rate, 50, 1e-9);
        assert_near(series.points[0].mean_ms, 2, 1e-9);
        assert_near(series.points[1].rate_low, 40, 1e-9);
        assert_near(series.points[1].rate_high, 40, 1e-9);
        assert_near(series.points[1].errors, 1, 1e-9);
        assert_near(series.points[2].t_s, 3, 1e-9);
        assert_near(series.points[2].rate, 0, 0);
        assert_true(isnan(series.points[2].mean_ms));
        step_series_free(&series);
}

static void tiles_are_averaged_and_their_span_is_kept(void **state)
{
        struct run_second a[] = {{1, 10, 0, 1.0}}, b[] = {{1, 30, 0, 5.0}};
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){.series = a, .n_series = 1};
        clients[1] = (struct run_guest){.series = b, .n_series = 1};
        step = step_of(2);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, 1);
        assert_near(series.points[0].rate, 20, 1e-9);
        assert_near(series.points[0].rate_low, 10, 1e-9);
        assert_near(series.points[0].rate_high, 30, 1e-9);
        assert_near(series.points[0].mean_ms, 4, 1e-9); /* (10 x 1 + 30 x 5) / 40 */
        assert_near(series.points[0].mean_low_ms, 1, 1e-9);
        assert_near(series.points[0].mean_high_ms, 5, 1e-9);
        step_series_free(&series);
}

/* A reading that took two seconds is no second with twice the throughput. */
static void a_missed_reading_is_spread_over_its_time(void **state)
{
        struct run_second seconds[] = {{1, 10, 0, 1.0}, {3, 20, 0, 1.0}, {4, 10, 0, 1.0}};
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){.series = seconds, .n_series = 3};
        step = step_of(1);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, 4);
        for (size_t i = 0; i < 4; i++)
                assert_near(series.points[i].rate, 10, 1e-9);
        step_series_free(&series);
}

static void nothing_is_lost_in_a_long_window(void **state)
{
        static struct run_second seconds[3600];
        struct step_series series;
        struct run_step step;
        double work = 0;

        for (size_t i = 0; i < 3600; i++)
                seconds[i] = (struct run_second){(double)i + 1, 7, 0, 1.0};
        clients[0] = (struct run_guest){.series = seconds, .n_series = 3600};
        step = step_of(1);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, SERIES_MAX_POINTS);
        for (size_t i = 0; i < series.n; i++)
                work += series.points[i].rate * series.interval_s;
        assert_near(work, 7 * 3600, 1e-3);
        step_series_free(&series);
}

static void a_tile_that_ends_early_is_not_taken_for_idle(void **state)
{
        struct run_second a[] = {{1, 10, 0, 1.0}, {2, 10, 0, 1.0}}, b[] = {{1, 10, 0, 1.0}};
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){.series = a, .n_series = 2};
        clients[1] = (struct run_guest){.series = b, .n_series = 1};
        step = step_of(2);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_near(series.points[1].rate, 10, 1e-9);
        assert_near(series.points[1].rate_low, 10, 1e-9);
        step_series_free(&series);
}

/* Whoever wrote the file: nothing of it leads astray. */
static void readings_that_make_no_sense_are_left_out(void **state)
{
        struct run_second seconds[] = {{0, 10, 0, 1.0}, {2, 10, 0, 1.0}, {1, 99, 0, 1.0},
                {NAN, 99, 0, 1.0}, {INFINITY, 99, 0, 1.0}, {2, 99, 0, 1.0}};
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){.series = seconds, .n_series = ARRAY_SIZE(seconds)};
        step = step_of(1);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, 2);
        assert_near(series.points[0].rate, 5, 1e-9);
        assert_near(series.points[1].rate, 5, 1e-9);
        step_series_free(&series);
}

static void times_beyond_measure_are_endured(void **state)
{
        struct run_second seconds[] = {{1e-300, 1, 0, 1.0}, {1e300, 1, 0, 1e300}};
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){.series = seconds, .n_series = 2};
        step = step_of(1);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, SERIES_MAX_POINTS);
        step_series_free(&series);
}

static void no_series_no_points(void **state)
{
        struct step_series series;
        struct run_step step;

        clients[0] = (struct run_guest){0};
        step = step_of(1);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, 0);
        step_series_free(&series);
        step = step_of(0);
        assert_int_equal(step_series_make(&series, &step), 0);
        assert_int_equal(series.n, 0);
        step_series_free(&series);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_tile_is_itself),
                cmocka_unit_test(tiles_are_averaged_and_their_span_is_kept),
                cmocka_unit_test(a_missed_reading_is_spread_over_its_time),
                cmocka_unit_test(nothing_is_lost_in_a_long_window),
                cmocka_unit_test(a_tile_that_ends_early_is_not_taken_for_idle),
                cmocka_unit_test(readings_that_make_no_sense_are_left_out),
                cmocka_unit_test(times_beyond_measure_are_endured),
                cmocka_unit_test(no_series_no_points),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
