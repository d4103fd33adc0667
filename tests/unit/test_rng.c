/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "rng.h"

#include <errno.h>
#include <string.h>

/* The generator once more, written from the paper's formulas on an array of bits' worth of words
 * that is renamed instead of updated in place. */
struct reference {
        uint64_t a, b, c, d;
};

static uint64_t rotate(uint64_t x, unsigned k)
{
        return x << k ^ x >> (64 - k);
}

static uint64_t reference_next(struct reference *r)
{
        struct reference n;
        uint64_t result = 9 * rotate(5 * r->b, 7);

        n.a = r->a ^ r->b ^ r->d;
        n.b = r->a ^ r->b ^ r->c;
        n.c = r->a ^ r->c ^ (r->b << 17);
        n.d = rotate(r->b ^ r->d, 45);
        *r = n;
        return result;
}

static void mix_gives_published_splitmix64(void **state)
{
        /* The first outputs of splitmix64 seeded with 0 and with 1234567. */
        static const uint64_t from_0[] = {UINT64_C(0xe220a8397b1dcdaf),
                UINT64_C(0x6e789e6aa1b965f4), UINT64_C(0x06c45d188009454f),
                UINT64_C(0xf88bb8a8724c81ec)};
        static const uint64_t from_1234567[] = {UINT64_C(6457827717110365317),
                UINT64_C(3203168211198807973), UINT64_C(9817491932198370423),
                UINT64_C(4593380528125082431), UINT64_C(16408922859458223821)};
        const uint64_t gamma = UINT64_C(0x9e3779b97f4a7c15);

        for (uint64_t i = 0; i < ARRAY_SIZE(from_0); i++)
                assert_true(rng_mix(i * gamma) == from_0[i]);
        for (uint64_t i = 0; i < ARRAY_SIZE(from_1234567); i++)
                assert_true(rng_mix(1234567 + i * gamma) == from_1234567[i]);
}

static void gives_published_xoshiro256starstar(void **state)
{
        static const uint64_t published[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240),
                UINT64_C(1216172134540287360), UINT64_C(607988272756665600),
                UINT64_C(16172922978634559625), UINT64_C(8476171486693032832),
                UINT64_C(10595114339597558777), UINT64_C(2904607092377533576)};
        struct rng rng = {.s = {1, 2, 3, 4}};

        for (size_t i = 0; i < ARRAY_SIZE(published); i++)
                assert_true(rng_u64(&rng) == published[i]);
}

static void agrees_with_the_reference(void **state)
{
        for (uint64_t seed = 0; seed < 5; seed++) {
                struct reference r;
                struct rng rng;

                rng_init(&rng, seed, 3);
                r = (struct reference){rng.s[0], rng.s[1], rng.s[2], rng.s[3]};
                for (int i = 0; i < 10000; i++)
                        assert_true(rng_u64(&rng) == reference_next(&r));
        }
}

static void seed_and_stream_decide(void **state)
{
        enum { SEEDS = 16, STREAMS = 16, DRAWS = 4 };
        static uint64_t first[SEEDS * STREAMS * DRAWS];
        size_t n = 0;

        for (uint64_t seed = 0; seed < SEEDS; seed++) {
                for (uint64_t stream = 0; stream < STREAMS; stream++) {
                        struct rng a, b;

                        rng_init(&a, seed, stream);
                        memset(&b, 0xff, sizeof b);
                        rng_init(&b, seed, stream);
                        for (int i = 0; i < DRAWS; i++) {
                                first[n] = rng_u64(&a);
                                assert_true(rng_u64(&b) == first[n]);
                                n++;
                        }
                }
        }
        /* No two of them share anything. */
        for (size_t i = 0; i < n; i++)
                for (size_t j = i + 1; j < n; j++)
                        assert_true(first[i] != first[j]);
}

static void every_bit_is_even(void **state)
{
        enum { N = 100000 };
        uint64_t ones[64] = {};
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (int i = 0; i < N; i++) {
                uint64_t x = rng_u64(&rng);

                for (int bit = 0; bit < 64; bit++)
                        ones[bit] += x >> bit & 1;
        }
        for (int bit = 0; bit < 64; bit++)
                assert_near((double)ones[bit], N / 2, 5 * sqrt(N / 4.0));
}

static void below_is_uniform(void **state)
{
        static const uint64_t bounds[] = {2, 3, 7, 10, 36, 100};

        for (size_t b = 0; b < ARRAY_SIZE(bounds); b++) {
                enum { N = 200000 };
                uint64_t counts[100] = {}, n = bounds[b];
                double expected[100];
                struct rng rng;

                rng_init(&rng, 2, b);
                for (int i = 0; i < N; i++) {
                        uint64_t x = rng_below(&rng, n);

                        assert_true(x < n);
                        counts[x]++;
                }
                for (uint64_t i = 0; i < n; i++)
                        expected[i] = (double)N / (double)n;
                assert_chi_square(counts, expected, (size_t)n);
        }
}

/* With n = 3 * 2^62 a generator that does not reject gives every third value twice as often. */
static void below_has_no_bias(void **state)
{
        enum { N = 90000 };
        static const double expected[3] = {N / 3.0, N / 3.0, N / 3.0};
        uint64_t remainders[3] = {}, thirds[3] = {};
        struct rng rng;

        rng_init(&rng, 3, 0);
        for (int i = 0; i < N; i++) {
                uint64_t x = rng_below(&rng, UINT64_C(3) << 62);

                remainders[x % 3]++;
                thirds[x >> 62]++;
        }
        assert_chi_square(remainders, expected, 3);
        assert_chi_square(thirds, expected, 3);
}

static void below_edges(void **state)
{
        static const uint64_t bounds[] = {
                1, 2, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, UINT64_MAX - 1, UINT64_MAX};
        struct rng rng;

        rng_init(&rng, 4, 0);
        for (size_t b = 0; b < ARRAY_SIZE(bounds); b++)
                for (int i = 0; i < 10000; i++)
                        assert_true(rng_below(&rng, bounds[b]) < bounds[b]);
}

static void unit_is_uniform(void **state)
{
        enum { N = 500000, BINS = 100 };
        uint64_t counts[BINS] = {};
        double expected[BINS], sum = 0, squares = 0;
        uint64_t odd = 0;
        struct rng rng;

        rng_init(&rng, 5, 0);
        for (int i = 0; i < N; i++) {
                double u = rng_unit(&rng);

                assert_true(u >= 0 && u < 1);
                assert_true(ldexp(u, 53) == floor(ldexp(u, 53)));
                odd += (uint64_t)ldexp(u, 53) & 1; /* the last of the 53 bits is used */
                counts[(size_t)(u * BINS)]++;
                sum += u;
                squares += u * u;
        }
        for (int i = 0; i < BINS; i++)
                expected[i] = (double)N / BINS;
        assert_chi_square(counts, expected, BINS);
        assert_near((double)odd, N / 2, 5 * sqrt(N / 4.0));
        assert_near(sum / N, 0.5, 5 * sqrt(1 / 12.0 / N));
        assert_near(squares / N, 1 / 3.0, 5 * sqrt(4 / 45.0 / N));
}

static void exponential_has_its_shape(void **state)
{
        enum { N = 500000, BINS = 50 };
        const double mean = 7e6;
        uint64_t counts[BINS] = {};
        double expected[BINS], sum = 0, squares = 0;
        struct rng rng;

        rng_init(&rng, 6, 0);
        for (int i = 0; i < N; i++) {
                double x = rng_exponential(&rng, mean);
                size_t bin = (size_t)((1 - exp(-x / mean)) * BINS); /* by its distribution */

                assert_true(x >= 0 && isfinite(x));
                counts[MIN(bin, (size_t)BINS - 1)]++;
                sum += x;
                squares += x * x;
        }
        for (int i = 0; i < BINS; i++)
                expected[i] = (double)N / BINS;
        assert_chi_square(counts, expected, BINS);
        assert_near(sum / N, mean, 5 * mean / sqrt(N));
        /* second moment 2 mean^2, its own variance (24 - 4) mean^4 */
        assert_near(squares / N, 2 * mean * mean, 5 * sqrt(20.0 / N) * mean * mean);

        assert_true(rng_exponential(&rng, 0) == 0);
}

static void zipf_has_its_shape(void **state)
{
        static const struct {
                size_t n;
                double alpha;
        } cases[] = {{1, 1}, {2, 1}, {36, 0}, {36, 0.5}, {100, 1}, {100, 1.2}, {20, 2}};

        for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
                enum { N = 300000 };
                uint64_t counts[100] = {};
                double expected[100], sum = 0;
                struct zipf zipf;
                struct rng rng;

                rng_init(&rng, 7, c);
                assert_int_equal(zipf_init(&zipf, cases[c].n, cases[c].alpha), 0);
                for (int i = 0; i < N; i++) {
                        size_t rank = zipf_draw(&zipf, &rng);

                        assert_true(rank < cases[c].n);
                        counts[rank]++;
                }
                zipf_fini(&zipf);
                zipf_fini(&zipf); /* once more does no harm */

                for (size_t i = 0; i < cases[c].n; i++)
                        sum += 1 / pow((double)i + 1, cases[c].alpha);
                for (size_t i = 0; i < cases[c].n; i++)
                        expected[i] = N / pow((double)i + 1, cases[c].alpha) / sum;
                assert_chi_square(counts, expected, cases[c].n);
        }
}

static void zipf_edges(void **state)
{
        struct zipf zipf;
        struct rng rng;

        assert_int_equal(zipf_init(&zipf, 0, 1), -EINVAL);

        /* Large and steep: the table stays in order, draws in bounds. */
        rng_init(&rng, 8, 0);
        assert_int_equal(zipf_init(&zipf, 200000, 3), 0);
        for (size_t i = 1; i < zipf.n; i++)
                assert_true(zipf.cumulative[i] >= zipf.cumulative[i - 1]);
        assert_true(zipf.cumulative[zipf.n - 1] == 1);
        for (int i = 0; i < 10000; i++)
                assert_true(zipf_draw(&zipf, &rng) < zipf.n);
        zipf_fini(&zipf);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mix_gives_published_splitmix64),
                cmocka_unit_test(gives_published_xoshiro256starstar),
                cmocka_unit_test(agrees_with_the_reference),
                cmocka_unit_test(seed_and_stream_decide),
                cmocka_unit_test(every_bit_is_even),
                cmocka_unit_test(below_is_uniform),
                cmocka_unit_test(below_has_no_bias),
                cmocka_unit_test(below_edges),
                cmocka_unit_test(unit_is_uniform),
                cmocka_unit_test(exponential_has_its_shape),
                cmocka_unit_test(zipf_has_its_shape),
                cmocka_unit_test(zipf_edges),
        };

        return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
