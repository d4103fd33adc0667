/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the disk role's file: a header, and blocks that can prove themselves.
 *
 *         0 .. 1 MiB    file header in the first 4 KiB, the rest unused (data stays aligned for
 *                       whatever stripes lie below)
 *         1 MiB ..      blocks of 4 KiB, numbered from 0
 *
 * Every block says which file it belongs to, which block of it, and how many times it has been
 * written (its generation), under a CRC-32C. So a block that is torn, that came from another place
 * or another file, or that is an old version of itself is each told apart; and whoever remembers
 * the generations that were acknowledged can check a file long after its writer is gone.
 *
 * Little-endian on disk. Pure: no file is touched here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DISK_BLOCK_SIZE  4096u
#define DISK_DATA_OFFSET UINT64_C(1048576)

enum disk_file_state {
        DISK_FILE_FILLING = 1, /* not all blocks have been written: worth nothing */
        DISK_FILE_COMPLETE = 2,
};

struct disk_header {
        uint64_t file_id; /* random, made with the file */
        uint64_t size;    /* of the whole file, bytes */
        enum disk_file_state state;
};

/* buffer is DISK_BLOCK_SIZE bytes. */
void disk_header_write(void *buffer, const struct disk_header *header);

/* Returns 0, -ENODATA (not made by this role), -EBADMSG (damaged) or -EPROTONOSUPPORT (another
 * version's). *ret is set only on success. */
int disk_header_read(const void *buffer, struct disk_header *ret);

enum disk_fault {
        DISK_SOUND = 0,
        DISK_CORRUPT,   /* torn, damaged, or no block at all */
        DISK_FOREIGN,   /* sound, but of another file */
        DISK_MISPLACED, /* sound, but another block's content */
        DISK_STALE,     /* sound, but not the generation that was last acknowledged */
};

/* "is corrupt", "belongs to another file": completes "the block at offset N ...". */
const char *disk_fault_text(enum disk_fault fault);

/* Fills buffer (DISK_BLOCK_SIZE bytes, 8-byte aligned). The payload follows from the other
 * arguments and neither compresses nor repeats. */
void disk_block_write(void *buffer, uint64_t file_id, uint64_t number, uint32_t generation);

/* Checks all but the generation, which the caller compares with what it remembers (and then calls
 * DISK_STALE itself). *ret_generation is set only when the block is sound. */
enum disk_fault disk_block_read(
        const void *buffer, uint64_t file_id, uint64_t number, uint32_t *ret_generation);

static inline uint64_t disk_block_offset(uint64_t number)
{
        return DISK_DATA_OFFSET + number * DISK_BLOCK_SIZE;
}
