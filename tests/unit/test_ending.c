/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which limit is named as the one that ended a sweep.
 */
#include "unit.h"

#include "ending.h"
#include "macro.h"

#include <string.h>

static struct sweep sweep;
static struct result result;

static int begin_sweep(void **state)
{
        const struct sweep_config config = {
                .first = 1, .last = 4, .step = 1, .repeat = 1, .stop_at_invalid = true};

        sweep_init(&sweep, &config);
        result = (struct result){0};
        return 0;
}

static int end_sweep(void **state)
{
        result_fini(&result);
        return 0;
}

/* limits: "cpu: host CPU 99 %" each; reason NULL: valid. */
static void add(unsigned tiles, bool broken, const char *reason, const char *first_limit,
        const char *second_limit)
{
        const struct sweep_window window = {.valid = !reason,
                .broken = broken,
                .rate = 100 * MIN(tiles, 2u),
                .requests = 1000 * tiles};
        const char *const limits[] = {first_limit, second_limit};
        struct result_step step = {.tiles = tiles,
                .broken = broken,
                .limits = json_array(),
                .reason = reason ? strdup(reason) : NULL};

        for (size_t i = 0; i < ARRAY_SIZE(limits) && limits[i]; i++) {
                const char *colon = strchr(limits[i], ':');

                json_array_append_new(
                        step.limits, json_pack("{s:s%, s:s}", "resource", limits[i],
                                             (size_t)(colon - limits[i]), "text", colon + 2));
        }
        result.steps = realloc(result.steps, (result.n_steps + 1) * sizeof *result.steps);
        assert_non_null(result.steps);
        result.steps[result.n_steps++] = step;
        sweep_add(&sweep, tiles, &window);
}

static void check(const char *kind, unsigned tiles, const char *resource, const char *text)
{
        json_t *json = ending_json(&sweep, &result);
        const char *its = json_string_value(json_object_get(json, "resource"));

        assert_non_null(json);
        assert_string_equal(json_string_value(json_object_get(json, "kind")), kind);
        assert_int_equal(json_integer_value(json_object_get(json, "tiles")), tiles);
        assert_string_equal(its ? its : "none", resource ? resource : "none");
        assert_string_equal(json_string_value(json_object_get(json, "text")), text);
        json_decref(json);
}

#define CPU  "cpu: host CPU 99 %"
#define DISK "disk: disk vda 97 % busy"
#define SLOW "average response time 2.00 s is over the limit of 1.00 s"

static void the_limit_that_came_last_is_named(void **state)
{
        /* The disk was busy from the start, and all was well. */
        add(1, false, NULL, DISK, NULL);
        add(2, false, NULL, DISK, NULL);
        add(3, false, SLOW, DISK, CPU);
        check("invalid", 3, "cpu", "host CPU 99 %");
}

static void one_that_was_there_before_is_better_than_none(void **state)
{
        add(1, false, NULL, CPU, DISK);
        add(2, false, SLOW, CPU, DISK);
        check("invalid", 2, "cpu", "host CPU 99 %");
}

static void without_a_limit_the_reason_is_told(void **state)
{
        add(1, false, NULL, NULL, NULL);
        add(2, false, SLOW, NULL, NULL);
        check("invalid", 2, NULL, SLOW);
}

static void the_first_step_may_be_the_last(void **state)
{
        add(1, false, SLOW, DISK, CPU);
        check("invalid", 1, "disk", "disk vda 97 % busy");
}

static void a_wrong_answer_is_no_shortage(void **state)
{
        add(1, false, NULL, NULL, NULL);
        add(2, true, "disk gave or got 3 wrong answers", CPU, NULL);
        check("invalid", 2, NULL, "disk gave or got 3 wrong answers");
}

static void the_window_that_decided_tells_why(void **state)
{
        sweep.config.repeat = 3;
        for (unsigned i = 0; i < 3; i++)
                add(1, false, NULL, NULL, NULL);
        add(2, false, SLOW, NULL, NULL);
        add(2, true, "disk gave or got 3 wrong answers", NULL, NULL);
        add(2, false, NULL, NULL, NULL);
        check("invalid", 2, NULL, "disk gave or got 3 wrong answers");
}

static void the_last_step_is_no_limit(void **state)
{
        for (unsigned n = 1; n <= 4; n++)
                add(n, false, NULL, CPU, NULL);
        check("last step", 4, NULL, "the last step that was asked for");
}

static void no_gain(void **state)
{
        sweep.config.last = 10;
        sweep.config.min_gain = 0.1;
        add(1, false, NULL, NULL, NULL);
        add(2, false, NULL, NULL, NULL);
        add(3, false, NULL, NULL, NULL);
        add(4, false, NULL, NULL, NULL);
        check("no gain", 4, NULL, "another tile added less than 10 % of a first one");
        end_sweep(NULL);
        begin_sweep(NULL);
        sweep.config.last = 10;
        sweep.config.min_gain = 0.1;
        add(1, false, NULL, DISK, NULL);
        add(2, false, NULL, DISK, NULL);
        add(3, false, NULL, DISK, CPU);
        add(4, false, NULL, DISK, CPU);
        check("no gain", 4, "cpu", "host CPU 99 %");
}

static void a_search_names_what_stopped_it(void **state)
{
        sweep.config.search = true;
        sweep.config.last = 8;
        add(1, false, NULL, NULL, NULL);
        add(2, false, NULL, NULL, NULL);
        add(4, false, SLOW, CPU, NULL);
        add(3, false, SLOW, CPU, NULL);
        check("search", 3, "cpu", "host CPU 99 %");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        the_limit_that_came_last_is_named, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(
                        one_that_was_there_before_is_better_than_none, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(
                        without_a_limit_the_reason_is_told, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(
                        the_first_step_may_be_the_last, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(
                        a_wrong_answer_is_no_shortage, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(
                        the_window_that_decided_tells_why, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(the_last_step_is_no_limit, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(no_gain, begin_sweep, end_sweep),
                cmocka_unit_test_setup_teardown(
                        a_search_names_what_stopped_it, begin_sweep, end_sweep),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
