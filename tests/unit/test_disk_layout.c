/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "layout.h"
#include "macro.h"

enum {
        MIB = 1 << 20,
};

/* Files outlive programs: the places of everything are for ever. */
static void places(void **state)
{
        static const struct {
                uint64_t size, data_offset, n_blocks, n_pages;
        } cases[] = {
                {UINT64_C(8) << 20, MIB, 1792, 2},
                {UINT64_C(64) << 20, MIB, 16128, 16},
                {UINT64_C(512) << 20, 2 * MIB, 130560, 130},
                {UINT64_C(1) << 40, UINT64_C(2079) * MIB, 267903232, 265514},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct disk_layout layout = disk_layout(cases[i].size);

                assert_int_equal(layout.size, cases[i].size);
                assert_int_equal(layout.data_offset, cases[i].data_offset);
                assert_int_equal(layout.n_blocks, cases[i].n_blocks);
                assert_int_equal(layout.n_pages, cases[i].n_pages);
                assert_int_equal(disk_layout_block(&layout, 3), layout.data_offset + 3 * 4096);
                assert_int_equal(disk_layout_page(&layout, 0, 0), 3 * 4096);
                assert_int_equal(disk_layout_page(&layout, 1, 1), (4 + layout.n_pages) * 4096);
        }
        assert_int_equal(disk_layout_root(0), 4096);
        assert_int_equal(disk_layout_root(1), 8192);
}

/* The ledger ends before the data begins, the data with the file, and every block has a page. */
static void nothing_overlaps(void **state)
{
        for (uint64_t size = 4096; size < UINT64_C(3) << 30;
                size += size / 64 / 4096 * 4096 + 4096) {
                struct disk_layout layout = disk_layout(size);

                if (layout.n_blocks == 0) {
                        assert_true(size <= MIB);
                        continue;
                }
                assert_case(disk_layout_page(&layout, layout.n_pages - 1, 1) + 4096 <=
                                    layout.data_offset,
                        "%llu", (unsigned long long)size);
                assert_int_equal(layout.data_offset % MIB, 0);
                assert_int_equal(disk_layout_block(&layout, layout.n_blocks), size);
                assert_true(layout.n_pages * DISK_PAGE_BLOCKS >= layout.n_blocks);
                assert_true((layout.n_pages - 1) * DISK_PAGE_BLOCKS < layout.n_blocks);
        }
}

static void no_room_no_blocks(void **state)
{
        static const uint64_t sizes[] = {0, 4096, MIB - 4096, MIB};

        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
                assert_int_equal(disk_layout(sizes[i]).n_blocks, 0);
        assert_int_equal(disk_layout(MIB + 4096).n_blocks, 1);
}

static void smallest_size(void **state)
{
        /* around the places where the head grows by a MiB */
        for (uint64_t n = 1; n<300000; n += n> 120000 && n < 135000 ? 1 : 777) {
                uint64_t size = disk_layout_size(n);

                assert_case(disk_layout(size).n_blocks == n, "%llu", (unsigned long long)n);
                assert_true(disk_layout(size - 4096).n_blocks < n);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(places),
                cmocka_unit_test(nothing_overlaps),
                cmocka_unit_test(no_room_no_blocks),
                cmocka_unit_test(smallest_size),
        };

        return cmocka_run_group_tests_name("disk_layout", tests, NULL, NULL);
}
