/* SPDX-License-Identifier: Apache-2.0 */
#include "verity.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Where the values stand, all of them little-endian. */
enum {
        EROFS_SUPER = 1024,
        EROFS_MAGIC = EROFS_SUPER + 0,
        EROFS_BLOCK_BITS = EROFS_SUPER + 12,
        EROFS_BLOCKS = EROFS_SUPER + 36,

        HEADER_VERSION = 8,
        HEADER_HASH_TYPE = 12,
        HEADER_ALGORITHM = 32,
        HEADER_DATA_BLOCK_SIZE = 64,
        HEADER_HASH_BLOCK_SIZE = 68,
        HEADER_DATA_BLOCKS = 72,
        HEADER_SALT_SIZE = 80,
        HEADER_SALT = 88,

        BLOCK_SIZE = 4096, /* of both; what the image's build makes */
        SALT_MAX = 256,
};

static uint64_t little(const unsigned char *p, size_t size)
{
        uint64_t value = 0;

        while (size-- > 0)
                value = value << 8 | p[size];
        return value;
}

uint64_t verity_erofs_size(const unsigned char block[4096])
{
        if (little(block + EROFS_MAGIC, 4) != 0xe0f5e1e2 || block[EROFS_BLOCK_BITS] != 12)
                return 0;
        return little(block + EROFS_BLOCKS, 4) * BLOCK_SIZE;
}

static bool is_hash(const char *hash)
{
        size_t n = 0;

        while (isxdigit((unsigned char)hash[n]))
                n++;
        return n == VERITY_HASH_SIZE && !hash[n];
}

static bool is_ours(const unsigned char *header)
{
        return memcmp(header, "verity\0\0", 8) == 0 && little(header + HEADER_VERSION, 4) == 1 &&
               little(header + HEADER_HASH_TYPE, 4) == 1 &&
               strncmp((const char *)header + HEADER_ALGORITHM, "sha256", 32) == 0 &&
               little(header + HEADER_DATA_BLOCK_SIZE, 4) == BLOCK_SIZE &&
               little(header + HEADER_HASH_BLOCK_SIZE, 4) == BLOCK_SIZE &&
               little(header + HEADER_SALT_SIZE, 2) <= SALT_MAX;
}

int verity_table(const unsigned char header[VERITY_HEADER_SIZE], const char *disk, uint64_t offset,
        const char *hash, char table[VERITY_TABLE_SIZE], uint64_t *ret_size, struct why *why)
{
        char salt[2 * SALT_MAX + 1] = "-"; /* how the target writes "none" */
        uint64_t blocks;
        size_t salt_size;

        if (!is_hash(hash))
                return why_set(why, -EINVAL, "usrhash=", hash,
                        "is not a SHA-256 hash of %d hexadecimal digits: copy it from the image's "
                        "file usrhash",
                        VERITY_HASH_SIZE);
        if (!is_ours(header))
                return why_set(why, -EINVAL, "usrhash= is given, but disk", disk,
                        "has no hash tree of ours: build the image with --verity, or leave out "
                        "usrhash=");
        blocks = little(header + HEADER_DATA_BLOCKS, 8);
        if (blocks == 0 || blocks != offset / BLOCK_SIZE)
                return why_set(why, -EINVAL, "hash tree of disk", disk,
                        "is not of the file system in front of it: build the image again");
        salt_size = little(header + HEADER_SALT_SIZE, 2);
        for (size_t i = 0; i < salt_size; i++)
                snprintf(salt + 2 * i, 3, "%02x", header[HEADER_SALT + i]);
        snprintf(table, VERITY_TABLE_SIZE, "1 %s %s %d %d %ju %ju sha256 %s %s", disk, disk,
                BLOCK_SIZE, BLOCK_SIZE, (uintmax_t)blocks, (uintmax_t)(offset / BLOCK_SIZE + 1),
                hash, salt);
        *ret_size = blocks * BLOCK_SIZE;
        return 0;
}
