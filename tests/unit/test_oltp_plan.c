/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "fault.h"
#include "plan.h"

#include <string.h>

static const struct plan_config usual = {
        .kind = READ_WRITE,
        .distribution = DRAW_UNIFORM,
        .n_tables = 4,
        .n_rows = 1000,
        .range_size = 100,
};

static void count(const struct plan *plan, unsigned counts[N_STATEMENTS])
{
        memset(counts, 0, N_STATEMENTS * sizeof(*counts));
        for (unsigned i = 0; i < plan->n_operations; i++)
                counts[plan->operations[i].statement]++;
}

static void check_shape(enum transaction_kind kind, bool reads, bool writes, bool bracketed)
{
        struct plan_config config = usual;
        unsigned counts[N_STATEMENTS];
        struct plan plan;
        struct rng rng;

        config.kind = kind;
        rng_init(&rng, 1, 0);
        plan_draw(&plan, &config, &rng);
        count(&plan, counts);
        assert_int_equal(plan.shape->bracketed, bracketed);
        assert_int_equal(plan.n_operations, 14 * reads + 4 * writes);
        assert_int_equal(counts[POINT_SELECT], 10 * reads);
        for (enum statement s = SIMPLE_RANGE; s <= DISTINCT_RANGE; s++)
                assert_int_equal(counts[s], reads);
        for (enum statement s = INDEX_UPDATE; s <= INSERT; s++)
                assert_int_equal(counts[s], writes);
}

static void test_shapes(void **state)
{
        struct plan_config config = usual;
        struct plan plan;
        struct rng rng;

        check_shape(READ_WRITE, true, true, true);
        check_shape(READ_ONLY, true, false, true);
        check_shape(WRITE_ONLY, false, true, true);

        config.kind = SINGLE_SELECT;
        rng_init(&rng, 1, 0);
        plan_draw(&plan, &config, &rng);
        assert_false(plan.shape->bracketed);
        assert_int_equal(plan.n_operations, 1);
        assert_int_equal(plan.operations[0].statement, POINT_SELECT);
}

static void test_names_are_those_of_the_enum(void **state)
{
        assert_string_equal(transaction_kind_names[READ_WRITE], "read-write");
        assert_string_equal(transaction_kind_names[READ_ONLY], "read-only");
        assert_string_equal(transaction_kind_names[WRITE_ONLY], "write-only");
        assert_string_equal(transaction_kind_names[SINGLE_SELECT], "point-select");
        assert_null(transaction_kind_names[N_TRANSACTION_KINDS]);
}

static void test_every_kind_fits(void **state)
{
        for (unsigned kind = 0; kind < N_TRANSACTION_KINDS; kind++) {
                unsigned n = 0;

                for (unsigned s = 0; s < N_STATEMENTS; s++)
                        n += transaction_shapes[kind].repeat[s];
                assert_in_range(n, 1, PLAN_MAX);
        }
}

/* Rows id .. id + span - 1 of a table whose last is n. */
static unsigned rows_between(uint32_t id, uint32_t span, uint32_t n)
{
        unsigned rows = 0;

        for (uint32_t i = id; i < id + span; i++)
                rows += i <= n;
        return rows;
}

static void check_operation(const struct operation *o, const struct plan_config *config)
{
        assert_in_range(o->table, 1, config->n_tables);
        assert_in_range(o->id, 1, config->n_rows);
        switch (o->statement) {
        case SIMPLE_RANGE:
        case SUM_RANGE:
        case ORDER_RANGE:
        case DISTINCT_RANGE:
                assert_int_equal(o->last_id, o->id + config->range_size - 1);
                assert_int_equal(
                        o->covered, rows_between(o->id, config->range_size, config->n_rows));
                assert_int_equal(o->answer, o->statement == SUM_RANGE ? 1 : o->covered);
                break;
        case INSERT:
                assert_in_range(o->k, 1, config->n_rows);
                assert_int_equal(o[-1].statement, DELETE);
                assert_int_equal(o->table, o[-1].table);
                assert_int_equal(o->id, o[-1].id);
                /* fall through */
        default:
                assert_int_equal(o->covered, 1);
                assert_int_equal(o->answer, 1);
        }
}

static void test_answers_are_exact(void **state)
{
        static const struct {
                uint32_t rows, span;
        } sizes[] = {{1, 1}, {1, 100}, {2, 3}, {99, 100}, {100, 100}, {101, 100}, {1000, 1}};

        for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
                struct plan_config config = usual;
                struct plan plan;
                struct rng rng;

                config.n_rows = sizes[s].rows;
                config.range_size = sizes[s].span;
                rng_init(&rng, 1, s);
                for (unsigned i = 0; i < 500; i++) {
                        plan_draw(&plan, &config, &rng);
                        for (unsigned o = 0; o < plan.n_operations; o++)
                                check_operation(&plan.operations[o], &config);
                }
        }
}

/* The last id of the largest table and range still fits. */
static void test_ranges_do_not_wrap(void **state)
{
        struct plan_config config = usual;
        struct plan plan;
        struct rng rng;

        config.n_rows = INT32_MAX;
        config.range_size = 1000000;
        rng_init(&rng, 1, 0);
        for (unsigned i = 0; i < 10000; i++) {
                plan_draw(&plan, &config, &rng);
                for (unsigned o = 0; o < plan.n_operations; o++)
                        if (plan.operations[o].last_id)
                                assert_true(plan.operations[o].last_id >= plan.operations[o].id);
        }
}

static void test_a_run_of_statements_has_one_table(void **state)
{
        unsigned tables[5] = {0};
        struct plan plan;
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (unsigned i = 0; i < 4000; i++) {
                plan_draw(&plan, &usual, &rng);
                for (unsigned o = 1; o < 10; o++)
                        assert_int_equal(plan.operations[o].table, plan.operations[0].table);
                tables[plan.operations[0].table]++;
        }
        for (unsigned t = 1; t <= usual.n_tables; t++)
                assert_in_range(tables[t], 850, 1150);
}

static void test_seed_decides(void **state)
{
        struct plan a, b;
        struct rng x, y;

        memset(&a, 0, sizeof(a));
        memset(&b, 0, sizeof(b));
        rng_init(&x, 9, 2);
        rng_init(&y, 9, 2);
        for (unsigned i = 0; i < 100; i++) {
                plan_draw(&a, &usual, &x);
                plan_draw(&b, &usual, &y);
                assert_memory_equal(&a, &b, sizeof(a));
        }
        rng_init(&x, 9, 3);
        rng_init(&y, 9, 2);
        plan_draw(&a, &usual, &x);
        plan_draw(&b, &usual, &y);
        assert_memory_not_equal(&a, &b, sizeof(a));
}

/* Another salt changes what is written, not where and not what is read. */
static void test_salt_changes_texts_only(void **state)
{
        struct plan_config salted = usual;
        struct plan a, b;
        struct rng x, y;

        salted.text_salt = 1;
        rng_init(&x, 9, 2);
        rng_init(&y, 9, 2);
        plan_draw(&a, &usual, &x);
        plan_draw(&b, &salted, &y);
        for (unsigned i = 0; i < a.n_operations; i++) {
                const struct operation *o = &a.operations[i], *p = &b.operations[i];
                bool writes_text = o->statement == NON_INDEX_UPDATE || o->statement == INSERT;

                assert_int_equal(o->table, p->table);
                assert_int_equal(o->id, p->id);
                assert_int_equal(o->k, p->k);
                assert_int_equal(o->text_seed != p->text_seed, writes_text);
        }
        assert_memory_equal(&x, &y, sizeof(x));
}

static void test_faults(void **state)
{
        assert_int_equal(fault_of(0), FAULT_NONE);
        assert_int_equal(fault_of(1213), FAULT_DEADLOCK);
        assert_int_equal(fault_of(1205), FAULT_LOCK_TIMEOUT);
        assert_int_equal(fault_of(1020), FAULT_CONFLICT);
        /* Refused (by socket, by TCP), gone away, lost in a query, a client library's further. */
        for (unsigned i = 2002; i <= 2013; i++)
                assert_int_equal(fault_of(i), FAULT_LOST);
        assert_int_equal(fault_of(5012), FAULT_LOST);
        assert_int_equal(fault_of(1053), FAULT_LOST); /* shutting down */
        assert_int_equal(fault_of(1927), FAULT_LOST); /* killed */
        /* Duplicate key, no such table, read only, no such column. */
        assert_int_equal(fault_of(1062), FAULT_QUERY);
        assert_int_equal(fault_of(1146), FAULT_QUERY);
        assert_int_equal(fault_of(1290), FAULT_QUERY);
        assert_int_equal(fault_of(1054), FAULT_QUERY);
        assert_int_equal(fault_of(3024), FAULT_QUERY);
}

static void test_what_may_be_sent_again(void **state)
{
        for (enum fault fault = FAULT_NONE; fault <= FAULT_WRONG_ROW; fault++)
                assert_int_equal(fault_retryable(fault), fault == FAULT_DEADLOCK ||
                                                                 fault == FAULT_LOCK_TIMEOUT ||
                                                                 fault == FAULT_CONFLICT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shapes),
                cmocka_unit_test(test_names_are_those_of_the_enum),
                cmocka_unit_test(test_every_kind_fits),
                cmocka_unit_test(test_answers_are_exact),
                cmocka_unit_test(test_ranges_do_not_wrap),
                cmocka_unit_test(test_a_run_of_statements_has_one_table),
                cmocka_unit_test(test_seed_decides),
                cmocka_unit_test(test_salt_changes_texts_only),
                cmocka_unit_test(test_faults),
                cmocka_unit_test(test_what_may_be_sent_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
