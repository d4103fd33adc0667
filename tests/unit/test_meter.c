/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The use of this machine, which is real, and of two others, which are not.
 */
#include "unit.h"

#include "meter.h"

#include <string.h>

/* Two machines with CPUs of 1000 ns that are busy half of the time, whenever they are asked. */
static size_t two_machines(void *context, struct remote_counts *ret, size_t max)
{
        unsigned *asked = context;

        assert_true(max >= 2);
        ++*asked;
        for (size_t i = 0; i < 2; i++) {
                strcpy(ret[i].name, i ? "two" : "one");
                ret[i].cpu_total_ns = 1000 * *asked;
                ret[i].cpu_busy_ns = 500 * *asked;
        }
        return 2;
}

static void an_end_may_come_twice(void **state)
{
        unsigned asked = 0;
        struct meter meter = {.remotes_read = two_machines, .context = &asked};
        struct guestinfo_cpu cpu;
        struct usage usage = {0};

        assert_int_equal(meter_begin(&meter), 0);
        for (unsigned i = 1; i <= 3; i++) {
                meter_look(&meter);
                assert_int_equal(meter_end(&meter, i, &usage, &cpu), 0);
                assert_near(usage.seconds, i, 0);
                assert_int_equal(usage.n_remotes, 2);
                assert_string_equal(usage.remotes[1].name, "two");
                assert_near(usage.remotes[1].cpu_busy_percent, 50, 1e-9);
                assert_true(usage.host.memory_available_bytes > 0);
                assert_true(usage.host.memory_available_bytes < usage.host.memory_bytes);
        }
        assert_int_equal(asked, 4);
        usage_fini(&usage);
        meter_fini(&meter);
}

static void without_others(void **state)
{
        struct meter meter = {0};
        struct guestinfo_cpu cpu;
        struct usage usage = {0};

        assert_int_equal(meter_begin(&meter), 0);
        assert_int_equal(meter_end(&meter, 1, &usage, &cpu), 0);
        assert_int_equal(usage.n_remotes, 0);
        usage_fini(&usage);
        meter_fini(&meter);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_end_may_come_twice),
                cmocka_unit_test(without_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
