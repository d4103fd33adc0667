/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "hist_json.h"
#include "snapshot.h"
#include "window.h"

#include <errno.h>
#include <string.h>

/* A stats.json with one counter of each kind and one latency of n requests of 1 ms. */
static json_t *stats(const char *start_id, int work, int errors, int level, int n)
{
        struct hist h = {0};

        for (int i = 0; i < n; i++)
                hist_record(&h, NS_PER_MS);
        return json_pack(
                "{s:s, s:s, s:I, s:{s:s, s:s, s:s, s:s}, s:{s:{s:s, s:s, s:i}, s:{s:s, s:s, s:i},"
                " s:{s:s, s:s, s:i}}, s:[{s:s, s:i, s:I, s:o, s:o}]}",
                "schema", SNAPSHOT_SCHEMA, "state", "ready", "clock_ns",
                (json_int_t)work * 1000000000, "identity", "role", "cpu", "start_id", start_id,
                "version", "1", "boot_id", "b", "counters", "operations", "kind", "work", "unit",
                "operations", "value", work, "failures", "kind", "error", "unit", "operations",
                "value", errors, "level", "kind", "gauge", "unit", "bytes", "value", level,
                "latencies", "name", "operation", "count", n, "sum_ns", (json_int_t)n * 1000000,
                "histogram", hist_to_json(&h), "raw_histogram", hist_to_json(&h));
}

static struct scraped scraped(json_t *json, uint64_t taken_ns)
{
        struct scraped s = {.answered = true};
        struct why why;

        assert_int_equal(reading_init(&s.reading, json, taken_ns, taken_ns, &why), 0);
        return s;
}

static void fill(struct guest_window *g, struct scraped start, struct scraped end)
{
        *g = (struct guest_window){.role = "cpu", .url = "http://x"};
        guest_window_fill(g, &start, &end, 0);
        scraped_fini(&start);
        scraped_fini(&end);
}

static void finish(struct guest_window *g)
{
        free(g->counts);
        free(g->latencies);
        json_decref(g->config);
}

static void a_window_is_end_minus_start(void **state)
{
        struct guest_window g;

        fill(&g, scraped(stats("a", 100, 1, 50, 10), 5 * NS_PER_S),
                scraped(stats("a", 110, 4, 20, 16), 15 * NS_PER_S));
        assert_string_equal(g.problem, "");
        assert_near(g.seconds, 10, 1e-9);
        assert_near(g.clock_ratio, 1, 1e-9);
        assert_int_equal(guest_window_sum(&g, COUNTER_WORK), 10);
        assert_int_equal(guest_window_sum(&g, COUNTER_ERROR), 3);
        assert_int_equal(guest_window_count(&g, "level"), 20); /* a gauge is as at the end */
        assert_int_equal(guest_window_count(&g, "nosuch"), 0);
        assert_near(guest_window_rate(&g), 1, 1e-9);
        assert_int_equal(g.n_latencies, 1);
        assert_int_equal(hist_count(&g.latencies[0].corrected), 6);
        assert_int_equal(g.latencies[0].corrected.sum_ns, 6 * NS_PER_MS);
        finish(&g);
}

static void a_restart_is_a_problem_and_never_a_negative_count(void **state)
{
        struct guest_window g;

        fill(&g, scraped(stats("a", 100, 0, 0, 10), 0), scraped(stats("b", 5, 0, 0, 1), NS_PER_S));
        assert_true(g.restarted);
        assert_non_null(strstr(g.problem, "started again"));
        assert_int_equal(g.n_counts, 0);
        finish(&g);
}

static void counters_that_go_backwards_are_a_problem(void **state)
{
        struct guest_window g;

        fill(&g, scraped(stats("a", 100, 0, 0, 10), 0),
                scraped(stats("a", 99, 0, 0, 10), NS_PER_S));
        assert_non_null(strstr(g.problem, "counter \"operations\": went backwards"));
        finish(&g);

        fill(&g, scraped(stats("a", 100, 0, 0, 10), 0),
                scraped(stats("a", 100, 0, 0, 9), NS_PER_S));
        assert_non_null(strstr(g.problem, "histogram \"histogram\": went backwards"));
        finish(&g);
}

static void another_role_is_a_problem(void **state)
{
        struct guest_window g = {.role = "disk", .url = "http://x"};
        struct scraped start = scraped(stats("a", 1, 0, 0, 1), 0);
        struct scraped end = scraped(stats("a", 2, 0, 0, 1), 1);

        guest_window_fill(&g, &start, &end, 0);
        assert_non_null(strstr(g.problem, "answers as role cpu, not disk"));
        scraped_fini(&start);
        scraped_fini(&end);
}

static void a_role_that_is_not_ready_is_a_problem(void **state)
{
        json_t *failed = stats("a", 2, 0, 0, 1);
        struct guest_window g;

        json_object_set_new(failed, "state", json_string("failed"));
        fill(&g, scraped(stats("a", 1, 0, 0, 1), 0), scraped(failed, 1));
        assert_string_equal(g.problem, "was failed instead of ready");
}

static void another_place_is_a_problem(void **state)
{
        json_t *start = stats("a", 1, 0, 0, 1), *end = stats("a", 2, 0, 0, 1);
        struct guest_window g;

        json_object_set_new(json_object_get(end, "identity"), "tile", json_integer(4));
        fill(&g, scraped(start, 0), scraped(end, 1));
        assert_string_equal(g.problem, "http://x says that it is guest 0 of tile 4");
}

static void what_is_not_ours_is_a_problem_of_that_guest_alone(void **state)
{
        struct guest_window g;
        json_t *end = stats("a", 2, 0, 0, 1);

        json_object_del(end, "clock_ns");
        fill(&g, scraped(stats("a", 1, 0, 0, 1), 0), scraped(end, NS_PER_S));
        assert_string_equal(g.problem, "its clock stands still");
        finish(&g);

        end = stats("a", 2, -1, 0, 1);
        fill(&g, scraped(stats("a", 1, 0, 0, 1), 0), scraped(end, NS_PER_S));
        assert_non_null(strstr(g.problem, "counter \"failures\": not readable"));
        finish(&g);

        end = stats("a", 2, 0, 0, 1);
        for (int i = 0; i < 20; i++)
                json_array_append(json_object_get(end, "latencies"),
                        json_array_get(json_object_get(end, "latencies"), 0));
        fill(&g, scraped(stats("a", 1, 0, 0, 1), 0), scraped(end, NS_PER_S));
        assert_non_null(strstr(g.problem, "21 are more than any role has"));
        finish(&g);
}

static void one_process_is_not_two_guests(void **state)
{
        struct guest_window guests[] = {
                {.tile = 1, .guest = 5, .start_id = "a"},
                {.tile = 1, .guest = 6, .start_id = "b"},
                {.tile = 2, .guest = 5, .start_id = "a"},
                {.tile = 2, .guest = 6}, /* did not answer */
                {.tile = 2, .guest = 7},
        };
        struct step_window w = {.guests = guests, .n_guests = ARRAY_SIZE(guests)};

        step_window_find_twins(&w);
        assert_string_equal(guests[0].problem, "");
        assert_string_equal(guests[1].problem, "");
        assert_string_equal(guests[2].problem, "is the same process as guest 5 of tile 1");
        assert_string_equal(guests[4].problem, "");
}

static void standing_still(void **state)
{
        struct point points[] = {{.t_s = 1, .work = 5}, {.t_s = 2, .work = 9},
                {.t_s = 3, .work = 9}, {.t_s = 6, .work = 9}, {.t_s = 7, .work = 10},
                {.t_s = 8, .work = 10}};
        struct guest_window g = {.points = points, .n_points = ARRAY_SIZE(points)};

        assert_near(guest_window_standstill_s(&g), 4, 1e-9);
        g.n_points = 2;
        assert_near(guest_window_standstill_s(&g), 0, 1e-9);
        g.n_points = 0;
        assert_near(guest_window_standstill_s(&g), 0, 1e-9);
        points[0].work = points[1].work = 0; /* from the very start */
        g.n_points = 2;
        assert_near(guest_window_standstill_s(&g), 2, 1e-9);
}

static void silence_at_either_end_is_a_problem(void **state)
{
        struct scraped silent = {.problem = "Connection refused"};
        struct guest_window g;

        fill(&g, silent, scraped(stats("a", 1, 0, 0, 1), 1));
        assert_non_null(strstr(g.problem, "window's start: Connection refused"));
        fill(&g, scraped(stats("a", 1, 0, 0, 1), 1), silent);
        assert_non_null(strstr(g.problem, "window's end: Connection refused"));
}

static void points_are_sums_since_the_start(void **state)
{
        struct guest_window g = {.role = "cpu"};
        struct scraped start = scraped(stats("a", 100, 2, 0, 10), 0), silent = {0};
        struct scraped now = scraped(stats("a", 130, 3, 0, 14), 2 * NS_PER_S);
        struct scraped other = scraped(stats("b", 1, 0, 0, 0), 3 * NS_PER_S);

        assert_int_equal(guest_window_point(&g, &start, &now), 0);
        assert_int_equal(guest_window_point(&g, &start, &silent), 0);
        assert_int_equal(guest_window_point(&g, &start, &other), 0);
        assert_int_equal(g.polls, 3);
        assert_int_equal(g.polls_answered, 2);
        assert_int_equal(g.n_points, 1); /* not of another start */
        assert_near(g.points[0].t_s, 2, 1e-9);
        assert_int_equal(g.points[0].work, 30);
        assert_int_equal(g.points[0].errors, 1);
        assert_int_equal(g.points[0].latency_count, 4);
        assert_int_equal(g.points[0].latency_sum_ns, 4 * NS_PER_MS);
        free(g.points);
        scraped_fini(&start);
        scraped_fini(&now);
        scraped_fini(&other);
}

static void foreign_json_is_refused(void **state)
{
        struct reading reading;
        struct why why = {0};

        assert_int_equal(
                reading_init(&reading, json_pack("{s:s}", "schema", "x"), 0, 0, &why), -EPROTO);
        assert_int_equal(reading_init(&reading, json_array(), 0, 0, &why), -EPROTO);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_window_is_end_minus_start),
                cmocka_unit_test(a_restart_is_a_problem_and_never_a_negative_count),
                cmocka_unit_test(counters_that_go_backwards_are_a_problem),
                cmocka_unit_test(another_role_is_a_problem),
                cmocka_unit_test(a_role_that_is_not_ready_is_a_problem),
                cmocka_unit_test(another_place_is_a_problem),
                cmocka_unit_test(what_is_not_ours_is_a_problem_of_that_guest_alone),
                cmocka_unit_test(one_process_is_not_two_guests),
                cmocka_unit_test(standing_still),
                cmocka_unit_test(silence_at_either_end_is_a_problem),
                cmocka_unit_test(points_are_sums_since_the_start),
                cmocka_unit_test(foreign_json_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
