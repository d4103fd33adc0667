/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "judge.h"
#include "ledger_page.h"
#include "macro.h"
#include "rng.h"

#include <string.h>

enum {
        SIZE = DISK_BLOCK_SIZE,
        SECTORS = SIZE / DISK_SECTOR_SIZE,
        NUMBER = 77,
};

#define FILE_ID UINT64_C(0x0123456789abcdef)

struct block {
        uint64_t words[SIZE / 8];
};

static struct block make(uint32_t generation)
{
        struct block block;

        disk_block_write(block.words, FILE_ID, NUMBER, generation);
        return block;
}

/* The sectors of `mask` come from another block. */
static struct block mix(struct block block, struct block other, unsigned mask)
{
        for (unsigned s = 0; s < SECTORS; s++)
                if (mask & 1u << s)
                        memcpy((char *)block.words + s * DISK_SECTOR_SIZE,
                                (char *)other.words + s * DISK_SECTOR_SIZE, DISK_SECTOR_SIZE);
        return block;
}

static enum disk_verdict judge(const struct block *block, uint32_t promised, uint32_t *generation)
{
        *generation = 0xdead;
        return disk_judge(block->words, FILE_ID, NUMBER, promised, generation);
}

static void whole_blocks(void **state)
{
        static const struct {
                uint32_t generation, promised;
                enum disk_verdict verdict;
        } cases[] = {
                {5, 5, DISK_KEPT},
                {6, 5, DISK_KEPT_NEWER},
                {4, 5, DISK_LOST},
                {1, 1000000, DISK_LOST},
                {1000000, 1, DISK_KEPT_NEWER},
                {4, DISK_NO_PROMISE, DISK_KEPT_NEWER},
                {0, UINT32_MAX, DISK_KEPT_NEWER}, /* they wrap */
                {UINT32_MAX, 1, DISK_LOST},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct block block = make(cases[i].generation);
                uint32_t generation;

                assert_case(judge(&block, cases[i].promised, &generation) == cases[i].verdict,
                        "case %zu", i);
                assert_int_equal(generation, cases[i].generation);
        }
}

/* Every way in which sectors of two generations can be mixed: torn if both may be there. */
static void two_generations(void **state)
{
        struct block older = make(7), newer = make(8);

        for (unsigned mask = 1; mask < (1u << SECTORS) - 1; mask++) {
                struct block torn = mix(older, newer, mask);
                uint32_t generation;

                assert_case(judge(&torn, 7, &generation) == DISK_TORN, "mask %x", mask);
                assert_int_equal(generation, 8);
                assert_int_equal(judge(&torn, 3, &generation), DISK_TORN);
                assert_case(judge(&torn, 8, &generation) == DISK_LOST, "mask %x", mask);
                assert_int_equal(generation, 7);
                assert_int_equal(judge(&torn, DISK_NO_PROMISE, &generation), DISK_UNPROMISED);
        }
}

static void many_generations(void **state)
{
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (int i = 0; i < 500; i++) {
                uint32_t base = (uint32_t)rng_u64(&rng), oldest = base, newest = base, generation;
                struct block block = make(base);

                for (unsigned s = 0; s < SECTORS; s++) {
                        uint32_t g = base + (uint32_t)rng_below(&rng, DISK_TORN_REACH + 1);

                        block = mix(block, make(g), 1u << s);
                        oldest = s == 0 || disk_generation_older(g, oldest) ? g : oldest;
                        newest = s == 0 || disk_generation_older(newest, g) ? g : newest;
                }
                if (oldest == newest || oldest <= 1)
                        continue;
                assert_int_equal(judge(&block, oldest, &generation), DISK_TORN);
                assert_int_equal(generation, newest);
                assert_int_equal(judge(&block, oldest + 1, &generation), DISK_LOST);
                assert_int_equal(generation, oldest);
        }
}

/* What no interrupted write leaves is never taken for torn. */
static void damage(void **state)
{
        struct block good = make(9), other, block, zero = {0};
        struct rng rng;
        uint32_t generation;

        rng_init(&rng, 2, 0);
        for (int i = 0; i < 2000; i++) {
                uint64_t bit = rng_below(&rng, SIZE * 8);

                block = good;
                block.words[bit / 64] ^= UINT64_C(1) << (bit % 64);
                assert_case(judge(&block, 9, &generation) == DISK_DAMAGED, "bit %d", (int)bit);
        }
        disk_block_write(other.words, FILE_ID, NUMBER + 1, 9);
        for (unsigned mask = 1; mask < (1u << SECTORS) - 1; mask++) {
                block = mix(good, other, mask);
                assert_int_equal(judge(&block, 9, &generation), DISK_DAMAGED);
                block = mix(good, zero, mask);
                assert_int_equal(judge(&block, 9, &generation), DISK_DAMAGED);
        }
        assert_int_equal(judge(&zero, 1, &generation), DISK_DAMAGED);
        assert_int_equal(judge(&zero, DISK_NO_PROMISE, &generation), DISK_UNPROMISED);
        assert_int_equal(generation, 0);
        /* A tear within a sector is no work of a disk that writes sectors. */
        block = make(10);
        memcpy(block.words, good.words, 700);
        assert_int_equal(judge(&block, 9, &generation), DISK_DAMAGED);
}

static void strangers(void **state)
{
        struct block block;
        uint32_t generation;

        disk_block_write(block.words, FILE_ID + 1, NUMBER, 9);
        assert_int_equal(judge(&block, 1, &generation), DISK_STRANGE);
        disk_block_write(block.words, FILE_ID, NUMBER + 1, 9);
        assert_int_equal(judge(&block, 1, &generation), DISK_ASTRAY);
        assert_int_equal(disk_judge(NULL, FILE_ID, NUMBER, 1, &generation), DISK_UNREADABLE);
        assert_int_equal(
                disk_judge(NULL, FILE_ID, NUMBER, DISK_NO_PROMISE, &generation), DISK_UNPROMISED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(whole_blocks),
                cmocka_unit_test(two_generations),
                cmocka_unit_test(many_generations),
                cmocka_unit_test(damage),
                cmocka_unit_test(strangers),
        };

        return cmocka_run_group_tests_name("disk_judge", tests, NULL, NULL);
}
