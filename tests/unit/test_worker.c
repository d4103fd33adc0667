/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "worker.h"

/* A worker of one of two, at 1000/s together, that has begun at 0. */
static void begin(struct worker *worker, enum pace_mode mode)
{
        struct pace_config config = {
                .mode = mode, .arrival = PACE_UNIFORM, .rate_per_s = mode == PACE_OPEN ? 1000 : 0};

        *worker = (struct worker){.n_workers = 2, .rate_per_s = config.rate_per_s / 2};
        worker_begin(worker, &config, 0);
}

static void what_is_not_taken_is_overdue(void **state)
{
        struct worker worker;

        begin(&worker, PACE_OPEN);
        assert_near(worker_overdue(&worker, 0), 0, 1e-9);
        assert_near(worker_overdue(&worker, NS_PER_S), 500, 1e-9);
        for (uint64_t i = 0; i < 400; i++)
                assert_int_equal(worker_take_due(&worker), i * 2 * NS_PER_MS);
        assert_near(worker_overdue(&worker, NS_PER_S), 100, 1e-9);
        for (uint64_t i = 400; i < 600; i++)
                worker_take_due(&worker);
        assert_near(worker_overdue(&worker, NS_PER_S), 0, 1e-9);
}

static void a_closed_loop_is_never_behind(void **state)
{
        struct worker worker;

        begin(&worker, PACE_CLOSED);
        assert_near(worker_overdue(&worker, 3600 * NS_PER_S), 0, 1e-9);
}

static void latencies_from_due_and_from_sent(void **state)
{
        struct worker worker = {0};

        assert_int_equal(cells_init(&worker.cells, N_FRAME_COUNTERS, 1), 0);
        worker_latency(&worker, 0, 100, 150, 200);
        worker_latency(&worker, 0, 300, 150, 200); /* due after it was done: never a huge value */
        assert_int_equal(worker.cells.corrected[0].sum_ns, 100);
        assert_int_equal(worker.cells.raw[0].sum_ns, 100);
        cells_fini(&worker.cells);
}

static void late_is_more_than_a_millisecond(void **state)
{
        struct worker worker = {0};

        assert_int_equal(cells_init(&worker.cells, N_FRAME_COUNTERS, 0), 0);
        worker_sent(&worker, NS_PER_S, NS_PER_S + WORKER_LATE_NS);
        assert_int_equal(cells_get(&worker.cells, FRAME_LATE), 0);
        worker_sent(&worker, NS_PER_S, NS_PER_S + WORKER_LATE_NS + 1);
        assert_int_equal(cells_get(&worker.cells, FRAME_LATE), 1);
        worker_offered(&worker);
        worker_dropped(&worker);
        assert_int_equal(cells_get(&worker.cells, FRAME_OFFERED), 1);
        assert_int_equal(cells_get(&worker.cells, FRAME_DROPPED), 1);
        cells_fini(&worker.cells);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_not_taken_is_overdue),
                cmocka_unit_test(a_closed_loop_is_never_behind),
                cmocka_unit_test(latencies_from_due_and_from_sent),
                cmocka_unit_test(late_is_more_than_a_millisecond),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
