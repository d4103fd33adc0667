/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "map.h"
#include "rng.h"

#include <stdlib.h>
#include <string.h>

enum {
        N = 64,
        SIZE = DISK_BLOCK_SIZE,
};

#define FILE_ID UINT64_C(0xabcdef)

/* A disk in memory, and the map of it. */
struct fixture {
        struct disk_map map;
        unsigned char *disk;
};

static unsigned char *at(struct fixture *f, uint64_t block)
{
        return f->disk + block * SIZE;
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);

        f->disk = aligned_alloc(8, (size_t)N * SIZE);
        assert_int_equal(disk_map_init(&f->map, N), 0);
        for (uint64_t b = 0; b < N; b++) {
                disk_block_write(at(f, b), FILE_ID, b, 1);
                disk_map_learn(&f->map, b, 1);
        }
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        disk_map_fini(&f->map);
        free(f->disk);
        free(f);
        return 0;
}

static enum disk_fault verify(struct fixture *f, uint64_t block, size_t n, size_t *ret_verified)
{
        return disk_map_verify(&f->map, FILE_ID, block, n, at(f, block), ret_verified);
}

static void runs_are_claimed_whole(void **state)
{
        struct fixture *f = *state;

        disk_map_claim(&f->map, 8, 4);
        for (uint64_t b = 0; b < N; b++)
                assert_int_equal(disk_map_is_free(&f->map, b, 1), b < 8 || b > 11);
        assert_true(disk_map_is_free(&f->map, 4, 4));
        assert_false(disk_map_is_free(&f->map, 5, 4));
        assert_false(disk_map_is_free(&f->map, 11, 4));
        assert_true(disk_map_is_free(&f->map, 12, 4));
        assert_false(disk_map_is_free(&f->map, 0, N));
        disk_map_release(&f->map, 8, 4);
        assert_true(disk_map_is_free(&f->map, 0, N));
}

static void only_the_acknowledged_is_right(void **state)
{
        struct fixture *f = *state;
        unsigned char before[4 * SIZE];
        size_t verified;

        memcpy(before, at(f, 8), sizeof before);
        disk_map_compose(&f->map, FILE_ID, 8, 4, at(f, 8));
        /* On the disk, but not acknowledged: nobody may be told so yet. */
        assert_int_equal(verify(f, 8, 4, &verified), DISK_STALE);
        assert_int_equal(verified, 0);
        disk_map_acknowledge(&f->map, 8, 4);
        assert_int_equal(verify(f, 0, N, &verified), DISK_SOUND);
        assert_int_equal(verified, N);
        /* Acknowledged and lost again: the last block of the run is an old one. */
        memcpy(at(f, 11), before + 3 * SIZE, SIZE);
        assert_int_equal(verify(f, 8, 4, &verified), DISK_STALE);
        assert_int_equal(verified, 3);
}

static void faults_are_named(void **state)
{
        struct fixture *f = *state;
        size_t verified;

        memcpy(at(f, 1), at(f, 0), SIZE);
        assert_int_equal(verify(f, 0, 4, &verified), DISK_MISPLACED);
        disk_block_write(at(f, 1), FILE_ID + 1, 1, 1);
        assert_int_equal(verify(f, 0, 4, &verified), DISK_FOREIGN);
        at(f, 1)[4095] ^= 1;
        assert_int_equal(verify(f, 0, 4, &verified), DISK_CORRUPT);
        assert_int_equal(verified, 1);
        assert_int_equal(verify(f, 2, 4, &verified), DISK_SOUND);
}

/* After a failed write its blocks may be old, new or torn; the next good write ends the doubt, with
 * a generation of its own. */
static void doubt(void **state)
{
        struct fixture *f = *state;
        unsigned char failed[2 * SIZE];
        size_t verified;

        disk_map_compose(&f->map, FILE_ID, 8, 2, failed);
        disk_map_doubt(&f->map, 8, 2);
        memset(at(f, 8), 0, SIZE);
        memcpy(at(f, 9), failed + SIZE, SIZE);
        for (uint64_t b = 0; b < N; b++)
                assert_int_equal(disk_map_doubtful(&f->map, b, 1), b == 8 || b == 9);
        assert_true(disk_map_doubtful(&f->map, 4, 5));
        assert_false(disk_map_doubtful(&f->map, 4, 4));
        assert_false(disk_map_doubtful(&f->map, 10, 4));

        disk_map_compose(&f->map, FILE_ID, 8, 2, at(f, 8));
        disk_map_acknowledge(&f->map, 8, 2);
        assert_false(disk_map_doubtful(&f->map, 0, N));
        assert_int_equal(verify(f, 4, 8, &verified), DISK_SOUND);
        assert_int_equal(verified, 8);
        /* The failed write comes through after all. */
        memcpy(at(f, 8), failed, sizeof failed);
        assert_int_equal(verify(f, 8, 1, &verified), DISK_STALE);
}

static void generations_wrap(void **state)
{
        struct fixture *f = *state;
        size_t verified;

        disk_map_learn(&f->map, 3, UINT32_MAX);
        disk_map_compose(&f->map, FILE_ID, 3, 1, at(f, 3));
        disk_map_acknowledge(&f->map, 3, 1);
        assert_int_equal(verify(f, 3, 1, &verified), DISK_SOUND);
        disk_map_compose(&f->map, FILE_ID, 3, 1, at(f, 3));
        assert_int_equal(verify(f, 3, 1, &verified), DISK_STALE);
        disk_map_acknowledge(&f->map, 3, 1);
        assert_int_equal(verify(f, 3, 1, &verified), DISK_SOUND);
}

/* A disk that does all that it says, with failures in between, is never called wrong; one that
 * loses a single acknowledged write always is. */
static void long_life(void **state)
{
        struct fixture *f = *state;
        unsigned char buffer[8 * SIZE] __attribute__((aligned(8))), keep[SIZE];
        struct rng rng;
        size_t verified;

        rng_init(&rng, 1, 0);
        for (int i = 0; i < 5000; i++) {
                size_t n = 1 + rng_below(&rng, 8);
                uint64_t block = rng_below(&rng, N - n + 1), lost = block + rng_below(&rng, n);

                if (rng_unit(&rng) < 0.5 && !disk_map_doubtful(&f->map, block, n)) {
                        assert_int_equal(verify(f, block, n, &verified), DISK_SOUND);
                        continue;
                }
                disk_map_compose(&f->map, FILE_ID, block, n, buffer);
                memcpy(keep, at(f, lost), SIZE);
                if (rng_unit(&rng) < 0.1) {
                        size_t torn = rng_below(&rng, n * SIZE + 1);

                        memcpy(at(f, block), buffer, torn);
                        disk_map_doubt(&f->map, block, n);
                        continue;
                }
                memcpy(at(f, block), buffer, n * SIZE);
                disk_map_acknowledge(&f->map, block, n);
                memcpy(buffer, at(f, lost), SIZE);
                memcpy(at(f, lost), keep, SIZE);
                assert_int_not_equal(verify(f, block, n, &verified), DISK_SOUND);
                memcpy(at(f, lost), buffer, SIZE);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(runs_are_claimed_whole, setup, teardown),
                cmocka_unit_test_setup_teardown(only_the_acknowledged_is_right, setup, teardown),
                cmocka_unit_test_setup_teardown(faults_are_named, setup, teardown),
                cmocka_unit_test_setup_teardown(doubt, setup, teardown),
                cmocka_unit_test_setup_teardown(generations_wrap, setup, teardown),
                cmocka_unit_test_setup_teardown(long_life, setup, teardown),
        };

        return cmocka_run_group_tests_name("disk_map", tests, NULL, NULL);
}
