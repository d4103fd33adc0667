/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "frame.h"

#include <errno.h>
#include <string.h>

static struct frame_config frame;
static struct paced_config paced;
static struct threads_config threads;
static const struct option_set sets[] = {
        {"Frame", frame_options, N_FRAME_OPTIONS, &frame},
        {"Paced", paced_options, N_PACED_OPTIONS, &paced},
        {"Threads", threads_options, N_THREADS_OPTIONS, &threads},
};

static int set_up(void **state)
{
        return option_sets_init(sets, ARRAY_SIZE(sets), NULL);
}

static int tear_down(void **state)
{
        option_sets_fini(sets, ARRAY_SIZE(sets));
        return 0;
}

static void defaults(void **state)
{
        struct pace_config pace;

        assert_string_equal(frame.listen, "9477");
        assert_int_equal(frame.tile, 0);
        assert_int_equal(frame.guest, 0);
        assert_int_equal(frame.duration_ns, 0);
        assert_null(frame.final_stats);
        assert_true(frame.prepare);
        assert_int_equal(threads.threads, 1);
        assert_int_equal(paced_check(&paced, &pace, NULL), 0);
        assert_int_equal(pace.mode, PACE_CLOSED);
        assert_int_equal(pace.think_ns, 0);
}

static void threads_have_bounds(void **state)
{
        assert_int_equal(option_sets_apply(sets, 3, "--", "threads", "0", NULL), -ERANGE);
        assert_int_equal(option_sets_apply(sets, 3, "--", "threads", "1025", NULL), -ERANGE);
        assert_int_equal(option_sets_apply(sets, 3, "--", "threads", "1024", NULL), 0);
}

/* Words for mode and arrival mean what pace makes of them. */
static void words_mean_what_they_say(void **state)
{
        struct pace_config pace;

        assert_int_equal(option_sets_apply(sets, 3, "--", "mode", "open", NULL), 0);
        assert_int_equal(option_sets_apply(sets, 3, "--", "rate", "12.5", NULL), 0);
        assert_int_equal(option_sets_apply(sets, 3, "--", "arrival", "uniform", NULL), 0);
        assert_int_equal(paced_check(&paced, &pace, NULL), 0);
        assert_int_equal(pace.mode, PACE_OPEN);
        assert_int_equal(pace.arrival, PACE_UNIFORM);
        assert_near(pace.rate_per_s, 12.5, 0);
        assert_int_equal(option_sets_apply(sets, 3, "--", "arrival", "poisson", NULL), 0);
        assert_int_equal(paced_check(&paced, &pace, NULL), 0);
        assert_int_equal(pace.arrival, PACE_POISSON);

        assert_int_equal(option_sets_apply(sets, 3, "--", "mode", "closed", NULL), 0);
        assert_int_equal(option_sets_apply(sets, 3, "--", "rate", "0", NULL), 0);
        assert_int_equal(option_sets_apply(sets, 3, "--", "think", "2s", NULL), 0);
        assert_int_equal(option_sets_apply(sets, 3, "--", "think-max", "10s", NULL), 0);
        assert_int_equal(paced_check(&paced, &pace, NULL), 0);
        assert_int_equal(pace.mode, PACE_CLOSED);
        assert_int_equal(pace.think_ns, 2 * NS_PER_S);
        assert_int_equal(pace.think_max_ns, 10 * NS_PER_S);
}

static void what_makes_no_sense_together(void **state)
{
        static const struct {
                struct paced_config config;
                int error;
                const char *what;
        } cases[] = {
                {{.mode = PACE_OPEN}, -EINVAL, "--mode"},
                {{.mode = PACE_CLOSED, .rate_per_s = 1}, -EINVAL, "--rate"},
                {{.mode = PACE_OPEN, .rate_per_s = 1, .think_ns = 1}, -EINVAL, "--think"},
                {{.mode = PACE_OPEN, .rate_per_s = 1e9}, -ERANGE, "--rate"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct pace_config pace;
                struct why why = {};

                assert_int_equal(paced_check(&cases[i].config, &pace, &why), cases[i].error);
                assert_string_equal(why.what, cases[i].what);
                assert_true(strlen(why.reason) > 0);
        }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(defaults),
                TEST(threads_have_bounds),
                TEST(words_mean_what_they_say),
                TEST(what_makes_no_sense_together),
        };

        return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
