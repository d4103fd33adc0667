/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger as it stands in the file: pages of promises, and roots that know which version of
 * every page is the last one.
 *
 * A promise is the generation that a block had when it was acknowledged before a sync that
 * succeeded: the block must now hold it, or a later one. NO_PROMISE: a write of the block failed,
 * so it may hold anything.
 *
 * Each page is there twice and written alternately, and so is the root: what a power cut tears was
 * the copy that is not needed yet. A page carries the sequence number of the round that it was
 * written in (ledger.h), and of the last one before it that had come to its end. A root carries the
 * number of its round and the sum over all pages of disk_page_mark(). So a disk that loses an
 * update of a single page, or of the root, cannot hide it.
 *
 * Every sector of a page carries the sequence number, so that what two interrupted writes left of
 * their pages never adds up to a whole one.
 *
 * Little-endian on disk, a CRC-32C over each. Pure: no file is touched here.
 */
#pragma once

#include "layout.h"

#include <stdint.h>

#define DISK_NO_PROMISE 0u

struct disk_page {
        uint64_t file_id;
        uint64_t sequence; /* not 0 */
        uint64_t after;    /* the sequence of the last durable root, which is smaller */
};

/* All buffers are DISK_BLOCK_SIZE bytes and aligned to 4. n is the number of promises: of
 * DISK_PAGE_BLOCKS blocks, or of fewer in the last page. */
void disk_page_write(void *buffer, const struct disk_page *page, uint64_t index,
        const uint32_t *promises, unsigned n);

/* Returns 0, -EBADMSG (torn, damaged or no page at all) or -EXDEV (a sound page, but another one:
 * of another file or place). The outputs are set only on success. */
int disk_page_read(const void *buffer, uint64_t file_id, uint64_t index, struct disk_page *ret,
        uint32_t *ret_promises, unsigned n);

uint64_t disk_page_mark(uint64_t index, uint64_t sequence);

struct disk_root {
        uint64_t file_id;
        uint64_t sequence; /* not 0 */
        uint64_t marks;    /* sum over all pages */
};

void disk_root_write(void *buffer, const struct disk_root *root);

/* As disk_page_read. */
int disk_root_read(const void *buffer, uint64_t file_id, struct disk_root *ret);
