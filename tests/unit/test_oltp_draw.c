/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "draw.h"

#include <math.h>
#include <string.h>

#define DRAWS         200000
#define DISTRIBUTIONS 4

/* Mean and standard deviation of DRAWS ids, as shares of the table. */
static void moments(
        enum draw_distribution distribution, uint32_t n, double *mean, double *deviation)
{
        double sum = 0, squares = 0;
        struct rng rng;

        rng_init(&rng, 7, 0);
        for (unsigned i = 0; i < DRAWS; i++) {
                double x = (draw_id(distribution, n, &rng) - 0.5) / n;

                sum += x;
                squares += x * x;
        }
        *mean = sum / DRAWS;
        *deviation = sqrt(squares / DRAWS - *mean * *mean);
}

/* Share of the draws with from < id <= to. */
static double share(enum draw_distribution distribution, uint32_t n, uint32_t from, uint32_t to)
{
        unsigned hits = 0;
        struct rng rng;

        rng_init(&rng, 11, 0);
        for (unsigned i = 0; i < DRAWS; i++) {
                uint32_t id = draw_id(distribution, n, &rng);

                hits += id > from && id <= to;
        }
        return (double)hits / DRAWS;
}

static void test_ids_are_in_the_table(void **state)
{
        static const uint32_t sizes[] = {1, 2, 3, 10, 99, 100, 101, 10000, INT32_MAX};
        struct rng rng;

        rng_init(&rng, 3, 0);
        for (unsigned d = 0; d < DISTRIBUTIONS; d++)
                for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
                        for (unsigned i = 0; i < 2000; i++)
                                assert_in_range(draw_id(d, sizes[s], &rng), 1, sizes[s]);
}

/* No row of a small table is out of reach, the first and the last included. */
static void test_every_id_comes(void **state)
{
        enum { N = 10 };

        for (unsigned d = 0; d < DISTRIBUTIONS; d++) {
                unsigned seen[N + 1] = {0};
                struct rng rng;

                if (d == DRAW_GAUSSIAN || d == DRAW_SPECIAL)
                        continue; /* the ends are 6 standard deviations away */
                rng_init(&rng, 5, 0);
                for (unsigned i = 0; i < DRAWS; i++)
                        seen[draw_id(d, N, &rng)]++;
                for (unsigned id = 1; id <= N; id++)
                        assert_true(seen[id] > 0);
        }
}

static void test_uniform(void **state)
{
        double mean, deviation;

        moments(DRAW_UNIFORM, 10000, &mean, &deviation);
        assert_float_equal(mean, 0.5, 0.005);
        assert_float_equal(deviation, sqrt(1.0 / 12), 0.003);
        assert_float_equal(share(DRAW_UNIFORM, 10000, 1000, 2000), 0.1, 0.005);
}

static void test_gaussian(void **state)
{
        double mean, deviation;

        moments(DRAW_GAUSSIAN, 10000, &mean, &deviation);
        assert_float_equal(mean, 0.5, 0.002);
        assert_float_equal(deviation, 1.0 / 12, 0.001);
        /* Within one standard deviation, and within two. */
        assert_float_equal(share(DRAW_GAUSSIAN, 12000, 5000, 7000), 0.683, 0.01);
        assert_float_equal(share(DRAW_GAUSSIAN, 12000, 4000, 8000), 0.954, 0.01);
}

static void test_special(void **state)
{
        /* A quarter is gaussian; of that, 4.8 % fall into the central 1 % too. */
        assert_float_equal(share(DRAW_SPECIAL, 10000, 4950, 5050), 0.75 + 0.25 * 0.048, 0.005);
        assert_float_equal(share(DRAW_SPECIAL, 10000, 4950, 4975), 0.1875 + 0.25 * 0.012, 0.005);
        assert_float_equal(share(DRAW_SPECIAL, 10000, 0, 4950), 0.25 * 0.476, 0.005);
}

static void test_pareto(void **state)
{
        assert_float_equal(share(DRAW_PARETO, 100000, 0, 20000), 0.8, 0.005);
        assert_float_equal(share(DRAW_PARETO, 100000, 0, 4000), 0.64, 0.005);
        assert_float_equal(share(DRAW_PARETO, 100000, 0, 800), 0.512, 0.005);
}

static void test_names_are_those_of_the_enum(void **state)
{
        assert_string_equal(draw_distribution_names[DRAW_UNIFORM], "uniform");
        assert_string_equal(draw_distribution_names[DRAW_SPECIAL], "special");
        assert_string_equal(draw_distribution_names[DRAW_GAUSSIAN], "gaussian");
        assert_string_equal(draw_distribution_names[DRAW_PARETO], "pareto");
        assert_null(draw_distribution_names[DISTRIBUTIONS]);
}

/* Groups of 11 digits with dashes between them, and nothing written behind. */
static void check_form(const char *text, size_t size)
{
        for (size_t i = 0; i < size; i++)
                if (i % 12 == 11)
                        assert_int_equal(text[i], '-');
                else
                        assert_in_range(text[i], '0', '9');
        assert_int_equal(text[size], '#');
}

static void test_texts_have_their_form(void **state)
{
        char c[DRAW_C_SIZE + 1], pad[DRAW_PAD_SIZE + 1];

        assert_int_equal(DRAW_C_SIZE, 10 * 11 + 9);
        assert_int_equal(DRAW_PAD_SIZE, 5 * 11 + 4);
        for (uint64_t seed = 0; seed < 1000; seed++) {
                memset(c, '#', sizeof(c));
                memset(pad, '#', sizeof(pad));
                draw_c(c, 1, 1, seed);
                draw_pad(pad, seed);
                check_form(c, DRAW_C_SIZE);
                check_form(pad, DRAW_PAD_SIZE);
                assert_memory_not_equal(c, pad, 11);
        }
}

/* Every digit at every place about as often: nothing of the number's range is left out. */
static void test_digits_are_even(void **state)
{
        enum { SEEDS = 20000 };
        static unsigned counts[DRAW_C_SIZE][10];
        char c[DRAW_C_SIZE];

        for (uint64_t seed = 0; seed < SEEDS; seed++) {
                draw_c(c, 1, (uint32_t)seed + 1, seed * 1000);
                for (unsigned i = 0; i < DRAW_C_SIZE; i++)
                        if (c[i] != '-')
                                counts[i][c[i] - '0']++;
        }
        for (unsigned i = 0; i < DRAW_C_SIZE; i++)
                for (unsigned digit = 0; digit < 10 && i % 12 != 11; digit++)
                        assert_in_range(counts[i][digit], SEEDS / 10 - 300, SEEDS / 10 + 300);
}

static void test_a_text_knows_its_row(void **state)
{
        char c[DRAW_C_SIZE], other[DRAW_C_SIZE];

        draw_c(c, 3, 4711, 99);
        assert_true(draw_c_matches(c, sizeof(c), 3, 4711));
        assert_false(draw_c_matches(c, sizeof(c), 3, 4712));
        assert_false(draw_c_matches(c, sizeof(c), 4, 4711));
        assert_false(draw_c_matches(c, sizeof(c), 4711, 3));
        assert_false(draw_c_matches(c, sizeof(c) - 1, 3, 4711));
        assert_false(draw_c_matches(c, 0, 3, 4711));

        draw_c(other, 3, 4711, 100);
        assert_memory_not_equal(c, other, sizeof(c));
        assert_true(draw_c_matches(other, sizeof(other), 3, 4711));
        draw_c(other, 3, 4711, 99);
        assert_memory_equal(c, other, sizeof(c));
}

static void test_every_damage_is_seen(void **state)
{
        char c[DRAW_C_SIZE];

        draw_c(c, 1, 1, 12345);
        for (unsigned i = 0; i < DRAW_C_SIZE; i++) {
                char was = c[i];

                c[i] = was == '5' ? '6' : '5';
                assert_false(draw_c_matches(c, sizeof(c), 1, 1));
                c[i] = was;
        }
        assert_true(draw_c_matches(c, sizeof(c), 1, 1));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ids_are_in_the_table),
                cmocka_unit_test(test_every_id_comes),
                cmocka_unit_test(test_uniform),
                cmocka_unit_test(test_gaussian),
                cmocka_unit_test(test_special),
                cmocka_unit_test(test_pareto),
                cmocka_unit_test(test_names_are_those_of_the_enum),
                cmocka_unit_test(test_texts_have_their_form),
                cmocka_unit_test(test_digits_are_even),
                cmocka_unit_test(test_a_text_knows_its_row),
                cmocka_unit_test(test_every_damage_is_seen),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
