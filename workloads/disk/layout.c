/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#define MIB       (UINT64_C(1) << 20)
#define ROOTS_AT  1u /* in blocks */
#define LEDGER_AT 3u

static uint64_t divide_up(uint64_t a, uint64_t b)
{
        return a / b + (a % b != 0);
}

struct disk_layout disk_layout(uint64_t size)
{
        struct disk_layout layout = {.size = size};
        uint64_t head;

        /* By the whole size, of which the head is a part: a page too many at most. */
        layout.n_pages = divide_up(size / DISK_BLOCK_SIZE, DISK_PAGE_BLOCKS);
        head = (LEDGER_AT + 2 * layout.n_pages) * DISK_BLOCK_SIZE;
        layout.data_offset = divide_up(head, MIB) * MIB;
        if (size <= layout.data_offset)
                return layout;
        layout.n_blocks = (size - layout.data_offset) / DISK_BLOCK_SIZE;
        layout.n_pages = divide_up(layout.n_blocks, DISK_PAGE_BLOCKS);
        return layout;
}

uint64_t disk_layout_size(uint64_t n_blocks)
{
        uint64_t size = 0, missing = n_blocks;

        while (missing > 0) {
                struct disk_layout layout;

                size += missing * DISK_BLOCK_SIZE;
                layout = disk_layout(size);
                missing = layout.n_blocks < n_blocks ? n_blocks - layout.n_blocks : 0;
        }
        return size;
}

uint64_t disk_layout_block(const struct disk_layout *layout, uint64_t number)
{
        return layout->data_offset + number * DISK_BLOCK_SIZE;
}

uint64_t disk_layout_root(unsigned slot)
{
        return (uint64_t)(ROOTS_AT + slot) * DISK_BLOCK_SIZE;
}

uint64_t disk_layout_page(const struct disk_layout *layout, uint64_t index, unsigned slot)
{
        return (LEDGER_AT + slot * layout->n_pages + index) * DISK_BLOCK_SIZE;
}
