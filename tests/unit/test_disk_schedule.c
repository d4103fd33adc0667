/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "schedule.h"

#include <math.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000000000)

static const struct disk_schedule_config usual = {
        .n_blocks = 4096,
        .random_blocks = 1,
        .sequential_blocks = 32,
        .read_share = 0.7,
        .random_ns = 4 * SECOND,
        .sequential_ns = 1 * SECOND,
};
static const struct disk_phase random_phase = {0}, reading = {.sequential = true},
                               writing = {.sequential = true, .write = true};

static void phases_alternate(void **state)
{
        for (uint64_t cycle = 0; cycle < 100; cycle++) {
                uint64_t start_ns = cycle * 5 * SECOND;

                assert_false(disk_schedule_phase(&usual, start_ns).sequential);
                assert_false(disk_schedule_phase(&usual, start_ns + 4 * SECOND - 1).sequential);
                assert_true(disk_schedule_phase(&usual, start_ns + 4 * SECOND).sequential);
                assert_true(disk_schedule_phase(&usual, start_ns + 5 * SECOND - 1).sequential);
        }
}

static void one_phase_alone(void **state)
{
        struct disk_schedule_config config = usual;

        config.sequential_ns = 0;
        for (uint64_t t = 0; t < 20 * SECOND; t += SECOND / 3)
                assert_false(disk_schedule_phase(&config, t).sequential);
        config = usual;
        config.random_ns = 0;
        for (uint64_t t = 0; t < 20 * SECOND; t += SECOND / 3)
                assert_true(disk_schedule_phase(&config, t).sequential);
}

/* A sequential phase keeps its direction; of n phases, round(n * share of writes) write. */
static void sequential_phases_share(void **state)
{
        static const double shares[] = {0, 0.1, 1.0 / 3, 0.5, 0.7, 0.99, 1};

        for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
                struct disk_schedule_config config = usual;
                unsigned writes = 0;

                config.read_share = shares[i];
                for (uint64_t n = 1; n <= 1000; n++) {
                        uint64_t start_ns = (n - 1) * 5 * SECOND + 4 * SECOND;
                        bool write = disk_schedule_phase(&config, start_ns).write;

                        assert_int_equal(
                                disk_schedule_phase(&config, start_ns + SECOND - 1).write, write);
                        writes += write;
                        assert_near(writes, (double)n * (1 - shares[i]), 0.5 + 1e-9);
                }
        }
}

struct fixture {
        struct disk_map map;
        struct disk_schedule schedule;
        struct rng rng;
};

static void begin(struct fixture *f, const struct disk_schedule_config *config)
{
        f->schedule = (struct disk_schedule){.config = *config};
        assert_int_equal(disk_map_init(&f->map, config->n_blocks), 0);
        rng_init(&f->rng, 1, 0);
}

static struct disk_operation next(struct fixture *f, struct disk_phase phase)
{
        return disk_schedule_next(&f->schedule, phase, &f->rng, &f->map);
}

static void random_is_everywhere(void **state)
{
        enum { DRAWS = 400000 };
        struct fixture f;
        uint64_t counts[256] = {0}, directions[2] = {0};
        double expected[256], expected_directions[] = {DRAWS * 0.7, DRAWS * 0.3};

        begin(&f, &usual);
        for (int i = 0; i < DRAWS; i++) {
                struct disk_operation o = next(&f, random_phase);

                assert_int_equal(o.n_blocks, 1);
                assert_false(o.sequential);
                assert_true(o.block < usual.n_blocks);
                counts[o.block / 16]++;
                directions[o.write]++;
        }
        for (size_t i = 0; i < 256; i++)
                expected[i] = DRAWS / 256.0;
        assert_chi_square(counts, expected, 256);
        assert_chi_square(directions, expected_directions, 2);
        disk_map_fini(&f.map);
}

static void read_share_at_its_ends(void **state)
{
        struct disk_schedule_config config = usual;

        for (int share = 0; share <= 1; share++) {
                struct fixture f;

                config.read_share = share;
                begin(&f, &config);
                for (int i = 0; i < 10000; i++)
                        assert_int_equal(next(&f, random_phase).write, !share);
                disk_map_fini(&f.map);
        }
}

static void same_seed_same_operations(void **state)
{
        struct fixture a, b;

        begin(&a, &usual);
        begin(&b, &usual);
        for (int i = 0; i < 1000; i++) {
                struct disk_operation x = next(&a, random_phase), y = next(&b, random_phase);

                assert_int_equal(x.block, y.block);
                assert_int_equal(x.write, y.write);
        }
        disk_map_fini(&a.map);
        disk_map_fini(&b.map);
}

/* In order, in whole pieces, from the end to the beginning again; a tail shorter than a piece is
 * left out; a random phase in between does not move it. */
static void sequential_goes_on(void **state)
{
        struct disk_schedule_config config = usual;
        struct fixture f;

        config.n_blocks = 10 * 32 + 31;
        begin(&f, &config);
        for (uint64_t i = 0; i < 35; i++) {
                struct disk_operation o = next(&f, i < 15 ? reading : writing);

                assert_int_equal(o.block, i % 10 * 32);
                assert_int_equal(o.n_blocks, 32);
                assert_int_equal(o.write, i >= 15);
                assert_true(o.sequential);
                if (i % 4 == 0)
                        next(&f, random_phase);
        }
        disk_map_fini(&f.map);
}

/* What a failed write left behind is never read, but written at the next chance, in either phase.
 */
static void doubt_is_written(void **state)
{
        struct disk_schedule_config config = usual;
        struct fixture f;
        unsigned met[2] = {0};

        config.read_share = 1;
        begin(&f, &config);
        disk_map_doubt(&f.map, 100, 50);
        for (int i = 0; i < 10000; i++) {
                struct disk_operation o = next(&f, i % 2 ? reading : random_phase);
                bool doubtful = o.block + o.n_blocks > 100 && o.block < 150;

                assert_int_equal(o.write, doubtful);
                met[o.sequential] += doubtful;
        }
        assert_true(met[0] > 0 && met[1] > 0);
        disk_map_fini(&f.map);
}

/* With the smallest file allowed and all but one operation in flight, of either kind at its most
 * inconvenient place, a next one is found at once, inside the file, and on no claimed block. */
static void never_two_on_a_block(void **state)
{
        static const unsigned lengths[] = {1, 2, 3, 5, 32, 33, 512};

        for (size_t i = 0; i < ARRAY_SIZE(lengths) * ARRAY_SIZE(lengths) * 3; i++) {
                static const unsigned depths[] = {1, 16, 256};
                unsigned depth = depths[i % 3];
                struct disk_schedule_config config = {
                        .random_blocks = lengths[i / 3 % ARRAY_SIZE(lengths)],
                        .sequential_blocks = lengths[i / 3 / ARRAY_SIZE(lengths)],
                        .read_share = 0.5,
                        .random_ns = 1,
                };
                struct disk_operation *flying = calloc(depth, sizeof *flying);
                struct fixture f;
                unsigned n = 0;

                config.n_blocks = disk_schedule_min_blocks(
                        depth, config.random_blocks, config.sequential_blocks);
                begin(&f, &config);
                for (int step = 0; step < 4000; step++) {
                        struct disk_operation o =
                                next(&f, rng_below(&f.rng, 2) ? reading : random_phase);

                        assert_true(o.block + o.n_blocks <= config.n_blocks);
                        assert_int_equal(o.block % o.n_blocks, 0);
                        assert_true(disk_map_is_free(&f.map, o.block, o.n_blocks));
                        disk_map_claim(&f.map, o.block, o.n_blocks);
                        flying[n++] = o;
                        if (n == depth) {
                                unsigned done = (unsigned)rng_below(&f.rng, n);

                                disk_map_release(&f.map, flying[done].block, flying[done].n_blocks);
                                flying[done] = flying[--n];
                        }
                }
                free(flying);
                disk_map_fini(&f.map);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(phases_alternate),
                cmocka_unit_test(one_phase_alone),
                cmocka_unit_test(sequential_phases_share),
                cmocka_unit_test(random_is_everywhere),
                cmocka_unit_test(read_share_at_its_ends),
                cmocka_unit_test(same_seed_same_operations),
                cmocka_unit_test(sequential_goes_on),
                cmocka_unit_test(doubt_is_written),
                cmocka_unit_test(never_two_on_a_block),
        };

        return cmocka_run_group_tests_name("disk_schedule", tests, NULL, NULL);
}
