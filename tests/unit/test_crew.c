/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "crew.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

/* A role that notes what is asked of it, and fails or hangs where a test wants it to. Workers run
 * at the same time: what they share is counted atomically and asserted on by the main thread. */

enum { WORKERS = 4 };

enum { OPERATIONS, REFUSED, N_COUNTERS };

static const struct counter counters[] = {
        [OPERATIONS] = {"operations", COUNTER_WORK, "operations", "Done."},
        [REFUSED] = {"refused", COUNTER_ERROR, "operations", "Not done."},
};
static const struct latency latencies[] = {{"operation", "One."}};

static struct notes {
        unsigned prepared, set_up, steps, torn_down;
        unsigned too_early; /* something happened before what must come first */
        uint64_t starts_ns[WORKERS], draws[WORKERS];

        int prepare_error, setup_error, step_error; /* to return */
        unsigned failing_worker;
        bool slow_prepare, deaf;
} notes;

static unsigned count(unsigned *cell)
{
        return __atomic_add_fetch(cell, 1, __ATOMIC_SEQ_CST);
}

static unsigned look(unsigned *cell)
{
        return __atomic_load_n(cell, __ATOMIC_SEQ_CST);
}

static int prepare(const void *config, const struct stop *stop, struct why *why)
{
        if (look(&notes.set_up))
                count(&notes.too_early);
        if (notes.slow_prepare && stop_wait_until(stop, CLOCK_NEVER))
                return -ECANCELED;
        count(&notes.prepared);
        if (notes.prepare_error)
                return why_set(why, notes.prepare_error, "disk", "full", "make room");
        return 0;
}

static int set_up_worker(struct worker *worker, struct why *why)
{
        if (!look(&notes.prepared) || look(&notes.steps))
                count(&notes.too_early);
        notes.draws[worker->index] = rng_u64(&worker->rng);
        if (notes.setup_error && worker->index == notes.failing_worker)
                return why_set(why, notes.setup_error, "server", NULL, "not there");
        count(&notes.set_up);
        return 0;
}

static void tear_down_worker(struct worker *worker)
{
        count(&notes.torn_down);
}

static int step(struct worker *worker, struct why *why)
{
        unsigned n = count(&notes.steps);

        if (look(&notes.set_up) < worker->n_workers)
                count(&notes.too_early);
        notes.starts_ns[worker->index] = worker->pace.start_ns;
        if (notes.step_error && worker->index == notes.failing_worker)
                return why_set(why, notes.step_error, "server", NULL, "gone");
        while (notes.deaf && look(&notes.torn_down) == 0 && look(&notes.prepared) < 2)
                ;
        if (n % 3 == 0) {
                worker_add(worker, REFUSED, 1);
                return STEP_FAILED;
        }
        return STEP_DONE;
}

static const struct workload role = {
        .name = "noter",
        .flags = WORKLOAD_PACED | WORKLOAD_THREADS,
        .counters = counters,
        .n_counters = ARRAY_SIZE(counters),
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .prepare = prepare,
        .setup = set_up_worker,
        .teardown = tear_down_worker,
        .step = step,
};

static struct crew crew;
static struct why why;

static void begin(const struct workload *workload, unsigned n_workers)
{
        assert_int_equal(crew_init(&crew, workload, NULL, n_workers, 7), 0);
        crew.prepare = true;
        memset(&why, 0, sizeof why);
}

/* Waits on the descriptor, as the main loop does. */
static struct crew_progress wait_for(bool (*enough)(struct crew_progress))
{
        for (;;) {
                struct crew_progress progress = crew_look(&crew, &why);
                struct pollfd fd = {.fd = crew.event_fd, .events = POLLIN};

                if (enough(progress))
                        return progress;
                poll(&fd, 1, -1);
        }
}

static bool is_working(struct crew_progress progress)
{
        return progress.working;
}

static bool has_ended(struct crew_progress progress)
{
        return progress.ended;
}

static int forget(void **state)
{
        notes = (struct notes){0};
        return 0;
}

static int end(void **state)
{
        bool ended = crew_end(&crew, 30 * NS_PER_S);

        crew_fini(&crew);
        return ended ? 0 : -1;
}

static void wait_for_steps(unsigned n)
{
        while (look(&notes.steps) < n)
                stop_wait_until(&crew.stop, clock_now_ns() + NS_PER_MS);
}

static void phases_come_in_order(void **state)
{
        begin(&role, WORKERS);
        assert_int_equal(crew_start(&crew, &why), 0);
        assert_int_equal(wait_for(is_working).error, 0);
        assert_int_equal(look(&notes.prepared), 1);
        assert_int_equal(look(&notes.set_up), WORKERS);
        assert_false(crew_look(&crew, &why).ended);
        wait_for_steps(1000);
        assert_true(crew_end(&crew, 30 * NS_PER_S));
        assert_int_equal(look(&notes.torn_down), WORKERS);
        assert_int_equal(look(&notes.too_early), 0);
        assert_int_equal(crew_look(&crew, &why).error, 0);
}

static void prepare_only_if_asked(void **state)
{
        begin(&role, 1);
        crew.prepare = false;
        count(&notes.prepared); /* the setup asks for it */
        assert_int_equal(crew_start(&crew, &why), 0);
        wait_for(is_working);
        assert_int_equal(look(&notes.prepared), 1);
        count(&notes.prepared);
}

/* Every step is offered, and ends as work with a latency or as an error of its kind. */
static void steps_are_accounted_for(void **state)
{
        uint64_t operations = 0, refused = 0, offered = 0;

        begin(&role, WORKERS);
        crew.pace = (struct pace_config){
                .mode = PACE_OPEN, .arrival = PACE_POISSON, .rate_per_s = 20000};
        assert_int_equal(crew_start(&crew, &why), 0);
        wait_for_steps(500);
        assert_true(crew_end(&crew, 30 * NS_PER_S));
        for (unsigned w = 0; w < WORKERS; w++) {
                const struct worker *worker = &crew.workers[w];
                const struct cells *cells = &worker->cells;

                operations += cells_get(cells, OPERATIONS);
                refused += cells_get(cells, REFUSED);
                offered += cells_get(cells, worker->first_frame_counter + FRAME_OFFERED);
                assert_int_equal(hist_count(&cells->corrected[0]), cells_get(cells, OPERATIONS));
                assert_int_equal(hist_count(&cells->raw[0]), cells_get(cells, OPERATIONS));
                assert_true(cells->corrected[0].sum_ns >= cells->raw[0].sum_ns);
                assert_true(cells_get(cells, worker->first_frame_counter + FRAME_LATE) <=
                            cells_get(cells, worker->first_frame_counter + FRAME_OFFERED));
                assert_int_equal(cells_get(cells, worker->first_frame_counter + FRAME_DROPPED), 0);
        }
        assert_int_equal(operations + refused, notes.steps);
        assert_int_equal(offered, notes.steps);
        assert_int_equal(refused, notes.steps / 3);
}

/* One start for all, so that uniform shares interleave; generators of their own, the same again. */
static void workers_share_the_start_and_nothing_else(void **state)
{
        uint64_t draws[WORKERS];

        for (int round = 0; round < 2; round++) {
                notes = (struct notes){0};
                begin(&role, WORKERS);
                crew.pace = (struct pace_config){
                        .mode = PACE_OPEN, .arrival = PACE_UNIFORM, .rate_per_s = 4000};
                assert_int_equal(crew_start(&crew, &why), 0);
                wait_for_steps(200);
                assert_true(crew_end(&crew, 30 * NS_PER_S));
                for (int w = 0; w < WORKERS; w++) {
                        assert_true(notes.starts_ns[w] > 0);
                        assert_true(notes.starts_ns[w] == notes.starts_ns[0]);
                        for (int other = 0; other < w; other++)
                                assert_true(notes.draws[w] != notes.draws[other]);
                        if (round == 1)
                                assert_true(notes.draws[w] == draws[w]);
                        draws[w] = notes.draws[w];
                }
                if (round == 0)
                        crew_fini(&crew);
        }
}

static void failing_prepare_ends_it(void **state)
{
        struct crew_progress progress;

        notes.prepare_error = -ENOSPC;
        begin(&role, WORKERS);
        assert_int_equal(crew_start(&crew, &why), 0);
        progress = wait_for(has_ended);
        assert_int_equal(progress.error, -ENOSPC);
        assert_false(progress.working);
        assert_string_equal(why.value, "full");
        assert_int_equal(look(&notes.set_up), 0);
        assert_int_equal(look(&notes.torn_down), 0);
}

static void failing_setup_ends_it(void **state)
{
        struct crew_progress progress;

        notes.setup_error = -ECONNREFUSED;
        notes.failing_worker = 2;
        begin(&role, WORKERS);
        assert_int_equal(crew_start(&crew, &why), 0);
        progress = wait_for(has_ended);
        assert_int_equal(progress.error, -ECONNREFUSED);
        assert_false(progress.working);
        assert_string_equal(why.reason, "not there");
        assert_int_equal(look(&notes.steps), 0);
        /* Who set up tears down, and so does the one that failed with whatever it has left. */
        assert_int_equal(look(&notes.torn_down), look(&notes.set_up) + 1);
}

static void failing_step_ends_all(void **state)
{
        struct crew_progress progress;

        notes.step_error = -EIO;
        notes.failing_worker = 1;
        begin(&role, WORKERS);
        assert_int_equal(crew_start(&crew, &why), 0);
        progress = wait_for(has_ended);
        assert_int_equal(progress.error, -EIO);
        assert_string_equal(why.reason, "gone");
        assert_int_equal(look(&notes.torn_down), WORKERS);
}

static void stop_in_prepare_is_no_failure(void **state)
{
        notes.slow_prepare = true;
        begin(&role, WORKERS);
        assert_int_equal(crew_start(&crew, &why), 0);
        assert_false(crew_look(&crew, &why).working);
        assert_true(crew_end(&crew, 30 * NS_PER_S));
        assert_int_equal(crew_look(&crew, &why).error, 0);
        assert_int_equal(look(&notes.set_up), 0);
}

static void stop_while_waiting_for_the_next_due_time(void **state)
{
        begin(&role, WORKERS);
        crew.pace = (struct pace_config){.mode = PACE_CLOSED, .think_ns = 3600 * NS_PER_S};
        assert_int_equal(crew_start(&crew, &why), 0);
        wait_for(is_working);
        assert_true(crew_end(&crew, 30 * NS_PER_S));
        assert_int_equal(look(&notes.torn_down), WORKERS);
}

/* A worker that does not come back is told, and not waited for any longer than allowed. */
static void hanging_worker_is_told(void **state)
{
        notes.deaf = true;
        begin(&role, 1);
        assert_int_equal(crew_start(&crew, &why), 0);
        wait_for_steps(1);
        assert_false(crew_end(&crew, 20 * NS_PER_MS));
        count(&notes.prepared); /* lets it go */
        assert_true(crew_end(&crew, 30 * NS_PER_S));
}

static void never_started(void **state)
{
        begin(&role, WORKERS);
        assert_true(crew_end(&crew, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, forget, end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(phases_come_in_order),
                TEST(prepare_only_if_asked),
                TEST(steps_are_accounted_for),
                TEST(workers_share_the_start_and_nothing_else),
                TEST(failing_prepare_ends_it),
                TEST(failing_setup_ends_it),
                TEST(failing_step_ends_all),
                TEST(stop_in_prepare_is_no_failure),
                TEST(stop_while_waiting_for_the_next_due_time),
                TEST(hanging_worker_is_told),
                TEST(never_started),
        };

        return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
