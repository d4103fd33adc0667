/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "healthy.h"

#include <string.h>

static struct guest_window *guest_of(struct step_window *w, unsigned tile, unsigned guest)
{
        return &w->guests[(tile - 1) * 9 + guest];
}

static void set_count(struct guest_window *g, const char *name, uint64_t value)
{
        for (size_t i = 0; i < g->n_counts; i++)
                if (strcmp(g->counts[i].name, name) == 0)
                        g->counts[i].value = value;
}

/* Judges, checks that the first tile is not valid for this reason (NULL: valid), frees. */
static void judge_first(struct step_window *w, const char *reason)
{
        struct step_verdict v;

        assert_int_equal(step_judge(w, &limits, &v), 0);
        if (!reason) {
                assert_true(v.tiles[0].valid);
                assert_int_equal(v.tiles[0].n_reasons, 0);
        } else {
                assert_false(v.valid);
                assert_false(v.tiles[0].valid);
                assert_int_equal(v.tiles[0].n_reasons, 1);
                assert_case(strstr(v.tiles[0].reasons[0], reason), "got \"%s\", not \"%s\"",
                        v.tiles[0].reasons[0], reason);
        }
        step_verdict_fini(&v);
        step_window_fini(w);
}

/* ---- tests ---- */

static void a_healthy_step_is_valid(void **state)
{
        struct step_window w = healthy(3);
        struct step_verdict v;

        assert_int_equal(step_judge(&w, &limits, &v), 0);
        assert_true(v.valid);
        assert_int_equal(v.n_tiles, 3);
        assert_int_equal(v.requests, 3000);
        assert_near(v.rate, 300, 1e-9);
        assert_near(v.offered_rate, 300, 1e-9);
        assert_near(v.jain, 1, 1e-12);
        assert_near(v.worst_share, 1, 1e-12);
        assert_int_equal(v.response.count, 3000);
        assert_near(v.response.mean_ns, 2e6, 1);
        assert_near(v.raw.mean_ns, 1e6, 1);
        for (size_t i = 0; i < 3; i++) {
                assert_true(v.tiles[i].valid);
                assert_near(v.tiles[i].share, 1, 1e-12);
                assert_near(v.tiles[i].achieved_share, 1, 1e-12);
        }
        step_verdict_fini(&v);
        step_window_fini(&w);
}

static void limits_are_inclusive(void **state)
{
        struct limits at = limits;
        struct step_window w = healthy(1);
        struct step_verdict v;

        at.max_average_ns = 2 * NS_PER_MS;
        assert_int_equal(step_judge(&w, &at, &v), 0);
        assert_true(v.valid);
        step_verdict_fini(&v);
        at.max_average_ns--;
        assert_int_equal(step_judge(&w, &at, &v), 0);
        assert_false(v.valid);
        step_verdict_fini(&v);
        step_window_fini(&w);
}

static void slow_tails_are_not_valid(void **state)
{
        struct step_window w = healthy(1);
        struct hist *h = &guest_of(&w, 1, GUEST_EXTERNAL)->latencies[0].corrected;

        /* 8 % of requests at 4 s: the average stays at 0.3 s, p95 does not. */
        for (int i = 0; i < 87; i++)
                hist_record(h, 4 * NS_PER_S);
        judge_first(&w, "p95 response time 4.0");

        w = healthy(1);
        h = &guest_of(&w, 1, GUEST_EXTERNAL)->latencies[0].corrected;
        for (int i = 0; i < 20; i++)
                hist_record(h, 6 * NS_PER_S);
        judge_first(&w, "p99 response time 6.0");

        w = healthy(1);
        memset(guest_of(&w, 1, GUEST_EXTERNAL)->latencies, 0, sizeof(struct latency_window));
        h = &guest_of(&w, 1, GUEST_EXTERNAL)->latencies[0].corrected;
        for (int i = 0; i < 1000; i++)
                hist_record(h, 1200 * NS_PER_MS);
        judge_first(&w, "average response time 1.20 s");
}

static void lost_requests_are_not_valid(void **state)
{
        struct step_window w = healthy(1);

        set_count(guest_of(&w, 1, GUEST_EXTERNAL), "requests", 976);
        judge_first(&w, "achieved 97.9 %"); /* 2.8 may be under way */
        w = healthy(1);
        set_count(guest_of(&w, 1, GUEST_EXTERNAL), "requests", 985);
        judge_first(&w, NULL);
}

/* At a low rate the window's end may well find two of a hundred requests under way. */
static void requests_just_under_way_are_not_lost(void **state)
{
        struct step_window w = healthy(1);
        struct guest_window *g = guest_of(&w, 1, GUEST_EXTERNAL);

        set_count(g, "offered", 100);
        set_count(g, "requests", 97);
        judge_first(&w, NULL);
        assert_near(under_way_at_most(10, 400 * NS_PER_MS), 9, 1e-9);
        assert_near(under_way_at_most(1000, 4 * NS_PER_MS), 9, 1e-9);
        assert_near(under_way_at_most(5, 0), 1, 1e-9);
}

/* A server that answers 90 of 100 a second: the backlog shows in the response times, too, and must
 * not excuse itself by them. */
static void a_growing_backlog_is_lost(void **state)
{
        struct step_window w = healthy(1);
        struct guest_window *g = guest_of(&w, 1, GUEST_EXTERNAL);

        memset(g->latencies, 0, sizeof *g->latencies);
        for (uint64_t i = 0; i < 900; i++) /* one second late after ten seconds */
                hist_record(&g->latencies[0].corrected, i * NS_PER_S / 900);
        set_count(g, "requests", 900);
        judge_first(&w, "achieved 92.9 %");
}

/* ... but a server that hangs for the last second of ten is found out: its p99 is still small. */
static void a_backlog_is_lost(void **state)
{
        struct step_window w = healthy(1);

        set_count(guest_of(&w, 1, GUEST_EXTERNAL), "requests", 900);
        judge_first(&w, "achieved 90.3 %");
}

/* A client that got no CPU neither sent nor noticed what fell due: it is overdue. What was so
 * already when the window began fell due before it. */
static void a_starved_client_cannot_hide(void **state)
{
        struct step_window w = healthy(1);
        struct guest_window *g = guest_of(&w, 1, GUEST_EXTERNAL);

        set_count(g, "requests", 500);
        set_count(g, "offered", 500);
        add_count(g, "overdue", COUNTER_GAUGE, 510);
        g->counts[g->n_counts - 1].start = 10;
        judge_first(&w, "achieved 50.3 %");
}

static void errors_are_not_valid(void **state)
{
        struct step_window w = healthy(1);

        set_count(guest_of(&w, 1, GUEST_EXTERNAL), "timeouts", 2);
        judge_first(&w, "external failed in 0.20 % of its operations (mostly timeouts)");

        w = healthy(1);
        set_count(guest_of(&w, 1, GUEST_EXTERNAL), "timeouts", 1);
        judge_first(&w, NULL);

        w = healthy(1);
        add_count(guest_of(&w, 1, GUEST_OLTP), "connection_lost", COUNTER_ERROR, 10);
        judge_first(&w, "oltp failed");
}

static void one_wrong_answer_is_enough(void **state)
{
        struct step_window w = healthy(1);
        struct guest_window *disk = guest_of(&w, 1, GUEST_DISK);

        set_count(disk, "operations", 100000000);
        add_count(disk, "wrong_blocks", COUNTER_WRONG, 1);
        judge_first(&w, "disk gave or got 1 wrong answers (mostly wrong_blocks)");
}

static void silent_and_lazy_guests_are_not_valid(void **state)
{
        struct step_window w = healthy(1);

        guest_of(&w, 1, GUEST_IDLE)->polls_answered = 9;
        judge_first(&w, "idle did not answer 1 of 10 polls");

        w = healthy(1);
        set_count(guest_of(&w, 1, GUEST_CPU), "operations", 0);
        judge_first(&w, "cpu did no work");

        w = healthy(1);
        snprintf(guest_of(&w, 1, GUEST_WEB2)->problem, 32, "was started again in the window");
        judge_first(&w, "web2 was started again");

        w = healthy(1);
        w.n_guests--; /* idle, the last one */
        judge_first(&w, "not a whole tile: idle not measured");
}

static void one_bad_tile_spoils_the_step_but_not_its_neighbours(void **state)
{
        struct step_window w = healthy(2);
        struct step_verdict v;

        set_count(guest_of(&w, 2, GUEST_EXTERNAL), "requests", 500);
        assert_int_equal(step_judge(&w, &limits, &v), 0);
        assert_false(v.valid);
        assert_true(v.tiles[0].valid);
        assert_false(v.tiles[1].valid);
        assert_near(v.rate, 150, 1e-9);
        assert_near(v.worst_share, 50 * 2 / 150.0, 1e-9);
        /* (100 + 50)^2 / (2 (100^2 + 50^2)) */
        assert_near(v.jain, 0.9, 1e-12);
        step_verdict_fini(&v);
        step_window_fini(&w);
}

static void jain(void **state)
{
        static const double one_of_four[] = {1, 0, 0, 0}, all_zero[] = {0, 0};
        /* The example of the report: sum 60, sum of squares 1000, 60^2 / (4 * 1000). */
        static const double mixed[] = {10, 20, 20, 10};

        assert_near(jain_index(one_of_four, 4), 0.25, 1e-12);
        assert_near(jain_index(all_zero, 2), 1, 1e-12);
        assert_near(jain_index(mixed, 4), 0.9, 1e-12);
}

/* Exchanged endpoints: a closed loop in the external client's place offers nothing. */
static void a_closed_loop_is_no_external_client(void **state)
{
        struct step_window w = healthy(1);

        json_object_set_new(guest_of(&w, 1, GUEST_EXTERNAL)->config, "mode", json_string("closed"));
        judge_first(&w, "external is not an open loop");
}

static void response_times_must_be_told(void **state)
{
        struct step_window w = healthy(1);

        guest_of(&w, 1, GUEST_EXTERNAL)->n_latencies = 0;
        judge_first(&w, "external does not tell its response times");
}

static void stand_still(struct guest_window *g, double s)
{
        g->n_points = 2;
        g->points = calloc(2, sizeof *g->points);
        g->points[0] = (struct point){.t_s = 1, .work = 500};
        g->points[1] = (struct point){.t_s = 1 + s, .work = 500};
}

static void a_guest_that_stands_still_is_not_valid(void **state)
{
        static const unsigned driven[] = {GUEST_WEB1, GUEST_WEB2, GUEST_BACKEND};
        static const unsigned driving[] = {GUEST_CLIENT, GUEST_CPU, GUEST_DISK, GUEST_OLTP};

        for (size_t i = 0; i < ARRAY_SIZE(driving); i++) {
                struct step_window w = healthy(1);

                stand_still(guest_of(&w, 1, driving[i]), 5.5);
                judge_first(&w, "stood still for 5.5 s");
                w = healthy(1);
                stand_still(guest_of(&w, 1, driving[i]), 4.9);
                judge_first(&w, NULL);
        }
        for (size_t i = 0; i < ARRAY_SIZE(driven); i++) {
                struct step_window w = healthy(1);

                stand_still(guest_of(&w, 1, driven[i]), 5.5);
                judge_first(&w, NULL);
        }
}

static void errors_of_guests_are_counted_apart(void **state)
{
        struct step_window w = healthy(1);
        struct step_verdict v;

        add_count(guest_of(&w, 1, GUEST_DISK), "corrupt", COUNTER_WRONG, 7);
        set_count(guest_of(&w, 1, GUEST_EXTERNAL), "timeouts", 2);
        assert_int_equal(step_judge(&w, &limits, &v), 0);
        assert_int_equal(v.errors, 2);
        assert_int_equal(v.guest_errors, 7);
        step_verdict_fini(&v);
        step_window_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_healthy_step_is_valid),
                cmocka_unit_test(limits_are_inclusive),
                cmocka_unit_test(slow_tails_are_not_valid),
                cmocka_unit_test(lost_requests_are_not_valid),
                cmocka_unit_test(requests_just_under_way_are_not_lost),
                cmocka_unit_test(a_backlog_is_lost),
                cmocka_unit_test(a_growing_backlog_is_lost),
                cmocka_unit_test(a_starved_client_cannot_hide),
                cmocka_unit_test(errors_are_not_valid),
                cmocka_unit_test(one_wrong_answer_is_enough),
                cmocka_unit_test(silent_and_lazy_guests_are_not_valid),
                cmocka_unit_test(one_bad_tile_spoils_the_step_but_not_its_neighbours),
                cmocka_unit_test(jain),
                cmocka_unit_test(a_closed_loop_is_no_external_client),
                cmocka_unit_test(response_times_must_be_told),
                cmocka_unit_test(a_guest_that_stands_still_is_not_valid),
                cmocka_unit_test(errors_of_guests_are_counted_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
