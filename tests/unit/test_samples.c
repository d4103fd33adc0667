/* SPDX-License-Identifier: Apache-2.0 */
#include "made_run.h"
#include "samples.h"

static double sum(const double *values, size_t n)
{
        double all = 0;

        for (size_t i = 0; i < n; i++)
                all += values[i];
        return all;
}

static void set_series(struct run_guest *guest, const struct run_second *series, size_t n)
{
        free(guest->series);
        guest->series = calloc(n + 1, sizeof *series);
        assert_non_null(guest->series);
        memcpy(guest->series, series, n * sizeof *series);
        guest->n_series = n;
}

static void tiles_are_added_up(void **state)
{
        struct run_file run = {0};
        struct run_step *step = made_add(
                &run, &(struct made_step){.tiles = 3, .rate = 100, .mean_ms = 5, .wobble = 0.2});
        struct sample sample = {0};

        assert_int_equal(sample_add_rate(&sample, step), 0);
        assert_int_equal(sample.n, 1);
        assert_int_equal(sample.repeats[0].n, 30);
        for (size_t i = 0; i < 30; i++) {
                double work = 0;

                for (size_t t = 0; t < 3; t++)
                        work += (double)step->tile_results[t].guests[0].series[i].work;
                assert_near(sample.repeats[0].sums[i], work, 1e-6);
                assert_near(sample.repeats[0].counts[i], 1, 1e-12);
        }
        assert_int_equal(sample_add_response(&sample, step), 0);
        assert_int_equal(sample.n, 2);
        assert_near(sum(sample.repeats[1].counts, 30), (double)step->requests, 1e-6);
        assert_near(sum(sample.repeats[1].sums, 30) / (double)step->requests, 5, 0.5);
        sample_fini(&sample);
        made_free(&run);
}

/* Readings at other times, one of them lost: nothing is counted twice, nothing lost. */
static void readings_are_put_on_one_scale(void **state)
{
        static const struct run_second first[] = {
                {.t_s = 1, .work = 10, .mean_ms = 1},
                {.t_s = 2, .work = 20, .mean_ms = 2},
                {.t_s = 3, .work = 30, .mean_ms = 3},
                {.t_s = 4, .work = 40, .mean_ms = 4},
        };
        static const struct run_second second[] = {
                {.t_s = 0.5, .work = 4, .mean_ms = 2},
                {.t_s = 2.5, .work = 8, .mean_ms = 2},
                {.t_s = 2.5, .work = 1000, .mean_ms = 2}, /* no time has passed */
                {.t_s = 3.5, .work = 0, .mean_ms = NAN},
                {.t_s = 6, .work = 100, .mean_ms = 9},
        };
        struct run_file run = {0};
        struct run_step *step = made_add(&run, &(struct made_step){.tiles = 2, .rate = 10});
        struct sample sample = {0};
        const struct series *s;

        set_series(&step->tile_results[0].guests[0], first, ARRAY_SIZE(first));
        set_series(&step->tile_results[1].guests[0], second, ARRAY_SIZE(second));
        assert_int_equal(sample_add_rate(&sample, step), 0);
        assert_int_equal(sample_add_response(&sample, step), 0);
        s = &sample.repeats[0];
        assert_int_equal(s->n, 4);
        assert_near(s->counts[3], 1, 1e-12);
        assert_near(s->sums[0], 10 + 4 + 2, 1e-9);
        assert_near(s->sums[1], 20 + 4, 1e-9);
        assert_near(s->sums[2], 30 + 2, 1e-9);
        assert_near(s->sums[3], 40 + 20, 1e-9);
        s = &sample.repeats[1];
        assert_near(s->counts[0], 16, 1e-9);
        assert_near(s->sums[0], 10 + 12, 1e-9);
        assert_near(s->counts[3], 60, 1e-9);
        assert_near(s->sums[3], 160 + 180, 1e-9);
        sample_fini(&sample);
        made_free(&run);
}

static void without_series_a_window_is_one_reading(void **state)
{
        struct run_file run = {0};
        struct run_step *step = made_add(&run, &(struct made_step){.tiles = 2, .rate = 50});
        struct run_guest *client = &step->tile_results[1].guests[0];
        struct sample sample = {0};

        client->n_series = 0;
        assert_int_equal(sample_add_rate(&sample, step), 0);
        assert_int_equal(sample_add_response(&sample, step), 0);
        assert_int_equal(sample_add_guest_rate(&sample, client), 0);
        assert_int_equal(sample_add_guest_mean(&sample, client), 0);
        assert_int_equal(sample.n, 4);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(sample.repeats[i].n, 1);
        assert_near(sample.repeats[0].sums[0] / sample.repeats[0].counts[0], 100, 1e-9);
        assert_near(sample.repeats[1].sums[0] / sample.repeats[1].counts[0], step->response.mean_ms,
                1e-9);
        assert_near(sample.repeats[2].sums[0] / sample.repeats[2].counts[0], 50, 1e-9);
        assert_near(sample.repeats[3].counts[0], 1500, 0);
        sample_fini(&sample);
        made_free(&run);
}

static void what_was_not_measured_adds_nothing(void **state)
{
        struct run_file run = {0};
        struct run_step *step = made_add(&run, &(struct made_step){.tiles = 2, .rate = 50});
        struct run_guest *client = &step->tile_results[1].guests[0];
        struct sample sample = {0};

        client->problem = strdup("did not answer");
        assert_int_equal(sample_add_rate(&sample, step), 0);
        assert_int_equal(sample_add_response(&sample, step), 0);
        assert_int_equal(sample_add_guest_rate(&sample, client), 0);
        assert_int_equal(sample_add_guest_mean(&sample, client), 0);
        assert_int_equal(sample_add_figure(&sample, NAN), 0);
        /* The idle guest has neither readings nor latencies here. */
        assert_int_equal(sample_add_guest_rate(&sample, &step->tile_results[0].guests[8]), 0);
        assert_int_equal(sample_add_guest_mean(&sample, &step->tile_results[0].guests[8]), 0);
        assert_int_equal(sample.n, 0);
        sample_fini(&sample);
        made_free(&run);
}

static void a_guest_by_itself(void **state)
{
        static const struct run_second series[] = {
                {.t_s = 1.5, .work = 3, .mean_ms = 4},
                {.t_s = 2, .work = 0, .mean_ms = NAN},
                {.t_s = 3, .work = 2, .mean_ms = 1},
        };
        struct run_guest guest = {.series = (struct run_second *)series, .n_series = 3};
        struct sample sample = {0};

        assert_int_equal(sample_add_guest_rate(&sample, &guest), 0);
        assert_int_equal(sample_add_guest_mean(&sample, &guest), 0);
        assert_int_equal(sample_add_figure(&sample, 7), 0);
        assert_int_equal(sample.n, 3);
        assert_int_equal(sample.repeats[0].n, 3);
        assert_near(sample.repeats[0].sums[0], 3, 0);
        assert_near(sample.repeats[0].counts[0], 1.5, 0);
        assert_near(sample.repeats[0].counts[1], 0.5, 0);
        assert_near(sum(sample.repeats[1].sums, 3), 14, 0);
        assert_near(sum(sample.repeats[1].counts, 3), 5, 0);
        assert_near(sample.repeats[2].sums[0] / sample.repeats[2].counts[0], 7, 0);
        sample_fini(&sample);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tiles_are_added_up),
                cmocka_unit_test(readings_are_put_on_one_scale),
                cmocka_unit_test(without_series_a_window_is_one_reading),
                cmocka_unit_test(what_was_not_measured_adds_nothing),
                cmocka_unit_test(a_guest_by_itself),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
