/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "hist.h"
#include "macro.h"
#include "rng.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static void bucket_count_is_exact(void **state)
{
        assert_int_equal(hist_index(HIST_MAX_NS) + 1, HIST_BUCKETS);
        assert_int_equal(hist_index(0), 0);
        assert_int_equal(hist_index(1), 1);
}

static void longer_than_the_range_counts_as_its_end(void **state)
{
        static const uint64_t values[] = {
                HIST_MAX_NS, HIST_MAX_NS + 1, 2 * HIST_MAX_NS, UINT64_MAX - 1, UINT64_MAX};

        for (size_t i = 0; i < ARRAY_SIZE(values); i++)
                assert_int_equal(hist_index(values[i]), HIST_BUCKETS - 1);
}

/* Every bucket: begins where the one before ends, holds exactly the values between its edges, and
 * is no wider than 1/64 of its smallest value. */
static void every_bucket_edge(void **state)
{
        uint64_t lower = 0;

        for (size_t i = 0; i < HIST_BUCKETS; i++) {
                uint64_t upper = hist_upper_ns(i), width = upper - lower;

                assert_true(upper > lower);
                assert_int_equal(hist_index(lower), i);
                assert_int_equal(hist_index(upper - 1), i);
                if (i + 1 < HIST_BUCKETS)
                        assert_int_equal(hist_index(upper), i + 1);
                assert_int_equal(width & (width - 1), 0);
                assert_true(i < 128 ? width == 1 : width * 64 <= lower);
                assert_in_range(hist_value_ns(i), lower, upper - 1);
                assert_int_equal(hist_index(hist_value_ns(i)), i);
                lower = upper;
        }
        assert_true(lower > HIST_MAX_NS);
}

static void check_round_trip(uint64_t v)
{
        uint64_t back = hist_value_ns(hist_index(v));
        uint64_t off = back > v ? back - v : v - back;

        /* 1/128 is the promise; 1 % is what the results say. */
        assert_case(off * 128 <= v, "%llu came back as %llu", (unsigned long long)v,
                (unsigned long long)back);
        if (v < 128)
                assert_int_equal(back, v);
}

static void round_trip_error_over_the_whole_range(void **state)
{
        struct rng rng;
        size_t last = 0;

        for (double v = 1; v <= (double)HIST_MAX_NS; v *= 1.0003) {
                size_t index = hist_index((uint64_t)v);

                check_round_trip((uint64_t)v);
                assert_true(index >= last && index < HIST_BUCKETS);
                last = index;
        }
        assert_true(last >= HIST_BUCKETS - 2);

        for (uint64_t p = 1; p < HIST_MAX_NS; p <<= 1) {
                check_round_trip(p - 1);
                check_round_trip(p);
                check_round_trip(p + 1);
        }
        check_round_trip(HIST_MAX_NS);

        rng_init(&rng, 1, 0);
        for (int i = 0; i < 200000; i++)
                check_round_trip(1 + rng_below(&rng, UINT64_C(1) << (1 + rng_below(&rng, 41))));
}

static void empty_histogram(void **state)
{
        static const struct hist empty;

        assert_int_equal(hist_count(&empty), 0);
        assert_int_equal(hist_quantile_ns(&empty, 0.5), 0);
        assert_int_equal(hist_quantile_ns(&empty, 1), 0);
        assert_true(hist_mean_ns(&empty) == 0);
}

/* Distributions of response times, from well-behaved to not at all. */

static uint64_t draw_uniform(struct rng *rng)
{
        return rng_below(rng, 1000000);
}

static uint64_t draw_exponential(struct rng *rng)
{
        return (uint64_t)rng_exponential(rng, 5e6);
}

static uint64_t draw_lognormal(struct rng *rng)
{
        double sum = -6;

        for (int i = 0; i < 12; i++)
                sum += rng_unit(rng);
        return (uint64_t)exp(13 + 1.5 * sum);
}

static uint64_t draw_pareto(struct rng *rng)
{
        return (uint64_t)(2e4 / pow(1 - rng_unit(rng), 1 / 0.9));
}

static uint64_t draw_two_humps(struct rng *rng)
{
        return rng_below(rng, 10) < 8 ? 50000 + rng_below(rng, 20000)
                                      : 100000000 + rng_below(rng, 1000000);
}

static uint64_t draw_tiny(struct rng *rng)
{
        return rng_below(rng, 3);
}

static uint64_t draw_constant(struct rng *rng)
{
        return 123456789;
}

static uint64_t draw_past_the_range(struct rng *rng)
{
        return HIST_MAX_NS - 1000000 + rng_below(rng, 2000000);
}

static uint64_t (*const distributions[])(struct rng *rng) = {
        draw_uniform,
        draw_exponential,
        draw_lognormal,
        draw_pareto,
        draw_two_humps,
        draw_tiny,
        draw_constant,
        draw_past_the_range,
};

static int compare(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return x < y ? -1 : x > y;
}

static void check_quantiles(const struct hist *hist, const uint64_t *sorted, size_t n)
{
        static const double shares[] = {
                1e-9, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1};
        uint64_t before = 0;

        for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
                double rank = ceil(shares[i] * (double)n);
                uint64_t exact = sorted[(size_t)rank - 1];
                uint64_t got = hist_quantile_ns(hist, shares[i]);

                assert_int_equal(got, hist_value_ns(hist_index(exact)));
                assert_near((double)got, (double)MIN(exact, HIST_MAX_NS),
                        0.01 * (double)MIN(exact, HIST_MAX_NS));
                assert_true(got >= before);
                before = got;
        }
}

static void quantiles_against_sorted_samples(void **state)
{
        static const size_t sizes[] = {1, 2, 3, 10, 100, 9999};
        static uint64_t samples[9999];

        for (size_t d = 0; d < ARRAY_SIZE(distributions); d++) {
                for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
                        struct hist hist = {};
                        struct rng rng;
                        uint64_t sum = 0;

                        rng_init(&rng, 2, d * 16 + s);
                        for (size_t i = 0; i < sizes[s]; i++) {
                                samples[i] = distributions[d](&rng);
                                sum += samples[i];
                                hist_record(&hist, samples[i]);
                        }
                        qsort(samples, sizes[s], sizeof samples[0], compare);
                        assert_int_equal(hist_count(&hist), sizes[s]);
                        assert_int_equal(hist.sum_ns, sum);
                        assert_near(hist_mean_ns(&hist), (double)sum / (double)sizes[s], 0);
                        check_quantiles(&hist, samples, sizes[s]);
                }
        }
}

static void quantile_share_out_of_bounds(void **state)
{
        struct hist hist = {};

        hist_record(&hist, 10);
        hist_record(&hist, 100);
        assert_int_equal(hist_quantile_ns(&hist, 0), 10);
        assert_int_equal(hist_quantile_ns(&hist, -1), 10);
        assert_int_equal(hist_quantile_ns(&hist, 1.5), 100);
        assert_int_equal(hist_quantile_ns(&hist, (double)NAN), 10);

        /* So many that a double cannot count them one by one. */
        hist.buckets[50] = UINT64_MAX - 2;
        assert_int_equal(hist_quantile_ns(&hist, 1), 100);
        assert_int_equal(hist_quantile_ns(&hist, 0.5), 50);
}

static void add_is_recording_into_one(void **state)
{
        struct hist parts[3] = {}, all = {}, sum = {};
        struct rng rng;

        rng_init(&rng, 3, 0);
        for (int i = 0; i < 30000; i++) {
                uint64_t v = draw_pareto(&rng);

                hist_record(&parts[rng_below(&rng, ARRAY_SIZE(parts))], v);
                hist_record(&all, v);
        }
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
                hist_add(&sum, &parts[i]);
        assert_memory_equal(&sum, &all, sizeof sum);
}

static void subtract_cuts_out_the_window(void **state)
{
        struct hist running = {}, start, window = {}, got;
        struct rng rng;

        rng_init(&rng, 4, 0);
        for (int i = 0; i < 10000; i++)
                hist_record(&running, draw_lognormal(&rng));
        start = running;
        for (int i = 0; i < 5000; i++) {
                uint64_t v = draw_exponential(&rng);

                hist_record(&running, v);
                hist_record(&window, v);
        }
        memset(&got, 0xff, sizeof got);
        assert_int_equal(hist_subtract(&got, &running, &start), 0);
        assert_memory_equal(&got, &window, sizeof got);

        assert_int_equal(hist_subtract(&got, &running, &running), 0);
        assert_int_equal(hist_count(&got), 0);
        assert_int_equal(got.sum_ns, 0);
}

static void subtract_refuses_what_shrank(void **state)
{
        struct hist start = {}, end = {}, window;

        /* More records, but one bucket has fewer. */
        hist_record(&start, 10);
        hist_record(&end, 20);
        hist_record(&end, 30);
        assert_int_equal(hist_subtract(&window, &end, &start), -ERANGE);

        /* The same in the last bucket, equal sums. */
        start = end = (struct hist){};
        hist_record(&start, HIST_MAX_NS);
        hist_record(&end, HIST_MAX_NS / 2);
        hist_record(&end, HIST_MAX_NS / 2);
        assert_int_equal(hist_subtract(&window, &end, &start), -ERANGE);

        /* The buckets alone would pass, the sum does not. */
        start = end = (struct hist){};
        hist_record(&start, 1000);
        end = start;
        end.sum_ns--;
        assert_int_equal(hist_subtract(&window, &end, &start), -ERANGE);

        /* What a role that restarted looks like: read the other way round. */
        start = end = (struct hist){};
        hist_record(&start, 1000);
        assert_int_equal(hist_subtract(&window, &end, &start), -ERANGE);
}

enum { MANY = 1000000 };

static void *record_many(void *arg)
{
        struct hist *hist = arg;

        for (uint64_t i = 1; i <= MANY; i++)
                hist_record(hist, i * 37);
        return NULL;
}

/* One thread records while another reads: readings only grow, so any two subtract. */
static void reader_beside_the_writer(void **state)
{
        static struct hist hist;
        struct hist before = {}, now, window;
        uint64_t windows = 0;
        pthread_t writer;

        assert_int_equal(pthread_create(&writer, NULL, record_many, &hist), 0);
        do {
                now = (struct hist){};
                hist_add(&now, &hist);
                if (hist_subtract(&window, &now, &before) < 0)
                        break;
                windows += hist_count(&window);
                before = now;
        } while (windows < MANY);
        assert_int_equal(pthread_join(writer, NULL), 0);
        assert_int_equal(windows, MANY);
        assert_int_equal(hist_count(&hist), MANY);
        assert_int_equal(hist.sum_ns, UINT64_C(37) * MANY * (MANY + 1) / 2);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(bucket_count_is_exact),
                cmocka_unit_test(longer_than_the_range_counts_as_its_end),
                cmocka_unit_test(every_bucket_edge),
                cmocka_unit_test(round_trip_error_over_the_whole_range),
                cmocka_unit_test(empty_histogram),
                cmocka_unit_test(quantiles_against_sorted_samples),
                cmocka_unit_test(quantile_share_out_of_bounds),
                cmocka_unit_test(add_is_recording_into_one),
                cmocka_unit_test(subtract_cuts_out_the_window),
                cmocka_unit_test(subtract_refuses_what_shrank),
                cmocka_unit_test(reader_beside_the_writer),
        };

        return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
