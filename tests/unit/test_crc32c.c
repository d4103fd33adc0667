/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "crc32c.h"
#include "macro.h"
#include "rng.h"

#include <string.h>

/* Straight from the definition, bit by bit: independent of both ways in crc32c.c. */
static uint32_t by_bits(const void *data, size_t size)
{
        const unsigned char *p = data;
        uint32_t remainder = 0xffffffff;

        for (size_t i = 0; i < size * 8; i++) {
                uint32_t bit = (p[i / 8] >> (i % 8)) & 1;
                uint32_t out = (remainder & 1) ^ bit;

                remainder >>= 1;
                if (out)
                        remainder ^= 0x82f63b78;
        }
        return remainder ^ 0xffffffff;
}

/* RFC 3720, B.4, and the check value of the CRC catalogues. */
static void published_values(void **state)
{
        static const unsigned char read_command[48] = {[0] = 0x01,
                [1] = 0xc0,
                [16] = 0x14,
                [22] = 0x04,
                [27] = 0x14,
                [31] = 0x18,
                [32] = 0x28,
                [40] = 0x02};
        unsigned char zeros[32] = {}, ones[32], up[32], down[32];
        const struct {
                const void *data;
                size_t size;
                uint32_t crc;
        } cases[] = {
                {zeros, sizeof zeros, 0x8a9136aa},
                {ones, sizeof ones, 0x62a8ab43},
                {up, sizeof up, 0x46dd794e},
                {down, sizeof down, 0x113fdb5c},
                {read_command, sizeof read_command, 0xd9963a56},
                {"123456789", 9, 0xe3069283},
                {"", 0, 0},
        };

        memset(ones, 0xff, sizeof ones);
        for (unsigned i = 0; i < 32; i++) {
                up[i] = (unsigned char)i;
                down[i] = (unsigned char)(31 - i);
        }
        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                assert_int_equal(crc32c(0, cases[i].data, cases[i].size), cases[i].crc);
                assert_int_equal(crc32c_table(0, cases[i].data, cases[i].size), cases[i].crc);
                assert_int_equal(by_bits(cases[i].data, cases[i].size), cases[i].crc);
        }
}

static unsigned char data[512];

static int fill(void **state)
{
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (size_t i = 0; i < sizeof data; i++)
                data[i] = (unsigned char)rng_u64(&rng);
        return 0;
}

/* Instruction, table and definition agree at every alignment and length. */
static void all_ways_agree(void **state)
{
        for (size_t at = 0; at < 16; at++) {
                for (size_t size = 0; size <= 300; size++) {
                        uint32_t crc = crc32c(0, data + at, size);

                        assert_int_equal(crc, crc32c_table(0, data + at, size));
                        if (at < 2)
                                assert_int_equal(crc, by_bits(data + at, size));
                }
        }
}

static void continues_at_any_point(void **state)
{
        for (size_t size = 0; size <= 300; size += 7) {
                uint32_t whole = crc32c(0, data, size);

                for (size_t cut = 0; cut <= size; cut++) {
                        uint32_t head = crc32c(0, data, cut);

                        assert_int_equal(crc32c(head, data + cut, size - cut), whole);
                        assert_int_equal(crc32c_table(head, data + cut, size - cut), whole);
                }
        }
}

/* What it is for: no single damaged bit, and no burst of up to 32, goes unnoticed. */
static void notices_damage(void **state)
{
        enum { SIZE = 256 };
        uint32_t good = crc32c(0, data, SIZE);

        for (size_t bit = 0; bit < SIZE * 8; bit++) {
                data[bit / 8] ^= (unsigned char)(1u << (bit % 8));
                assert_int_not_equal(crc32c(0, data, SIZE), good);
                data[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        }
        for (size_t at = 0; at + 4 <= SIZE; at++) {
                unsigned char keep[4];

                memcpy(keep, data + at, sizeof keep);
                memcpy(data + at, "\x01\x80\xff\x10", sizeof keep);
                assert_int_not_equal(crc32c(0, data, SIZE), good);
                memcpy(data + at, keep, sizeof keep);
        }
        assert_int_equal(crc32c(0, data, SIZE), good);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(published_values),
                cmocka_unit_test(all_ways_agree),
                cmocka_unit_test(continues_at_any_point),
                cmocka_unit_test(notices_damage),
        };

        return cmocka_run_group_tests_name("crc32c", tests, fill, NULL);
}
