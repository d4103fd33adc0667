/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "macro.h"
#include "pace.h"

#include <stdlib.h>

#define START (1234567 * NS_PER_S + 89)

static struct pace_config open_loop(enum pace_arrival arrival, double rate_per_s)
{
        return (struct pace_config){
                .mode = PACE_OPEN, .arrival = arrival, .rate_per_s = rate_per_s};
}

static struct pace_config closed_loop(uint64_t think_ns, uint64_t think_max_ns)
{
        return (struct pace_config){
                .mode = PACE_CLOSED, .think_ns = think_ns, .think_max_ns = think_max_ns};
}

static const double rates[] = {0.1, 1, 3, 7, 333.25, 1000, 48000, 999983, 1e8};

/* Operation i is due i / rate after the start, to the nanosecond, also after a million. */
static void uniform_is_exact_and_does_not_drift(void **state)
{
        for (size_t r = 0; r < ARRAY_SIZE(rates); r++) {
                struct pace_config config = open_loop(PACE_UNIFORM, rates[r]);
                struct pace pace;

                pace_init(&pace, &config, 1, 0, 1, START);
                for (uint64_t i = 0; i < 1000000; i++) {
                        long double exact = (long double)i * 1e9L / (long double)rates[r];
                        uint64_t due_ns = pace_look(&pace);
                        long double off = (long double)(due_ns - START) - exact;
                        long double bound =
                                0.51L + exact * 0x1p-52L; /* a double's own, after days */

                        assert_case(due_ns >= START && off <= bound && off >= -bound,
                                "rate %g, operation %llu: off by %Lg ns", rates[r],
                                (unsigned long long)i, off);
                        assert_true(pace_take(&pace) == due_ns);
                }
        }
}

/* Shares together are what one alone would be: operation i goes to share i % n. */
static void uniform_shares_interleave(void **state)
{
        static const unsigned counts[] = {1, 2, 3, 7, 64};

        for (size_t c = 0; c < ARRAY_SIZE(counts); c++) {
                struct pace_config config = open_loop(PACE_UNIFORM, 12345);
                struct pace shares[64], alone;

                pace_init(&alone, &config, 1, 0, 1, START);
                for (unsigned s = 0; s < counts[c]; s++)
                        pace_init(&shares[s], &config, s, s, counts[c], START);
                for (unsigned i = 0; i < 100000; i++) {
                        uint64_t due_ns = pace_take(&shares[i % counts[c]]);

                        assert_near(
                                (double)(due_ns - START), (double)(pace_take(&alone) - START), 1);
                }
        }
}

/* Gaps of a Poisson process, with their exponential distribution. */
static void check_poisson(struct pace *pace, double rate_per_s)
{
        enum { N = 200000, BINS = 50, WINDOW = 20 };
        double mean_ns = 1e9 / rate_per_s, sum = 0, squares = 0, expected[BINS], dispersion = 0;
        uint64_t bins[BINS] = {}, before_ns = START, in_window = 0, windows = 0;
        double window_end_ns = WINDOW * mean_ns;

        for (int i = 0; i < N; i++) {
                uint64_t due_ns = pace_take(pace);
                double gap_ns = (double)(due_ns - before_ns);
                size_t bin = (size_t)((1 - exp(-gap_ns / mean_ns)) * BINS);

                assert_true(due_ns >= before_ns);
                bins[MIN(bin, (size_t)BINS - 1)]++;
                sum += gap_ns;
                squares += gap_ns * gap_ns;
                before_ns = due_ns;

                /* how many fall in each window of 20 mean gaps */
                for (; (double)(due_ns - START) >= window_end_ns; windows++, in_window = 0) {
                        dispersion += ((double)in_window - WINDOW) * ((double)in_window - WINDOW);
                        window_end_ns += WINDOW * mean_ns;
                }
                in_window++;
        }
        for (int i = 0; i < BINS; i++)
                expected[i] = (double)N / BINS;
        assert_chi_square(bins, expected, BINS);
        assert_near(sum / N, mean_ns, 5 * mean_ns / sqrt(N));
        assert_near(squares / N, 2 * mean_ns * mean_ns, 5 * sqrt(20.0 / N) * mean_ns * mean_ns);
        /* Counts have the variance of their mean: windows do not know of each other. */
        assert_near(dispersion / (double)windows / WINDOW, 1, 5 * sqrt(2.0 / (double)windows));
}

static void poisson_is_poisson(void **state)
{
        static const double poisson_rates[] = {0.5, 100, 48000};

        for (size_t r = 0; r < ARRAY_SIZE(poisson_rates); r++) {
                for (uint64_t seed = 1; seed <= 3; seed++) {
                        struct pace_config config = open_loop(PACE_POISSON, poisson_rates[r]);
                        struct pace pace;

                        pace_init(&pace, &config, seed, 0, 1, START);
                        check_poisson(&pace, poisson_rates[r]);
                }
        }
}

/* A share is a Poisson process of its part of the rate. */
static void poisson_share_has_its_part(void **state)
{
        struct pace_config config = open_loop(PACE_POISSON, 4000);
        struct pace pace;

        for (unsigned share = 0; share < 4; share++) {
                pace_init(&pace, &config, 1, share, 4, START);
                check_poisson(&pace, 1000);
        }
}

static double correlation(struct pace *a, struct pace *b, int n)
{
        double sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
        uint64_t before_a = START, before_b = START;

        for (int i = 0; i < n; i++) {
                double x = (double)(pace_look(a) - before_a), y = (double)(pace_look(b) - before_b);

                before_a = pace_take(a);
                before_b = pace_take(b);
                sa += x;
                sb += y;
                saa += x * x;
                sbb += y * y;
                sab += x * y;
        }
        return (sab / n - sa / n * sb / n) /
               sqrt((saa / n - sa / n * sa / n) * (sbb / n - sb / n * sb / n));
}

static void poisson_seeds_and_shares_are_independent(void **state)
{
        enum { N = 50000 };
        struct pace_config config = open_loop(PACE_POISSON, 1000);
        struct pace a, b;

        for (uint64_t seed = 0; seed < 4; seed++) {
                pace_init(&a, &config, seed, 0, 2, START);
                pace_init(&b, &config, seed + 1, 0, 2, START);
                assert_near(correlation(&a, &b, N), 0, 5 / sqrt(N));
                pace_init(&a, &config, seed, 0, 2, START);
                pace_init(&b, &config, seed, 1, 2, START);
                assert_near(correlation(&a, &b, N), 0, 5 / sqrt(N));
                pace_init(&a, &config, seed, 0, 2, START); /* and the measure is not blind */
                pace_init(&b, &config, seed, 0, 2, START);
                assert_near(correlation(&a, &b, N), 1, 1e-9);
        }
}

/* The same seed gives the same schedule, whatever the clock shows when work begins. */
static void schedule_follows_from_seed_and_start(void **state)
{
        static const enum pace_arrival arrivals[] = {PACE_UNIFORM, PACE_POISSON};

        for (size_t m = 0; m < ARRAY_SIZE(arrivals); m++) {
                struct pace_config config = open_loop(arrivals[m], 777);
                struct pace a, b;

                pace_init(&a, &config, 42, 1, 3, 0);
                pace_init(&b, &config, 42, 1, 3, START);
                for (int i = 0; i < 10000; i++)
                        assert_true(pace_take(&a) + START == pace_take(&b));
        }
}

/* A sender that stalls for a second finds everything that fell due meanwhile, each with its own due
 * time, and is then back on the schedule of one that never stalled. */
static void late_sender_catches_up(void **state)
{
        static const enum pace_arrival arrivals[] = {PACE_UNIFORM, PACE_POISSON};

        for (size_t m = 0; m < ARRAY_SIZE(arrivals); m++) {
                struct pace_config config = open_loop(arrivals[m], 1000);
                struct pace steady, stalled;
                uint64_t clock_ns = START, caught_up = 0, looked_ns;

                pace_init(&steady, &config, 5, 0, 1, START);
                pace_init(&stalled, &config, 5, 0, 1, START);
                for (int tick = 0; tick < 5000; tick++, clock_ns += NS_PER_MS) {
                        while (pace_look(&steady) <= clock_ns)
                                pace_take(&steady);
                        if (tick >= 1000 && tick < 2000)
                                continue; /* stalled */
                        while (pace_look(&stalled) <= clock_ns) {
                                looked_ns = pace_look(&stalled);
                                assert_true(looked_ns == pace_look(&stalled)); /* only looks */
                                assert_true(pace_take(&stalled) == looked_ns);
                                caught_up += tick == 2000;
                        }
                        assert_true(pace_look(&stalled) == pace_look(&steady));
                }
                assert_near((double)caught_up, 1000, arrivals[m] == PACE_UNIFORM ? 2 : 160);
        }
}

static void closed_loop_has_no_due_time_of_its_own(void **state)
{
        struct pace_config config = closed_loop(NS_PER_S, 0);
        struct pace pace;

        pace_init(&pace, &config, 1, 0, 1, START);
        for (int i = 0; i < 3; i++) {
                assert_true(pace_look(&pace) == CLOCK_NEVER);
                assert_true(pace_take(&pace) == CLOCK_NEVER);
        }
}

static void without_thinking_the_next_is_due_at_once(void **state)
{
        struct pace_config config = closed_loop(0, 0);
        struct pace pace;

        pace_init(&pace, &config, 1, 0, 1, START);
        for (uint64_t i = 0; i < 100; i++)
                assert_true(pace_think(&pace, START + i) == START + i);
}

static void think_times_are_exponential(void **state)
{
        enum { N = 200000, BINS = 50 };
        const uint64_t mean_ns = 10 * NS_PER_S;
        struct pace_config config = closed_loop(mean_ns, 0);
        double sum = 0, expected[BINS];
        uint64_t bins[BINS] = {};
        struct pace pace;

        pace_init(&pace, &config, 9, 0, 1, START);
        for (int i = 0; i < N; i++) {
                uint64_t done_ns = START + (uint64_t)i, due_ns = pace_think(&pace, done_ns);
                double think_ns = (double)(due_ns - done_ns);
                size_t bin = (size_t)((1 - exp(-think_ns / (double)mean_ns)) * BINS);

                assert_true(due_ns >= done_ns);
                bins[MIN(bin, (size_t)BINS - 1)]++;
                sum += think_ns;
        }
        for (int i = 0; i < BINS; i++)
                expected[i] = (double)N / BINS;
        assert_chi_square(bins, expected, BINS);
        assert_near(sum / N, (double)mean_ns, 5 * (double)mean_ns / sqrt(N));
}

static void think_times_are_cut(void **state)
{
        enum { N = 200000 };
        const double mean_ns = 1e9, max_ns = 2e9, share = exp(-max_ns / mean_ns);
        struct pace_config config = closed_loop((uint64_t)mean_ns, (uint64_t)max_ns);
        double sum = 0;
        int cut = 0;
        struct pace pace;

        pace_init(&pace, &config, 10, 0, 1, START);
        for (int i = 0; i < N; i++) {
                uint64_t think_ns = pace_think(&pace, START) - START;

                assert_true(think_ns <= (uint64_t)max_ns);
                cut += think_ns == (uint64_t)max_ns;
                sum += (double)think_ns;
        }
        assert_near((double)cut / N, share, 5 * sqrt(share / N));
        assert_near(sum / N, mean_ns * (1 - share), 5 * mean_ns / sqrt(N));
}

static void users_of_one_seed_think_alike_and_of_two_do_not(void **state)
{
        struct pace_config config = closed_loop(NS_PER_S, 0);
        struct pace a, b, c, d;
        int same = 0;

        pace_init(&a, &config, 1, 0, 2, START);
        pace_init(&b, &config, 1, 0, 2, 0);
        pace_init(&c, &config, 2, 0, 2, START);
        pace_init(&d, &config, 1, 1, 2, START);
        for (int i = 0; i < 1000; i++) {
                uint64_t think_ns = pace_think(&a, 0);

                assert_true(pace_think(&b, 0) == think_ns);
                same += pace_think(&c, 0) == think_ns;
                same += pace_think(&d, 0) == think_ns;
        }
        assert_int_equal(same, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(uniform_is_exact_and_does_not_drift),
                cmocka_unit_test(uniform_shares_interleave),
                cmocka_unit_test(poisson_is_poisson),
                cmocka_unit_test(poisson_share_has_its_part),
                cmocka_unit_test(poisson_seeds_and_shares_are_independent),
                cmocka_unit_test(schedule_follows_from_seed_and_start),
                cmocka_unit_test(late_sender_catches_up),
                cmocka_unit_test(closed_loop_has_no_due_time_of_its_own),
                cmocka_unit_test(without_thinking_the_next_is_due_at_once),
                cmocka_unit_test(think_times_are_exponential),
                cmocka_unit_test(think_times_are_cut),
                cmocka_unit_test(users_of_one_seed_think_alike_and_of_two_do_not),
        };

        return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
