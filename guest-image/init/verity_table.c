/* SPDX-License-Identifier: Apache-2.0 */
#include "verity.h"

#include "little.h"
#include "usr_image.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Where the header's values stand. */
enum {
        HEADER_VERSION = 8,
        HEADER_HASH_TYPE = 12,
        HEADER_ALGORITHM = 32,
        HEADER_DATA_BLOCK_SIZE = 64,
        HEADER_HASH_BLOCK_SIZE = 68,
        HEADER_DATA_BLOCKS = 72,
        HEADER_SALT_SIZE = 80,
        HEADER_SALT = 88,

        SALT_MAX = 256,
};

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
               little(header + HEADER_DATA_BLOCK_SIZE, 4) == USR_IMAGE_BLOCK &&
               little(header + HEADER_HASH_BLOCK_SIZE, 4) == USR_IMAGE_BLOCK &&
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
        if (blocks == 0 || blocks != offset / USR_IMAGE_BLOCK)
                return why_set(why, -EINVAL, "hash tree of disk", disk,
                        "is not of the file system in front of it: build the image again");
        salt_size = little(header + HEADER_SALT_SIZE, 2);
        for (size_t i = 0; i < salt_size; i++)
                snprintf(salt + 2 * i, 3, "%02x", header[HEADER_SALT + i]);
        snprintf(table, VERITY_TABLE_SIZE, "1 %s %s %d %d %ju %ju sha256 %s %s", disk, disk,
                USR_IMAGE_BLOCK, USR_IMAGE_BLOCK, (uintmax_t)blocks,
                (uintmax_t)(offset / USR_IMAGE_BLOCK + 1), hash, salt);
        *ret_size = blocks * USR_IMAGE_BLOCK;
        return 0;
}
