/* SPDX-License-Identifier: Apache-2.0 */
#include "made_run.h"
#include "scaling.h"

#include <errno.h>

static struct scaling scale(const struct run_file *run)
{
        struct scaling scaling;

        assert_int_equal(scaling_make(&scaling, run), 0);
        return scaling;
}

static void assert_answer(const struct run_file *run, const char *expected)
{
        struct scaling scaling = scale(run);
        char *answer = scaling_answer(run, &scaling);

        assert_non_null(answer);
        assert_string_equal(answer, expected);
        free(answer);
        scaling_free(&scaling);
}

/* Steps with 1 to `valid` tiles that are, and one more that is not. */
static struct run_file sweep(unsigned valid)
{
        struct run_file run = {.complete = true, .valid_tiles = valid};

        for (unsigned n = 1; n <= valid; n++)
                made_add(&run, &(struct made_step){.tiles = n, .rate = 403});
        made_add(&run, &(struct made_step){.tiles = valid + 1,
                               .rate = 340,
                               .offered = 403,
                               .mean_ms = 1200,
                               .invalid = true});
        strcpy(run.ended_kind, "invalid");
        strcpy(run.ended_resource, "cpu");
        run.ended_by = strdup("host CPU 100 %");
        return run;
}

/* ---- the answer ---- */

static void the_answer(void **state)
{
        struct run_file run = sweep(4);
        struct run_step *four = &run.steps[3];

        four->jain = 0.9981;
        four->response.mean_ms = 3.1234;
        four->response.p95_ms = 7.94;
        four->response.p99_ms = 14.2;
        assert_answer(&run,
                "4 tiles (32 guests) valid; 1,612 requests/s; average response 3.1 ms (p95 7.9, "
                "p99 14); fairness 0.998; linear to 4; ended by: host CPU 100 %");
        made_free(&run);
}

static void a_single_step(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        struct run_step *step = made_add(&run, &(struct made_step){.tiles = 1, .rate = 50});

        strcpy(run.ended_kind, "last step");
        run.ended_by = strdup("the last step that was asked for");
        step->response.mean_ms = 0.499;
        step->response.p95_ms = 1.35;
        step->response.p99_ms = 2.97;
        assert_answer(&run, "1 tile (8 guests) valid; 50.0 requests/s; average response 0.50 ms "
                            "(p95 1.4, p99 3.0)");
        made_free(&run);
}

static void not_even_the_first(void **state)
{
        struct run_file run = sweep(0);
        struct run_step *step = &run.steps[0];

        step->response.mean_ms = 1200;
        step->response.p95_ms = 3100;
        step->response.p99_ms = 12000;
        assert_answer(&run,
                "1 tile (8 guests) NOT valid; 340 requests/s; average response 1.2 s (p95 3.1, p99 "
                "12); tile 1: average 1.20 s is over 1.00 s; ended by: host CPU 100 %");
        /* No resource was at its limit: the run has ended by that same reason. */
        free(run.ended_by);
        run.ended_by = strdup("tile 1: average 1.20 s is over 1.00 s");
        run.ended_resource[0] = '\0';
        assert_answer(&run,
                "1 tile (8 guests) NOT valid; 340 requests/s; average response 1.2 s (p95 3.1, p99 "
                "12); ended by: tile 1: average 1.20 s is over 1.00 s");
        made_free(&run);
}

static void a_run_that_was_cut_off(void **state)
{
        struct run_file run = {.valid_tiles = 2, .incomplete_reason = strdup("interrupted")};
        struct run_step *step;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 400});
        step = made_add(&run, &(struct made_step){.tiles = 2, .rate = 400});
        step->response.mean_ms = 20, step->response.p95_ms = 60, step->response.p99_ms = 92;
        made_add(&run, &(struct made_step){.tiles = 3, .rate = 300, .interrupted = true});
        assert_answer(&run,
                "2 tiles (16 guests) valid so far; 800 requests/s; average response 20 ms (p95 60, "
                "p99 92); fairness 1.000; linear to 2; INCOMPLETE: interrupted");
        made_free(&run);
}

static void a_first_step_that_was_cut_short(void **state)
{
        struct run_file run = {.incomplete_reason = strdup("interrupted")};
        struct run_step *step = made_add(&run,
                &(struct made_step){.tiles = 2, .rate = 20, .seconds = 3, .interrupted = true});

        step->response.mean_ms = 20, step->response.p95_ms = 60, step->response.p99_ms = 92;
        assert_answer(&run,
                "2 tiles (16 guests) cut short; 40.0 requests/s; average response 20 ms (p95 60, "
                "p99 92); fairness 1.000; INCOMPLETE: interrupted");
        made_free(&run);
}

static void nothing_at_all(void **state)
{
        struct run_file run = {.incomplete_reason = strdup("mariadbd is not installed")};

        assert_answer(&run, "nothing was measured; INCOMPLETE: mariadbd is not installed");
        free(run.incomplete_reason);
        run.incomplete_reason = NULL;
        assert_answer(&run, "nothing was measured; INCOMPLETE: no reason is given");
        made_free(&run);
}

static void a_noisy_step_is_said_to_be_noisy(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        char noise[SCALING_NOISE_SIZE];
        struct scaling scaling;
        char *answer;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 5000, .wobble = 0.6});
        made_add(&run, &(struct made_step){.tiles = 2, .rate = 5000, .wobble = 0.01});
        scaling = scale(&run);
        assert_true(scaling.rows[0].noisy);
        assert_false(scaling.rows[1].noisy);
        assert_string_equal(scaling_noise(&scaling.rows[1], noise), "");
        scaling_noise(&scaling.rows[0], noise);
        assert_memory_equal(noise, "throughput wavers by ", 21);
        answer = scaling_answer(&run, &scaling);
        assert_null(strstr(answer, "NOISY"));
        free(answer);
        scaling_free(&scaling);

        /* The other one is the headline. */
        run.steps[0].tiles = 2, run.steps[1].tiles = 1;
        scaling = scale(&run);
        answer = scaling_answer(&run, &scaling);
        assert_non_null(strstr(answer, "; NOISY: throughput wavers by "));
        free(answer);
        scaling_free(&scaling);
        made_free(&run);
}

/* Two windows, with the average response of each. */
static struct run_file two_windows(double first_ms, double second_ms)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};

        made_add(&run,
                &(struct made_step){.tiles = 1, .rate = 1500, .mean_ms = first_ms, .wobble = 0.02});
        made_add(&run, &(struct made_step){.tiles = 1,
                               .repeat = 2,
                               .rate = 1500,
                               .mean_ms = second_ms,
                               .wobble = 0.02});
        return run;
}

/* Student's interval of 0.87 and 1.02 is 0.945 +- 0.953 (computed with SciPy 1.10.1): two windows
 * hardly tell how much windows differ. Those that differ by so little are not noisy for that. */
static void two_windows_that_agree_are_not_noisy(void **state)
{
        struct run_file run = two_windows(0.87, 1.02);
        struct scaling scaling = scale(&run);
        const struct interval *mean = &scaling.rows[0].mean_ms;

        assert_null(mean->missing);
        assert_true(interval_variation(mean) > 2 * SCALING_NOISY_RESPONSE);
        /* 1.96 times 0.075, by 0.945. */
        assert_near(interval_noise(mean), 0.1556, 0.005);
        assert_false(scaling.rows[0].noisy);
        scaling_free(&scaling);
        made_free(&run);
}

static void where_noisy_windows_were_is_said(void **state)
{
        struct run_file run = two_windows(4.1, 6);
        struct scaling scaling = scale(&run);
        char noise[SCALING_NOISE_SIZE];

        assert_true(scaling.rows[0].noisy_response);
        assert_false(scaling.rows[0].noisy_rate);
        scaling_noise(&scaling.rows[0], noise);
        /* 1.96 times 0.95, by 5.05. */
        assert_string_equal(noise, "average response wavers by 37 % (4.1 to 6.0 ms in 2 windows)");
        scaling_free(&scaling);
        made_free(&run);
}

/* 5 requests a second, at random: they waver by a third from second to second, by chance alone. */
static void few_requests_are_not_noise(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        struct run_step *step = made_add(&run, &(struct made_step){.tiles = 1, .rate = 5});
        struct run_guest *client = &step->tile_results[0].guests[0];
        struct scaling scaling;
        struct rng rng;

        rng_init(&rng, 1, 1);
        for (size_t i = 0; i < client->n_series; i++) {
                client->series[i].work = 0;
                for (double t = rng_exponential(&rng, 0.2); t < 1; t += rng_exponential(&rng, 0.2))
                        client->series[i].work++;
        }
        scaling = scale(&run);
        assert_true(interval_variation(&scaling.rows[0].rate_per_s) > SCALING_NOISY_RATE);
        assert_false(scaling.rows[0].noisy);
        scaling_free(&scaling);
        made_free(&run);
}

static void what_was_not_settled_is_said(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        struct run_step *step =
                made_add(&run, &(struct made_step){.tiles = 1, .rate = 50, .mean_ms = 10});

        step->response.mean_ms = 10, step->response.p95_ms = 30, step->response.p99_ms = 46;
        step->settled = false;
        step->unsettled = strdup("disk -6.1 % in 10 s");
        assert_answer(&run, "1 tile (8 guests) valid; 50.0 requests/s; average response 10 ms (p95 "
                            "30, p99 46); NOT settled: disk -6.1 % in 10 s");
        made_free(&run);
}

static void responses_may_be_missing(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        struct run_step *step = made_add(&run, &(struct made_step){.tiles = 1, .rate = 50});

        step->response = (struct run_quantiles){0};
        for (size_t i = 0; i < 30; i++)
                step->tile_results[0].guests[0].series[i].mean_ms = NAN;
        assert_answer(&run, "1 tile (8 guests) valid; 50.0 requests/s; no response times");
        made_free(&run);
}

/* ---- rows ---- */

static void repeats_make_one_row(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 2};
        const struct scaling_row *row;
        struct scaling scaling;

        for (unsigned i = 1; i <= 3; i++) {
                made_add(&run, &(struct made_step){.tiles = 2,
                                       .repeat = i,
                                       .rate = 100 * i,
                                       .mean_ms = i,
                                       .wobble = 0.1});
                made_add(&run, &(struct made_step){.tiles = 1, .repeat = i, .rate = 100});
        }
        run.steps[2].jain = 0.97;
        run.steps[2].tile_results[1].fair_share = 0.8;
        run.steps[4].settled = false;
        scaling = scale(&run);
        assert_int_equal(scaling.n_rows, 2);
        assert_int_equal(scaling.rows[0].tiles, 1);
        row = scaling_find(&scaling, 2);
        assert_ptr_equal(row, &scaling.rows[1]);
        assert_null(scaling_find(&scaling, 3));
        assert_int_equal(row->n_steps, 3);
        assert_ptr_equal(row->steps[1], &run.steps[2]);
        assert_int_equal(row->valid_steps, 3);
        assert_int_equal(row->settled_steps, 2);
        assert_false(row->settled);
        assert_true(row->whole);
        assert_int_equal(row->guests, 16);
        assert_near(row->seconds, 90, 0);
        assert_int_equal(row->requests,
                run.steps[0].requests + run.steps[2].requests + run.steps[4].requests);
        assert_near(row->rate_per_s.estimate, 400, 5);
        assert_near(row->offered_per_s, 400, 1e-9);
        assert_int_equal(row->rate_per_s.repeats, 3);
        assert_null(row->rate_per_s.missing);
        /* The repeats differ by far more than their blocks. */
        assert_true(row->rate_per_s.low < 200 && row->rate_per_s.high > 600);
        assert_true(row->noisy);

        /* Each request counts once: 100 with 1 ms, 200 with 2 and 300 with 3. */
        assert_int_equal(row->response.count, row->requests);
        assert_near(row->response.mean_ms, 14.0 / 6, 0.03);
        assert_near(row->response.mean_ms, row->mean_ms.estimate, 1e-12);
        /* Half of 1 exp(-x) + 2 exp(-x/2) + 3 exp(-x/3) is left beyond it. */
        assert_near(row->response.p50_ms, 1.465, 0.03);
        assert_near(row->response.max_ms, run.steps[4].response.max_ms, 0);
        assert_int_equal(row->raw.count, row->requests);
        assert_true(isnan(row->raw.p95_ms));

        assert_int_equal(row->n_tile_rows, 2);
        assert_int_equal(row->tile_rows[1].tile, 2);
        assert_int_equal(row->tile_rows[1].windows, 3);
        assert_near(row->tile_rows[1].rate_per_s, 200, 5);
        assert_near(row->tile_rows[1].share, 2.8 / 3, 0.02);
        assert_near(row->jain, 0.97, 0);
        assert_near(row->worst_share, 0.8, 0);
        assert_int_equal(row->worst_tile, 2);
        scaling_free(&scaling);
        made_free(&run);
}

static void one_window_is_taken_as_it_stands(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        struct run_step *step =
                made_add(&run, &(struct made_step){.tiles = 1, .rate = 100, .wobble = 0.1});
        struct scaling scaling = scale(&run);
        const struct scaling_row *row = &scaling.rows[0];

        assert_memory_equal(&row->response, &step->response, sizeof row->response);
        assert_memory_equal(&row->raw, &step->raw, sizeof row->raw);
        assert_near(row->rate_per_s.estimate, step->rate_per_s, 1e-9);
        assert_true(row->rate_per_s.low < step->rate_per_s);
        assert_true(row->rate_per_s.high > step->rate_per_s);
        assert_true(row->mean_ms.low < row->mean_ms.estimate);
        scaling_free(&scaling);
        made_free(&run);
}

static void a_short_window_has_no_interval(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 1};
        struct scaling scaling;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 100, .wobble = 0.9, .seconds = 5});
        scaling = scale(&run);
        assert_non_null(scaling.rows[0].rate_per_s.missing);
        assert_true(isnan(scaling.rows[0].rate_per_s.low));
        assert_near(scaling.rows[0].rate_per_s.estimate, run.steps[0].rate_per_s, 1e-9);
        assert_false(scaling.rows[0].noisy);
        scaling_free(&scaling);
        made_free(&run);
}

static void most_windows_decide(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 2};
        struct scaling scaling;
        char *answer;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 100});
        for (unsigned i = 1; i <= 3; i++)
                made_add(&run, &(struct made_step){
                                       .tiles = 2, .repeat = i, .rate = 100, .invalid = i == 2});
        scaling = scale(&run);
        assert_int_equal(scaling.valid_tiles, 2);
        assert_true(scaling.rows[1].valid);
        answer = scaling_answer(&run, &scaling);
        assert_memory_equal(answer, "2 tiles (16 guests) valid in 2 of 3 windows;", 44);
        free(answer);
        scaling_free(&scaling);

        /* It cannot make valid what is not. */
        run.steps[1].valid = false;
        scaling = scale(&run);
        assert_int_equal(scaling.valid_tiles, 1);
        scaling_free(&scaling);
        made_free(&run);
}

/* What is no chance counts from one window of three, and is what the answer speaks of. */
static void a_broken_window_counts_alone(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 2};
        struct scaling scaling;
        struct run_tile *tile;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 100, .seconds = 2, .invalid = true});
        made_add(&run, &(struct made_step){.tiles = 1, .rate = 100, .seconds = 2, .broken = true});
        for (unsigned i = 0; i < 3; i++)
                made_add(&run, &(struct made_step){.tiles = 1, .rate = 100, .seconds = 2});
        made_add(&run, &(struct made_step){.tiles = 2, .rate = 100, .seconds = 2});
        tile = &run.steps[1].tile_results[0];
        free(tile->reasons[0]);
        tile->reasons[0] = strdup("disk gave or got 1 wrong answers (mostly stale_reads)");
        for (unsigned i = 0; i < 5; i++)
                run.steps[i].response.count = 0;
        scaling = scale(&run);
        assert_int_equal(scaling.rows[0].valid_steps, 3);
        assert_false(scaling.rows[0].valid);
        assert_int_equal(scaling.valid_tiles, 0);
        scaling_free(&scaling);
        assert_answer(&run, "1 tile (8 guests) NOT valid in 2 of 5 windows; 100 requests/s; no "
                            "response times; tile 1: disk gave or got 1 wrong answers (mostly "
                            "stale_reads)");

        run.steps[1].broken = false;
        scaling = scale(&run);
        assert_true(scaling.rows[0].valid);
        assert_int_equal(scaling.valid_tiles, 2);
        scaling_free(&scaling);
        made_free(&run);
}

/* Half of the windows is not most of them. */
static void one_of_two_is_not_valid(void **state)
{
        struct run_file run = {.complete = true};

        for (unsigned i = 1; i <= 2; i++)
                made_add(&run, &(struct made_step){.tiles = 1,
                                       .repeat = i,
                                       .rate = 100,
                                       .seconds = 2,
                                       .invalid = i == 2});
        run.steps[0].response.count = run.steps[1].response.count = 0;
        assert_answer(&run, "1 tile (8 guests) NOT valid in 1 of 2 windows; 100 requests/s; no "
                            "response times; tile 1: average 1.20 s is over 1.00 s");
        made_free(&run);
}

static void a_window_that_was_cut_short_is_left_out(void **state)
{
        struct run_file run = {.valid_tiles = 1};
        struct scaling scaling;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 100});
        made_add(&run,
                &(struct made_step){.tiles = 1, .repeat = 2, .rate = 900, .interrupted = true});
        made_add(&run, &(struct made_step){.tiles = 2, .rate = 50, .interrupted = true});
        scaling = scale(&run);
        assert_int_equal(scaling.rows[0].n_steps, 1);
        assert_false(scaling.rows[0].cut_short);
        assert_true(scaling.rows[0].valid);
        assert_near(scaling.rows[0].rate_per_s.estimate, 100, 1e-9);
        assert_true(scaling.rows[1].cut_short);
        assert_false(scaling.rows[1].valid);
        assert_int_equal(scaling.valid_tiles, 1);
        assert_int_equal(scaling.linear_to, 1);
        scaling_free(&scaling);
        made_free(&run);
}

/* As --search takes them: doubled, then halved. */
static void the_order_of_measuring_does_not_matter(void **state)
{
        static const unsigned order[] = {1, 2, 4, 8, 6, 5};
        struct run_file run = {.complete = true, .valid_tiles = 5};

        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
                struct run_step *step = made_add(&run, &(struct made_step){.tiles = order[i],
                                                               .rate = order[i] == 5 ? 90 : 100,
                                                               .offered = 100,
                                                               .seconds = 2,
                                                               .invalid = order[i] > 5});

                step->response.count = 0;
        }
        strcpy(run.ended_kind, "search");
        strcpy(run.ended_resource, "disk");
        run.ended_by = strdup("disk vda 100 %");
        assert_answer(&run, "5 tiles (40 guests) valid; 450 requests/s; no response times; "
                            "fairness 1.000; linear to 4; ended by: disk vda 100 %");
        made_free(&run);
}

static void a_first_step_is_as_linear_as_itself(void **state)
{
        struct run_file run = sweep(1);

        run.steps[0].response.count = 0;
        assert_answer(&run, "1 tile (8 guests) valid; 403 requests/s; no response times; ended by: "
                            "host CPU 100 %");
        /* That the second is not linear is told. */
        run.steps[1].valid = true;
        run.steps[1].response.count = 0;
        assert_answer(&run, "2 tiles (16 guests) valid; 680 requests/s; no response times; "
                            "fairness 1.000; linear to 1; ended by: host CPU 100 %");
        made_free(&run);
}

/* Nothing was answered, and nobody asked for more: no throughput that others could be compared
 * with. */
static void steps_without_throughput(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 2};

        for (unsigned n = 1; n <= 2; n++) {
                struct run_step *step =
                        made_add(&run, &(struct made_step){.tiles = n, .rate = 1, .seconds = 2});

                step->rate_per_s = step->offered_per_s = 0;
                step->requests = 0;
                step->response = (struct run_quantiles){0};
                step->jain = 1;
        }
        assert_answer(&run, "2 tiles (16 guests) valid; 0.0 requests/s; no response times; "
                            "fairness 1.000");
        made_free(&run);
}

/* ---- linearity, the law ---- */

static void linearity_is_by_the_first_valid_step(void **state)
{
        static const double rates[] = {100, 96, 94, 99};
        struct run_file run = {.complete = true, .valid_tiles = 8};
        struct scaling scaling;

        for (unsigned i = 0; i < ARRAY_SIZE(rates); i++)
                made_add(&run, &(struct made_step){.tiles = 2 * (i + 1),
                                       .rate = rates[i],
                                       .offered = 100,
                                       .wobble = 0.02});
        scaling = scale(&run);
        assert_ptr_equal(scaling.base, &scaling.rows[0]);
        assert_near(scaling.rows[0].linearity.estimate, 1, 0);
        assert_non_null(scaling.rows[0].linearity.missing);
        assert_near(scaling.rows[1].linearity.estimate, 0.96, 0.01);
        assert_null(scaling.rows[1].linearity.missing);
        assert_true(scaling.rows[1].linearity.low > 0.93);
        assert_true(scaling.rows[1].linearity.low < scaling.rows[1].linearity.estimate);
        assert_true(scaling.rows[1].linearity.high > scaling.rows[1].linearity.estimate);
        assert_true(scaling.rows[1].linearity.high < 0.99);
        /* The third falls short; that the fourth does not is no merit any more. */
        assert_int_equal(scaling.linear_to, 4);
        assert_int_equal(scaling.valid_tiles, 8);
        scaling_free(&scaling);

        run.steps[0].valid = false;
        scaling = scale(&run);
        assert_int_equal(scaling.valid_tiles, 0);
        assert_ptr_equal(scaling.headline, &scaling.rows[0]);
        assert_ptr_equal(scaling.base, &scaling.rows[1]);
        assert_near(scaling.rows[0].linearity.estimate, 100.0 / 96, 0.01);
        assert_int_equal(scaling.linear_to, 8);
        scaling_free(&scaling);

        for (size_t i = 0; i < run.n_steps; i++)
                run.steps[i].valid = false;
        scaling = scale(&run);
        assert_null(scaling.base);
        assert_int_equal(scaling.linear_to, 0);
        assert_true(isnan(scaling.rows[1].linearity.estimate));
        scaling_free(&scaling);
        made_free(&run);
}

/* The first step happened to get 5 % more requests than its rate says; all were answered always. */
static void the_luck_of_the_first_step_is_no_lack_of_linearity(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 3};
        struct scaling scaling;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 52.5});
        made_add(&run, &(struct made_step){.tiles = 2, .rate = 49.5});
        made_add(&run, &(struct made_step){.tiles = 3, .rate = 40, .offered = 50});
        scaling = scale(&run);
        assert_near(scaling.rows[1].linearity.estimate, 1, 0.001);
        assert_near(scaling.rows[2].linearity.estimate, 0.8, 0.001);
        assert_int_equal(scaling.linear_to, 2);
        scaling_free(&scaling);

        /* Twenty times as many are no luck: the second step's tiles had less to do. */
        for (size_t i = 0; i < run.n_steps; i++)
                run.steps[i].duration_s *= 20;
        scaling = scale(&run);
        assert_near(scaling.rows[1].linearity.estimate, 49.5 / 52.5, 0.01);
        scaling_free(&scaling);
        made_free(&run);
}

/* Steps that are not valid show how throughput bends; those without all guests show nothing. */
static void the_law_is_fitted_to_whole_steps(void **state)
{
        static const struct usl law = {.lambda = 100, .sigma = 0.02, .kappa = 0.003};
        struct run_file run = {.complete = true, .valid_tiles = 6};
        struct scaling scaling;
        struct run_guest *disk;

        for (unsigned n = 1; n <= 10; n++)
                made_add(&run, &(struct made_step){.tiles = n,
                                       .rate = usl_at(&law, n) * 100 / n,
                                       .offered = 10000,
                                       .seconds = 2,
                                       .invalid = n > 6});
        scaling = scale(&run);
        assert_true(scaling.has_usl);
        assert_null(scaling.usl_missing);
        assert_null(scaling.usl_caution);
        assert_int_equal(scaling.usl.n_distinct, 10);
        assert_near(scaling.usl.lambda, 10000, 10);
        assert_near(scaling.usl.sigma, 0.02, 0.001);
        assert_near(scaling.usl.kappa, 0.003, 0.0001);
        assert_near(scaling.usl.peak_n, sqrt(0.98 / 0.003), 0.2);
        scaling_free(&scaling);

        disk = &run.steps[4].tile_results[2].guests[6];
        disk->problem = strdup("did not answer");
        run.steps[5].interrupted = true;
        scaling = scale(&run);
        assert_false(scaling.rows[4].whole);
        assert_int_equal(scaling.usl.n_distinct, 8);
        scaling_free(&scaling);
        made_free(&run);
}

static void the_law_tells_how_little_it_knows(void **state)
{
        struct run_file run = {.complete = true, .valid_tiles = 4};
        struct scaling scaling;

        made_add(&run, &(struct made_step){.tiles = 1, .rate = 100, .seconds = 2});
        made_add(&run, &(struct made_step){.tiles = 2, .rate = 100, .seconds = 2});
        scaling = scale(&run);
        assert_false(scaling.has_usl);
        assert_non_null(strstr(scaling.usl_missing, "three numbers of tiles"));
        scaling_free(&scaling);

        made_add(&run, &(struct made_step){.tiles = 3, .rate = 100, .seconds = 2});
        scaling = scale(&run);
        assert_true(scaling.has_usl);
        assert_non_null(strstr(scaling.usl_caution, "what its clients offered"));
        scaling_free(&scaling);

        run.steps[2].offered_per_s *= 1.1;
        scaling = scale(&run);
        assert_non_null(strstr(scaling.usl_caution, "three steps"));
        scaling_free(&scaling);

        /* As a sweep ends that stops at the first step that is not valid. */
        made_add(&run, &(struct made_step){.tiles = 4, .rate = 100, .seconds = 2});
        scaling = scale(&run);
        assert_non_null(strstr(scaling.usl_caution, "hangs on that one alone"));
        scaling_free(&scaling);

        made_add(&run, &(struct made_step){.tiles = 5, .rate = 80, .offered = 100, .seconds = 2});
        scaling = scale(&run);
        assert_null(scaling.usl_caution);
        scaling_free(&scaling);
        made_free(&run);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_answer),
                cmocka_unit_test(a_single_step),
                cmocka_unit_test(not_even_the_first),
                cmocka_unit_test(a_run_that_was_cut_off),
                cmocka_unit_test(a_first_step_that_was_cut_short),
                cmocka_unit_test(nothing_at_all),
                cmocka_unit_test(a_noisy_step_is_said_to_be_noisy),
                cmocka_unit_test(two_windows_that_agree_are_not_noisy),
                cmocka_unit_test(where_noisy_windows_were_is_said),
                cmocka_unit_test(few_requests_are_not_noise),
                cmocka_unit_test(what_was_not_settled_is_said),
                cmocka_unit_test(responses_may_be_missing),
                cmocka_unit_test(repeats_make_one_row),
                cmocka_unit_test(one_window_is_taken_as_it_stands),
                cmocka_unit_test(a_short_window_has_no_interval),
                cmocka_unit_test(most_windows_decide),
                cmocka_unit_test(a_broken_window_counts_alone),
                cmocka_unit_test(one_of_two_is_not_valid),
                cmocka_unit_test(a_window_that_was_cut_short_is_left_out),
                cmocka_unit_test(the_order_of_measuring_does_not_matter),
                cmocka_unit_test(a_first_step_is_as_linear_as_itself),
                cmocka_unit_test(steps_without_throughput),
                cmocka_unit_test(linearity_is_by_the_first_valid_step),
                cmocka_unit_test(the_luck_of_the_first_step_is_no_lack_of_linearity),
                cmocka_unit_test(the_law_is_fitted_to_whole_steps),
                cmocka_unit_test(the_law_tells_how_little_it_knows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
