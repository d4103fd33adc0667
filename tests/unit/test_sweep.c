/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sweeps over hosts that are made up: each has a capacity curve, and noise if it is to have some.
 */
#include "unit.h"

#include "macro.h"
#include "rng.h"
#include "sweep.h"

#include <string.h>

/* Requests a second that a tile's client offers, and how long a window is. */
#define OFFERED  100.0
#define WINDOW_S 30.0

struct host {
        double capacity;  /* requests a second that it can answer */
        double achieved;  /* share of the offered ones that a valid step must answer */
        double noise;     /* standard deviation of a window's rate, as a share of it */
        unsigned broken;  /* this number of tiles gives a wrong answer, once */
        unsigned unlucky; /* the first window of this number of tiles is not valid */
        unsigned slow;    /* the first window of this number of tiles brings 10 % less */
        struct rng rng;
};

static double normal(struct rng *rng)
{
        double sum = -6;

        for (int i = 0; i < 12; i++)
                sum += rng_unit(rng);
        return sum;
}

static struct sweep_window measure(struct host *host, unsigned tiles, unsigned repeat)
{
        double offered = tiles * OFFERED, rate = fmin(offered, host->capacity);
        struct sweep_window w = {0};

        if (tiles == host->slow && repeat == 1)
                rate *= 0.9;
        rate *= 1 + host->noise * normal(&host->rng);
        w.rate = rate;
        w.requests = (uint64_t)(rate * WINDOW_S);
        w.valid = rate >= offered * host->achieved;
        if (tiles == host->broken && repeat == 1)
                w = (struct sweep_window){.rate = rate, .requests = w.requests, .broken = true};
        if (tiles == host->unlucky && repeat == 1)
                w.valid = false;
        return w;
}

/* "1 2 3 3" for the windows that were measured; at most `cut` of them (0: until the end). */
static char *go(struct sweep *sweep, struct host *host, unsigned cut, char *text, size_t size)
{
        unsigned tiles, repeat, windows = 0;
        size_t used = 0;

        text[0] = '\0';
        while ((cut == 0 || windows < cut) && sweep_next(sweep, &tiles, &repeat)) {
                struct sweep_window w = measure(host, tiles, repeat);

                assert_int_equal(repeat, sweep->steps[tiles].windows + 1);
                used += (size_t)snprintf(
                        text + used, size - used, "%s%u", windows++ ? " " : "", tiles);
                assert_true(used < size);
                sweep_add(sweep, tiles, &w);
        }
        return text;
}

/* The whole sweep: its numbers, why it ended, where, and how many tiles are valid. */
static void check(struct sweep_config config, struct host host, const char *numbers,
        enum sweep_end end, unsigned at, unsigned valid)
{
        struct sweep sweep;
        char text[2048];
        unsigned tiles = 0;

        rng_init(&host.rng, 1, 0);
        sweep_init(&sweep, &config);
        go(&sweep, &host, 0, text, sizeof text);
        assert_string_equal(text, numbers);
        assert_int_equal(sweep_ended(&sweep, &tiles), end);
        assert_int_equal(tiles, at);
        assert_int_equal(sweep_valid_tiles(&sweep), valid);
}

static const struct sweep_config plain = {
        .first = 1, .last = 8, .step = 1, .repeat = 1, .stop_at_invalid = true, .min_gain = 0.1};
static const struct host large = {.capacity = 1e9, .achieved = 0.98};

static struct sweep_config with(unsigned first, unsigned last, unsigned step, unsigned repeat)
{
        struct sweep_config config = plain;

        config.first = first;
        config.last = last;
        config.step = step;
        config.repeat = repeat;
        return config;
}

/* ---- one after the other ---- */

static void steps_go_to_the_last(void **state)
{
        check(with(1, 1, 1, 1), large, "1", SWEEP_LAST_STEP, 1, 1);
        check(with(1, 8, 1, 1), large, "1 2 3 4 5 6 7 8", SWEEP_LAST_STEP, 8, 8);
        check(with(3, 5, 1, 1), large, "3 4 5", SWEEP_LAST_STEP, 5, 5);
        check(with(2, 8, 2, 1), large, "2 4 6 8", SWEEP_LAST_STEP, 8, 8);
        check(with(1, 8, 3, 1), large, "1 4 7 8", SWEEP_LAST_STEP, 8, 8);
        check(with(1, 250, 100, 1), large, "1 101 201 250", SWEEP_LAST_STEP, 250, 250);
}

static void the_first_invalid_step_ends_it(void **state)
{
        struct host host = {.capacity = 450, .achieved = 0.98};
        struct sweep_config on = plain;

        check(plain, host, "1 2 3 4 5", SWEEP_INVALID, 5, 4);
        on.stop_at_invalid = false;
        on.min_gain = 0;
        check(on, host, "1 2 3 4 5 6 7 8", SWEEP_LAST_STEP, 8, 4);
        host.capacity = 50;
        check(plain, host, "1", SWEEP_INVALID, 1, 0);
}

static void a_tile_that_adds_nothing_ends_it(void **state)
{
        struct host host = {.capacity = 400}; /* whatever is achieved is valid */

        /* 5 adds nothing, and 6 says so, too. */
        check(plain, host, "1 2 3 4 5 6", SWEEP_NO_GAIN, 6, 6);
        host.capacity = 450; /* 5 adds a half; 6 and 7 nothing */
        check(plain, host, "1 2 3 4 5 6 7", SWEEP_NO_GAIN, 7, 7);
        host.capacity = 700; /* nobody is left to say so after 8 */
        check(plain, host, "1 2 3 4 5 6 7 8", SWEEP_LAST_STEP, 8, 8);
}

static void a_share_of_zero_is_no_end(void **state)
{
        struct sweep_config config = plain;

        config.min_gain = 0;
        check(config, (struct host){.capacity = 200}, "1 2 3 4 5 6 7 8", SWEEP_LAST_STEP, 8, 8);
}

static void one_slow_step_ends_nothing(void **state)
{
        struct host host = large;

        host.achieved = 0.5;
        for (unsigned n = 1; n <= 20; n++) {
                host.slow = n;
                check(with(1, 20, 1, 1), host, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20",
                        SWEEP_LAST_STEP, 20, 20);
        }
}

/* ---- noise ---- */

/* How many of 1000 sweeps 1-20 that could go on end before, for want of gain. */
static unsigned ended_by_chance(double noise, unsigned step)
{
        unsigned ended = 0;

        for (uint64_t seed = 0; seed < 1000; seed++) {
                struct host host = {.capacity = 1e9, .noise = noise};
                struct sweep_config config = with(1, 20, step, 1);
                struct sweep sweep;
                char text[256];
                unsigned at;

                rng_init(&host.rng, seed, 0);
                sweep_init(&sweep, &config);
                go(&sweep, &host, 0, text, sizeof text);
                ended += sweep_ended(&sweep, &at) == SWEEP_NO_GAIN;
        }
        return ended;
}

static void noise_seldom_ends_a_sweep(void **state)
{
        assert_int_equal(ended_by_chance(0, 1), 0);
        assert_int_equal(ended_by_chance(0.005, 1), 0);
        assert_in_range(ended_by_chance(0.01, 1), 0, 5);
        assert_in_range(ended_by_chance(0.02, 1), 0, 100);
        assert_int_equal(ended_by_chance(0.02, 4), 0);
}

static void saturation_is_found_in_spite_of_noise(void **state)
{
        for (uint64_t seed = 0; seed < 1000; seed++) {
                struct host host = {.capacity = 1000, .noise = 0.01};
                struct sweep_config config = with(1, 40, 1, 1);
                struct sweep sweep;
                char text[256];
                unsigned at;

                rng_init(&host.rng, seed, 1);
                sweep_init(&sweep, &config);
                go(&sweep, &host, 0, text, sizeof text);
                assert_case(
                        sweep_ended(&sweep, &at) == SWEEP_NO_GAIN, "seed %d: %s", (int)seed, text);
                assert_in_range(at, 10, 26);
        }
}

static enum sweep_end end_of_three(double rate, double requests)
{
        const double rates[] = {1, 0.99, 0.98};
        struct sweep_config config = with(20, 30, 1, 1);
        struct sweep sweep;
        unsigned at;

        sweep_init(&sweep, &config);
        for (unsigned i = 0; i < ARRAY_SIZE(rates); i++)
                sweep_add(&sweep, 20 + i,
                        &(struct sweep_window){.valid = true,
                                .rate = rate * rates[i],
                                .requests = (uint64_t)(requests * rates[i])});
        return sweep_ended(&sweep, &at);
}

static void few_requests_prove_nothing(void **state)
{
        /* 20 tiles, 2 requests/s each, for 30 s: that the next two bring none may be chance. */
        assert_int_equal(end_of_three(40, 1200), SWEEP_GOES_ON);
        assert_int_equal(end_of_three(4000, 120000), SWEEP_NO_GAIN);
}

static void the_gain_and_its_error(void **state)
{
        const struct sweep_window w[] = {{.rate = 100, .requests = 10000},
                {.rate = 102, .requests = 10200}, {.rate = 200, .requests = 20000}};
        struct sweep_config config = with(1, 2, 1, 2);
        struct sweep sweep;
        double error;

        sweep_init(&sweep, &config);
        sweep_add(&sweep, 1, &w[0]);
        sweep_add(&sweep, 1, &w[1]);
        sweep_add(&sweep, 2, &w[2]);
        /* Repeats at 100 and 102: their mean is off by 1 (sd 1.414 / sqrt 2); the count of 20200
         * requests, by 101 / sqrt(20200) = 0.71, is the smaller one. */
        assert_near(sweep_rate(&sweep.steps[1], &error), 101, 1e-9);
        assert_near(error, 1, 1e-9);
        /* A single window: 200 / sqrt(20000). */
        assert_near(sweep_rate(&sweep.steps[2], &error), 200, 1e-9);
        assert_near(error, 1.41421356, 1e-6);
        assert_near(sweep_gain(&sweep, 1, 2, &error), 99.0 / 101, 1e-9);
        assert_near(error, sqrt(3) / 101, 1e-6);
}

static void nothing_at_first_is_no_measure(void **state)
{
        struct sweep_window w = {.valid = true};
        struct sweep sweep;
        double error;
        unsigned at;

        sweep_init(&sweep, &plain);
        for (unsigned i = 1; i <= 4; i++)
                sweep_add(&sweep, i, &w);
        assert_true(isnan(sweep_gain(&sweep, 1, 2, &error)));
        assert_int_equal(sweep_ended(&sweep, &at), SWEEP_GOES_ON);
}

/* ---- repeats ---- */

static void most_windows_decide(void **state)
{
        struct host host = large;

        host.unlucky = 2;
        check(with(1, 3, 1, 3), host, "1 1 1 2 2 2 3 3 3", SWEEP_LAST_STEP, 3, 3);
        /* One of two is not most. */
        check(with(1, 3, 1, 2), host, "1 1 2 2", SWEEP_INVALID, 2, 1);
        check(with(1, 3, 1, 1), host, "1 2", SWEEP_INVALID, 2, 1);
}

static void a_wrong_answer_is_never_outvoted(void **state)
{
        struct host host = large;

        host.broken = 2;
        check(with(1, 3, 1, 5), host, "1 1 1 1 1 2 2 2 2 2", SWEEP_INVALID, 2, 1);
}

/* ---- search ---- */

static struct sweep_config search(unsigned first, unsigned last, unsigned step)
{
        struct sweep_config config = with(first, last, step, 1);

        config.search = true;
        return config;
}

static void search_finds_the_largest(void **state)
{
        struct host host = {.achieved = 0.98};

        /* Every capacity, from less than one tile to more than all. */
        for (unsigned fits = 0; fits <= 40; fits++) {
                struct sweep_config config = search(1, 32, 1);
                struct sweep sweep;
                char text[256];
                unsigned at, windows = 1;
                enum sweep_end end;

                host.capacity = fits * OFFERED + 10;
                sweep_init(&sweep, &config);
                go(&sweep, &host, 0, text, sizeof text);
                end = sweep_ended(&sweep, &at);
                for (const char *p = text; *p; p++)
                        windows += *p == ' ';
                assert_in_range(windows, 1, 10);
                assert_int_equal(sweep_valid_tiles(&sweep), MIN(fits, 32u));
                assert_int_equal(end, fits == 0    ? SWEEP_INVALID
                                      : fits >= 32 ? SWEEP_LAST_STEP
                                                   : SWEEP_FOUND);
                assert_int_equal(at, MIN(fits + 1, 32u));
        }
}

static void search_doubles_and_halves(void **state)
{
        struct host host = {.capacity = 2150, .achieved = 0.98};

        check(search(1, 32, 1), host, "1 2 4 8 16 32 24 20 22 21", SWEEP_FOUND, 22, 21);
        check(search(1, 250, 1), host, "1 2 4 8 16 32 24 20 22 21", SWEEP_FOUND, 22, 21);
        check(search(3, 20, 1), host, "3 6 12 20", SWEEP_LAST_STEP, 20, 20);
        /* As exactly as --step says. */
        check(search(1, 32, 4), host, "1 2 4 8 16 32 24 20", SWEEP_FOUND, 24, 20);
        check(search(1, 32, 32), host, "1 2 4 8 16 32", SWEEP_FOUND, 32, 16);
        host.capacity = 50;
        check(search(1, 32, 1), host, "1", SWEEP_INVALID, 1, 0);
}

static void search_repeats(void **state)
{
        struct sweep_config config = search(1, 8, 1);
        struct host host = {.capacity = 550, .achieved = 0.98, .unlucky = 4};

        config.repeat = 3;
        check(config, host, "1 1 1 2 2 2 4 4 4 8 8 8 6 6 6 5 5 5", SWEEP_FOUND, 6, 5);
}

static void search_ends_where_tiles_add_nothing(void **state)
{
        struct host host = {.capacity = 1000};

        /* Every number is valid, but none above 10 has more than 10 has. */
        check(search(1, 32, 1), host, "1 2 4 8 16 32 24 20 18 17", SWEEP_FOUND, 17, 32);
}

/* ---- cut off ---- */

static void what_was_cut_off_goes_on_as_if_it_was_not(void **state)
{
        const struct sweep_config configs[] = {
                plain, with(1, 8, 3, 2), search(1, 32, 1), search(1, 32, 3)};

        for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
                for (unsigned cut = 1; cut < 12; cut++) {
                        struct host host = {.capacity = 720, .achieved = 0.98}, again = host;
                        struct sweep whole, first, second;
                        char all[256], begin[256], end[256], both[600];

                        sweep_init(&whole, &configs[i]);
                        go(&whole, &host, 0, all, sizeof all);
                        sweep_init(&first, &configs[i]);
                        go(&first, &again, cut, begin, sizeof begin);
                        second = first;
                        go(&second, &again, 0, end, sizeof end);
                        snprintf(both, sizeof both, "%s%s%s", begin, *end ? " " : "", end);
                        assert_string_equal(both, all);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(steps_go_to_the_last),
                cmocka_unit_test(the_first_invalid_step_ends_it),
                cmocka_unit_test(a_tile_that_adds_nothing_ends_it),
                cmocka_unit_test(a_share_of_zero_is_no_end),
                cmocka_unit_test(one_slow_step_ends_nothing),
                cmocka_unit_test(noise_seldom_ends_a_sweep),
                cmocka_unit_test(saturation_is_found_in_spite_of_noise),
                cmocka_unit_test(few_requests_prove_nothing),
                cmocka_unit_test(the_gain_and_its_error),
                cmocka_unit_test(nothing_at_first_is_no_measure),
                cmocka_unit_test(most_windows_decide),
                cmocka_unit_test(a_wrong_answer_is_never_outvoted),
                cmocka_unit_test(search_finds_the_largest),
                cmocka_unit_test(search_doubles_and_halves),
                cmocka_unit_test(search_repeats),
                cmocka_unit_test(search_ends_where_tiles_add_nothing),
                cmocka_unit_test(what_was_cut_off_goes_on_as_if_it_was_not),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
