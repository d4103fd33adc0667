/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "rng.h"
#include "turns.h"

static void test_empty(void **state)
{
        struct turns turns;

        assert_int_equal(turns_init(&turns, 3), 0);
        assert_true(turns_look(&turns) == CLOCK_NEVER);
        turns_push(&turns, 5, 0);
        assert_true(turns_look(&turns) == 5);
        assert_true(turns_take(&turns).due_ns == 5);
        assert_true(turns_look(&turns) == CLOCK_NEVER);
        turns_fini(&turns);
}

static void test_equal_due_goes_by_user(void **state)
{
        static const unsigned order[] = {4, 0, 3, 1, 2};
        struct turns turns;

        assert_int_equal(turns_init(&turns, 5), 0);
        for (unsigned i = 0; i < 5; i++)
                turns_push(&turns, 100, order[i]);
        for (unsigned i = 0; i < 5; i++)
                assert_int_equal(turns_take(&turns).user, i);
        turns_fini(&turns);
}

/* Users come and go in random order, as in work; a plain search over all of them is the judge. */
static void test_against_search(void **state)
{
        enum { USERS = 97 };
        uint64_t due[USERS];
        struct turns turns;
        struct rng rng;

        rng_init(&rng, 42, 0);
        assert_int_equal(turns_init(&turns, USERS), 0);
        for (unsigned user = 0; user < USERS; user++)
                due[user] = CLOCK_NEVER;
        for (int i = 0; i < 100000; i++) {
                unsigned user = (unsigned)rng_below(&rng, USERS), first = 0;
                struct turn turn;

                if (due[user] == CLOCK_NEVER) {
                        /* Few values, so that many are equal. */
                        due[user] = rng_below(&rng, 50);
                        turns_push(&turns, due[user], user);
                        continue;
                }
                for (unsigned other = 1; other < USERS; other++)
                        if (due[other] < due[first])
                                first = other;
                assert_true(turns_look(&turns) == due[first]);
                turn = turns_take(&turns);
                assert_int_equal(turn.user, first);
                assert_true(turn.due_ns == due[first]);
                due[first] = CLOCK_NEVER;
        }
        turns_fini(&turns);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_empty),
                cmocka_unit_test(test_equal_due_goes_by_user),
                cmocka_unit_test(test_against_search),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
