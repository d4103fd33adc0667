/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things stand in the disk role's file. All of it follows from the file's size.
 *
 *         0              file header (block.h)
 *         4 KiB          two roots of the ledger
 *         12 KiB ..      two copies of every page of the ledger (ledger_page.h): all the first
 *                        ones, then all the second ones
 *         data_offset .. blocks of 4 KiB, numbered from 0
 *
 * The data begins at a whole MiB, so that it stays aligned for whatever stripes lie below: the
 * first MiB up to some 500 MB, one more for each 500 MB (0.2 %).
 */
#pragma once

#include "block.h"

#include <stdint.h>

/* Blocks that one page of the ledger is about. */
#define DISK_PAGE_BLOCKS 1009u

struct disk_layout {
        uint64_t size; /* of the whole file */
        uint64_t data_offset;
        uint64_t n_blocks; /* 0: the size is too small for any */
        uint64_t n_pages;  /* of the ledger, each of them twice */
};

/* size is a multiple of DISK_BLOCK_SIZE. */
struct disk_layout disk_layout(uint64_t size);

/* The smallest file with so many blocks. */
uint64_t disk_layout_size(uint64_t n_blocks);

/* Offsets in the file. slot is 0 or 1. */
uint64_t disk_layout_block(const struct disk_layout *layout, uint64_t number);
uint64_t disk_layout_root(unsigned slot);
uint64_t disk_layout_page(const struct disk_layout *layout, uint64_t index, unsigned slot);
