/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "counters.h"

#include <pthread.h>
#include <string.h>

static void begin_at_zero_on_lines_of_their_own(void **state)
{
        enum { WORKERS = 4 };
        struct cells cells[WORKERS];

        for (size_t w = 0; w < WORKERS; w++) {
                assert_int_equal(cells_init(&cells[w], 5, 2), 0);
                assert_int_equal(cells[w].n_counters, 5);
                assert_int_equal(cells[w].n_latencies, 2);
                assert_int_equal((uintptr_t)cells[w].values % 64, 0);
                assert_int_equal((uintptr_t)cells[w].corrected % 64, 0);
                assert_int_equal((uintptr_t)cells[w].raw % 64, 0);
                for (size_t i = 0; i < 5; i++)
                        assert_int_equal(cells_get(&cells[w], i), 0);
                for (size_t i = 0; i < 2; i++) {
                        assert_int_equal(hist_count(&cells[w].corrected[i]), 0);
                        assert_int_equal(hist_count(&cells[w].raw[i]), 0);
                }
        }
        for (size_t w = 0; w < WORKERS; w++)
                cells_fini(&cells[w]);
}

static void none_at_all(void **state)
{
        struct cells cells, sum;

        assert_int_equal(cells_init(&cells, 0, 0), 0);
        assert_int_equal(cells_init(&sum, 0, 0), 0);
        cells_accumulate(&sum, &cells);
        cells_fini(&cells);
        cells_fini(&cells); /* once more does no harm */
        cells_fini(&sum);
}

static void add_set_get(void **state)
{
        struct cells cells;

        assert_int_equal(cells_init(&cells, 3, 0), 0);
        cells_add(&cells, 0, 1);
        cells_add(&cells, 0, 41);
        cells_add(&cells, 1, 0);
        cells_set(&cells, 2, 100);
        cells_set(&cells, 2, 7);
        assert_int_equal(cells_get(&cells, 0), 42);
        assert_int_equal(cells_get(&cells, 1), 0);
        assert_int_equal(cells_get(&cells, 2), 7);
        cells_fini(&cells);
}

static void accumulate_sums_workers(void **state)
{
        struct cells workers[3], sum;

        assert_int_equal(cells_init(&sum, 2, 2), 0);
        for (uint64_t w = 0; w < 3; w++) {
                assert_int_equal(cells_init(&workers[w], 2, 2), 0);
                cells_add(&workers[w], 0, 10 + w);
                cells_set(&workers[w], 1, 100 * w);
                for (uint64_t i = 0; i <= w; i++) {
                        hist_record(&workers[w].corrected[0], 1000 * (w + 1));
                        hist_record(&workers[w].raw[0], 500 * (w + 1));
                }
                hist_record(&workers[w].corrected[1], 7);
                cells_accumulate(&sum, &workers[w]);
        }
        assert_int_equal(cells_get(&sum, 0), 10 + 11 + 12);
        assert_int_equal(cells_get(&sum, 1), 300);
        assert_int_equal(hist_count(&sum.corrected[0]), 6);
        assert_int_equal(sum.corrected[0].sum_ns, 1000 + 2 * 2000 + 3 * 3000);
        assert_int_equal(sum.raw[0].sum_ns, 500 + 2 * 1000 + 3 * 1500);
        assert_int_equal(hist_count(&sum.corrected[1]), 3);
        assert_int_equal(hist_count(&sum.raw[1]), 0);
        assert_int_equal(cells_get(&workers[1], 0), 11); /* read, not taken */
        for (size_t w = 0; w < 3; w++)
                cells_fini(&workers[w]);
        cells_fini(&sum);
}

enum { ROUNDS = 500000, WRITERS = 2 };

static void *write_cells(void *arg)
{
        struct cells *cells = arg;

        for (uint64_t i = 1; i <= ROUNDS; i++) {
                cells_add(cells, 0, 1);
                cells_add(cells, 1, 3);
                cells_set(cells, 2, i);
                hist_record(&cells->corrected[0], i);
                hist_record(&cells->raw[0], i / 2);
        }
        return NULL;
}

/* What the control endpoint does all the time: read while the workers write. No reading goes
 * back, the last one is exact, and a race detector has nothing to say. */
static void accumulate_beside_writers(void **state)
{
        struct cells cells[WRITERS];
        pthread_t threads[WRITERS];
        uint64_t before[2] = {}, before_count = 0, readings = 0, backwards = 0;

        for (size_t w = 0; w < WRITERS; w++)
                assert_int_equal(cells_init(&cells[w], 3, 1), 0);
        for (size_t w = 0; w < WRITERS; w++)
                assert_int_equal(pthread_create(&threads[w], NULL, write_cells, &cells[w]), 0);
        while (before[0] < WRITERS * ROUNDS && readings < 1000000) {
                struct cells sum;
                uint64_t count;

                assert_int_equal(cells_init(&sum, 3, 1), 0);
                for (size_t w = 0; w < WRITERS; w++)
                        cells_accumulate(&sum, &cells[w]);
                count = hist_count(&sum.corrected[0]);
                backwards += sum.values[0] < before[0] || sum.values[1] < before[1] ||
                             count < before_count;
                before[0] = sum.values[0];
                before[1] = sum.values[1];
                before_count = count;
                cells_fini(&sum);
                readings++;
        }
        for (size_t w = 0; w < WRITERS; w++)
                assert_int_equal(pthread_join(threads[w], NULL), 0);
        assert_int_equal(backwards, 0);
        for (size_t w = 0; w < WRITERS; w++) {
                assert_int_equal(cells_get(&cells[w], 0), ROUNDS);
                assert_int_equal(cells_get(&cells[w], 1), 3 * ROUNDS);
                assert_int_equal(cells_get(&cells[w], 2), ROUNDS);
                assert_int_equal(hist_count(&cells[w].corrected[0]), ROUNDS);
                assert_int_equal(cells[w].corrected[0].sum_ns, (uint64_t)ROUNDS * (ROUNDS + 1) / 2);
                cells_fini(&cells[w]);
        }
}

static void kinds_have_names(void **state)
{
        assert_string_equal(counter_kind_name(COUNTER_WORK), "work");
        assert_string_equal(counter_kind_name(COUNTER_EVENT), "event");
        assert_string_equal(counter_kind_name(COUNTER_ERROR), "error");
        assert_string_equal(counter_kind_name(COUNTER_WRONG), "wrong");
        assert_string_equal(counter_kind_name(COUNTER_GAUGE), "gauge");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(begin_at_zero_on_lines_of_their_own),
                cmocka_unit_test(none_at_all),
                cmocka_unit_test(add_set_get),
                cmocka_unit_test(accumulate_sums_workers),
                cmocka_unit_test(accumulate_beside_writers),
                cmocka_unit_test(kinds_have_names),
        };

        return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
