/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "macro.h"

#include <limits.h>
#include <poll.h>
#include <time.h>

static void poll_timeout(void **state)
{
        static const struct {
                uint64_t now_ns, due_ns;
                int ms;
        } cases[] = {
                {0, CLOCK_NEVER, -1},
                {CLOCK_NEVER - 1, CLOCK_NEVER, -1},
                {CLOCK_NEVER, CLOCK_NEVER, -1},
                {0, 0, 0},
                {5, 5, 0},
                {5, 4, 0},
                {CLOCK_NEVER - 1, 0, 0},
                /* rounded up: waking before it is due would be spinning */
                {0, 1, 1},
                {0, NS_PER_MS - 1, 1},
                {0, NS_PER_MS, 1},
                {0, NS_PER_MS + 1, 2},
                {7, 7 + NS_PER_MS, 1},
                {7, 8 + NS_PER_MS, 2},
                {0, 10 * NS_PER_S, 10000},
                /* as much as the call can take */
                {0, INT_MAX * NS_PER_MS, INT_MAX},
                {0, INT_MAX * NS_PER_MS + 1, INT_MAX},
                {0, (INT_MAX + UINT64_C(1)) * NS_PER_MS, INT_MAX},
                {0, (UINT64_C(1) << 32) * NS_PER_MS, INT_MAX},
                {0, CLOCK_NEVER - 1, INT_MAX},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                int ms = clock_poll_timeout_ms(cases[i].now_ns, cases[i].due_ns);

                assert_case(ms == cases[i].ms, "case %zu: %d", i, ms);
        }
}

/* What the rounding is for: one poll, and the time has come. */
static void one_poll_is_enough(void **state)
{
        for (int i = 0; i < 20; i++) {
                uint64_t now_ns = clock_now_ns(), due_ns = now_ns + (uint64_t)i * 130 * NS_PER_US;

                poll(NULL, 0, clock_poll_timeout_ms(now_ns, due_ns));
                assert_true(clock_now_ns() >= due_ns);
        }
}

static void monotonic_goes_forward(void **state)
{
        uint64_t before_ns = clock_now_ns();

        for (int i = 0; i < 100000; i++) {
                uint64_t now_ns = clock_now_ns();

                assert_true(now_ns >= before_ns);
                before_ns = now_ns;
        }
}

static void real_is_the_time_of_day(void **state)
{
        time_t before = time(NULL);
        uint64_t s = clock_real_ns() / NS_PER_S;

        /* time() reads a coarser clock: it may be behind by a tick. */
        assert_in_range(s, (uint64_t)before, (uint64_t)time(NULL) + 1);
}

static void process_cpu_is_what_was_burnt(void **state)
{
        uint64_t cpu_ns = clock_process_cpu_ns(), start_ns = clock_now_ns(), used_ns, passed_ns;

        while (clock_process_cpu_ns() - cpu_ns < 5 * NS_PER_MS)
                ;
        used_ns = clock_process_cpu_ns() - cpu_ns;
        passed_ns = clock_now_ns() - start_ns;
        assert_true(passed_ns + NS_PER_MS >= used_ns); /* one thread: no more than has passed */

        cpu_ns = clock_process_cpu_ns();
        poll(NULL, 0, 30);
        assert_true(clock_process_cpu_ns() - cpu_ns < 20 * NS_PER_MS); /* asleep */
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(poll_timeout),
                cmocka_unit_test(one_poll_is_enough),
                cmocka_unit_test(monotonic_goes_forward),
                cmocka_unit_test(real_is_the_time_of_day),
                cmocka_unit_test(process_cpu_is_what_was_burnt),
        };

        return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
