/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the disk role's file: a header, and blocks that can prove themselves (where, says
 * layout.h; what else, ledger_page.h).
 *
 * Every block says which file it belongs to, which block of it, and how many times it has been
 * written (its generation), under a CRC-32C. So a block that is torn, that came from another place
 * or another file, or that is an old version of itself is each told apart; and whoever remembers
 * the generations that were acknowledged can check a file long after its writer is gone.
 *
 * Little-endian on disk. Pure: no file is touched here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISK_BLOCK_SIZE 4096u

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

/* Whether a generation is older than another: they wrap. */
static inline bool disk_generation_older(uint32_t generation, uint32_t than)
{
        return (int32_t)(generation - than) < 0;
}

/* Fills buffer (DISK_BLOCK_SIZE bytes, 8-byte aligned). The payload follows from the other
 * arguments and neither compresses nor repeats. */
void disk_block_write(void *buffer, uint64_t file_id, uint64_t number, uint32_t generation);

/* Checks all but the generation, which the caller compares with what it remembers (and then calls
 * DISK_STALE itself). *ret_generation is set only when the block is sound. */
enum disk_fault disk_block_read(
        const void *buffer, uint64_t file_id, uint64_t number, uint32_t *ret_generation);

/* The generation that a block says it has, whether or not it is sound. */
uint32_t disk_block_generation(const void *buffer);
