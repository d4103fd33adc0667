/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "control.h"
#include "needs.h"
#include "tile_plan.h"

#define GIB (UINT64_C(1) << 30)

static void of_guests(void **state)
{
        struct check_needs needs;

        check_needs_init(&needs, 32, true);
        assert_int_equal(needs.tiles, 32);
        /* 256 guests: 224 of 1 GiB and 32 of 512 MiB, 128 MiB of QEMU each, and the host's. */
        assert_int_equal(needs.memory, 224 * GIB + 16 * GIB + 32 * GIB + GIB);
        assert_int_equal(needs.tile_memory, 8 * GIB + GIB / 2);
        assert_int_equal(needs.threads, 2048 + 256 * 72);
        assert_int_equal(needs.aio, 1024 + 32 * 5 * 1024);
        assert_int_equal(needs.neighbours, 256 + 64);
        assert_int_equal(needs.connections, 2 * 32 * 1145);
        assert_int_equal(needs.files, 16384 + 256 * 64 + 2 * 32 * 1145);
        assert_int_equal(needs.process_files, 32 * 64);
        assert_int_equal(needs.ports, 2000);
        assert_int_equal(needs.last_port, 9477 + 31);
}

static void of_processes(void **state)
{
        struct check_needs needs;

        check_needs_init(&needs, 1, false);
        assert_int_equal(needs.memory, 2 * GIB);
        assert_int_equal(needs.threads, 2048 + 128);
        assert_int_equal(needs.aio, 1024 + 16);
        assert_int_equal(needs.last_port, 9477);
        assert_int_equal(needs.process_files, 4200); /* a web server; with guests, it is in one */
        check_needs_init(&needs, 1, true);
        assert_int_equal(needs.process_files, 1200);
}

/* Nothing overflows, and `run` with all tiles opens more than any server. */
static void of_all_tiles(void **state)
{
        struct check_needs needs;

        check_needs_init(&needs, TILE_PLAN_MAX_TILE, true);
        assert_int_equal(needs.memory, 254 * (8 * GIB + GIB / 2) + GIB);
        assert_int_equal(needs.process_files, 254 * 64);
        assert_int_equal(needs.last_port, 9730);
        assert_int_equal(needs.threads, 2048 + 254 * 8 * 72);
}

/* Figures that stand elsewhere as well. */
static void as_elsewhere(void **state)
{
        assert_int_equal(TILE_NEEDS_GUESTS, TILE_GUESTS);
        assert_int_equal(CONTROL_NEEDS_PORT, CONTROL_PORT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(of_guests),
                cmocka_unit_test(of_processes),
                cmocka_unit_test(of_all_tiles),
                cmocka_unit_test(as_elsewhere),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
