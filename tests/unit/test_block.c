/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "block.h"
#include "crc32c.h"
#include "macro.h"
#include "rng.h"

#include <errno.h>
#include <string.h>

enum {
        SIZE = DISK_BLOCK_SIZE,
        WORDS = SIZE / 8,
};

#define FILE_ID UINT64_C(0x1122334455667788)

static void what_is_written_is_read(void **state)
{
        static const struct {
                uint64_t file_id, number;
                uint32_t generation;
        } cases[] = {
                {0, 0, 0},
                {FILE_ID, 0, 1},
                {FILE_ID, 131071, UINT32_MAX},
                {UINT64_MAX, UINT64_MAX, 7},
        };
        uint64_t block[WORDS];

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                uint32_t generation = ~cases[i].generation;

                disk_block_write(block, cases[i].file_id, cases[i].number, cases[i].generation);
                assert_int_equal(
                        disk_block_read(block, cases[i].file_id, cases[i].number, &generation),
                        DISK_SOUND);
                assert_int_equal(generation, cases[i].generation);
        }
}

/* Files outlive programs: the places of all fields are for ever. */
static void layout(void **state)
{
        static const unsigned char head[] = {
                0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* file */
                0x03, 0x02, 0x01, 0, 0, 0, 0, 0,                /* block */
                0x0d, 0x0c, 0x0b, 0x0a, 0, 0, 0, 0,             /* generation, reserved */
        };
        uint64_t block[WORDS];
        unsigned char *bytes = (unsigned char *)block;
        uint32_t crc;

        memset(block, 0xee, sizeof block);
        disk_block_write(block, FILE_ID, 0x010203, 0x0a0b0c0d);
        assert_memory_equal(bytes, "TLbk", 4);
        assert_memory_equal(bytes + 8, head, sizeof head);
        crc = crc32c_table(0, bytes + 8, SIZE - 8);
        for (int i = 0; i < 4; i++)
                assert_int_equal(bytes[4 + i], (crc >> (8 * i)) & 0xff);
}

/* Any single bit, in any field, and what a torn write leaves: either part old, either part zero. */
static void damage_is_noticed(void **state)
{
        uint64_t good[WORDS], old[WORDS], block[WORDS];
        uint32_t generation;

        disk_block_write(good, FILE_ID, 5, 3);
        disk_block_write(old, FILE_ID, 5, 2);
        memcpy(block, good, SIZE);
        for (size_t bit = 0; bit < SIZE * 8; bit++) {
                block[bit / 64] ^= UINT64_C(1) << (bit % 64);
                assert_case(disk_block_read(block, FILE_ID, 5, &generation) == DISK_CORRUPT,
                        "bit %zu", bit);
                block[bit / 64] ^= UINT64_C(1) << (bit % 64);
        }
        for (size_t cut = 8; cut < SIZE; cut += 8) {
                memcpy(block, good, cut);
                memcpy((char *)block + cut, (char *)old + cut, SIZE - cut);
                assert_case(disk_block_read(block, FILE_ID, 5, &generation) == DISK_CORRUPT,
                        "torn at %zu, tail old", cut);
                memset((char *)block + cut, 0, SIZE - cut);
                assert_case(disk_block_read(block, FILE_ID, 5, &generation) == DISK_CORRUPT,
                        "torn at %zu, tail empty", cut);
        }
        memset(block, 0, SIZE);
        assert_int_equal(disk_block_read(block, 0, 0, &generation), DISK_CORRUPT);
        memset(block, 0xff, SIZE);
        assert_int_equal(disk_block_read(block, UINT64_MAX, UINT64_MAX, &generation), DISK_CORRUPT);
}

static void strangers_are_told_apart(void **state)
{
        uint64_t block[WORDS];
        uint32_t generation = 77;

        disk_block_write(block, FILE_ID, 5, 3);
        assert_int_equal(disk_block_read(block, FILE_ID, 6, &generation), DISK_MISPLACED);
        assert_int_equal(disk_block_read(block, FILE_ID, 5 + (UINT64_C(1) << 32), &generation),
                DISK_MISPLACED);
        assert_int_equal(disk_block_read(block, FILE_ID + 1, 5, &generation), DISK_FOREIGN);
        /* of another file: then its number says nothing */
        assert_int_equal(disk_block_read(block, FILE_ID + 1, 6, &generation), DISK_FOREIGN);
        assert_int_equal(generation, 77);
}

/* No storage below may find anything to compress or to share: bytes are evenly spread, and no word
 * occurs twice, within a block or among neighbours in file, number and generation. */
static int compare_words(const void *a, const void *b)
{
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return (x > y) - (x < y);
}

static void payload_is_like_noise(void **state)
{
        enum { BLOCKS = 64, HEAD = 32 / 8, PAYLOAD = WORDS - HEAD };
        uint64_t *words = malloc(sizeof *words * BLOCKS * PAYLOAD), block[WORDS];
        uint64_t counts[256] = {0};
        double expected[256];
        size_t n = 0;

        assert_non_null(words);
        for (unsigned i = 0; i < BLOCKS; i++) {
                disk_block_write(block, FILE_ID + i / 16, i / 4 % 4, i % 4);
                memcpy(words + n, block + HEAD, PAYLOAD * 8);
                n += PAYLOAD;
        }
        for (size_t i = 0; i < n * 8; i++)
                counts[((unsigned char *)words)[i]]++;
        for (size_t i = 0; i < 256; i++)
                expected[i] = (double)(n * 8) / 256;
        assert_chi_square(counts, expected, 256);
        qsort(words, n, sizeof *words, compare_words);
        for (size_t i = 1; i < n; i++)
                assert_true(words[i] != words[i - 1]);
        free(words);
}

static void header(void **state)
{
        struct disk_header in = {FILE_ID, UINT64_C(512) << 20, DISK_FILE_COMPLETE};
        struct disk_header out = {0}, untouched = {1, 2, DISK_FILE_FILLING};
        unsigned char buffer[SIZE];

        disk_header_write(buffer, &in);
        assert_memory_equal(buffer, "TlLdFile", 8);
        assert_int_equal(disk_header_read(buffer, &out), 0);
        assert_int_equal(out.file_id, in.file_id);
        assert_int_equal(out.size, in.size);
        assert_int_equal(out.state, DISK_FILE_COMPLETE);

        in.state = DISK_FILE_FILLING;
        disk_header_write(buffer, &in);
        assert_int_equal(disk_header_read(buffer, &out), 0);
        assert_int_equal(out.state, DISK_FILE_FILLING);

        out = untouched;
        for (size_t bit = 0; bit < SIZE * 8; bit++) {
                int expected = bit < 64 ? -ENODATA : bit < 96 ? -EPROTONOSUPPORT : -EBADMSG;

                buffer[bit / 8] ^= (unsigned char)(1u << (bit % 8));
                assert_case(disk_header_read(buffer, &out) == expected, "bit %zu", bit);
                buffer[bit / 8] ^= (unsigned char)(1u << (bit % 8));
        }
        memset(buffer, 0, SIZE);
        assert_int_equal(disk_header_read(buffer, &out), -ENODATA);
        assert_memory_equal(&out, &untouched, sizeof out);
}

/* A sum that is right does not make a state that is not. */
static void header_states(void **state)
{
        struct disk_header in = {FILE_ID, 1 << 20, 3}, out;
        unsigned char buffer[SIZE];

        disk_header_write(buffer, &in);
        assert_int_equal(disk_header_read(buffer, &out), -EBADMSG);
        in.state = 0;
        disk_header_write(buffer, &in);
        assert_int_equal(disk_header_read(buffer, &out), -EBADMSG);
}

/* Neither kind passes for the other. */
static void header_is_no_block(void **state)
{
        struct disk_header in = {FILE_ID, 1 << 20, DISK_FILE_COMPLETE}, out;
        uint64_t buffer[WORDS];
        uint32_t generation;

        disk_header_write(buffer, &in);
        assert_int_equal(disk_block_read(buffer, FILE_ID, 0, &generation), DISK_CORRUPT);
        disk_block_write(buffer, FILE_ID, 0, 1);
        assert_int_equal(disk_header_read(buffer, &out), -ENODATA);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_written_is_read),
                cmocka_unit_test(layout),
                cmocka_unit_test(damage_is_noticed),
                cmocka_unit_test(strangers_are_told_apart),
                cmocka_unit_test(payload_is_like_noise),
                cmocka_unit_test(header),
                cmocka_unit_test(header_states),
                cmocka_unit_test(header_is_no_block),
        };

        return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
