/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct stop stop;

static int set_up(void **state)
{
        return stop_init(&stop);
}

static int tear_down(void **state)
{
        stop_fini(&stop);
        stop_fini(&stop); /* once more does no harm */
        return stop.fd == -1 ? 0 : -1;
}

static bool readable(void)
{
        struct pollfd fd = {.fd = stop.fd, .events = POLLIN};

        return poll(&fd, 1, 0) == 1;
}

static void nobody_asked(void **state)
{
        assert_false(stop_requested(&stop));
        assert_false(readable());
        assert_true(fcntl(stop.fd, F_GETFD) & FD_CLOEXEC);
}

static void once_asked_it_stays(void **state)
{
        for (int i = 0; i < 1000; i++) {
                stop_request(&stop);
                assert_true(stop_requested(&stop));
                assert_true(readable());
        }
        assert_true(stop_wait_until(&stop, CLOCK_NEVER));
        assert_true(stop_wait_until(&stop, 0));
        assert_true(readable()); /* waiting takes nothing away: others wait too */
}

/* However many have asked before: it is asked, and nobody's errno is touched. */
static void once_more_than_can_be_counted(void **state)
{
        assert_int_equal(eventfd_write(stop.fd, UINT64_MAX - 1), 0);
        errno = 4711;
        stop_request(&stop);
        assert_int_equal(errno, 4711);
        assert_true(stop_requested(&stop));
        assert_true(readable());
}

static void waits_until_it_is_due(void **state)
{
        static const uint64_t delays_ns[] = {0, 1, 50000, NS_PER_MS, 20 * NS_PER_MS};

        for (size_t i = 0; i < sizeof delays_ns / sizeof delays_ns[0]; i++) {
                uint64_t due_ns = clock_now_ns() + delays_ns[i];

                assert_false(stop_wait_until(&stop, due_ns));
                assert_true(clock_now_ns() >= due_ns);
        }
        assert_false(stop_wait_until(&stop, 0)); /* long past */
}

/* An open loop sleeps between operations: what it oversleeps is in every latency. */
static void sleeps_to_the_point(void **state)
{
        uint64_t best_ns = UINT64_MAX;

        for (int i = 0; i < 50; i++) {
                uint64_t due_ns = clock_now_ns() + 300000, over_ns;

                stop_wait_until(&stop, due_ns);
                over_ns = clock_now_ns() - due_ns;
                if (over_ns < best_ns)
                        best_ns = over_ns;
        }
        /* The best of many, so that a busy machine does not matter: whole milliseconds would show.
         */
        assert_true(best_ns < 500000);
}

static void *wait_for_ever(void *arg)
{
        return stop_wait_until(&stop, CLOCK_NEVER) ? &stop : NULL;
}

static void *wait_for_long(void *arg)
{
        return stop_wait_until(&stop, clock_now_ns() + 3600 * NS_PER_S) ? &stop : NULL;
}

static void *watch_the_flag(void *arg)
{
        while (!stop_requested(&stop))
                ;
        return &stop;
}

/* One request ends all, however they wait. */
static void wakes_everyone(void **state)
{
        static void *(*const waiters[])(void *) = {
                wait_for_ever, wait_for_ever, wait_for_long, watch_the_flag};
        enum { N = sizeof waiters / sizeof waiters[0] };
        pthread_t threads[N];
        void *results[N];

        for (int i = 0; i < N; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, waiters[i], NULL), 0);
        usleep(10000);
        stop_request(&stop);
        for (int i = 0; i < N; i++)
                assert_int_equal(pthread_join(threads[i], &results[i]), 0);
        for (int i = 0; i < N; i++)
                assert_ptr_equal(results[i], &stop);
}

static void on_signal(int sig)
{
        stop_request(&stop);
}

static void from_a_signal_handler(void **state)
{
        struct sigaction action = {.sa_handler = on_signal}, before;

        sigaction(SIGALRM, &action, &before);
        errno = 4711;
        raise(SIGALRM);
        assert_int_equal(errno, 4711); /* whoever was interrupted does not notice */
        assert_true(stop_requested(&stop));

        stop_fini(&stop);
        assert_int_equal(stop_init(&stop), 0);
        assert_false(stop_requested(&stop));
        ualarm(20000, 0);
        assert_true(stop_wait_until(&stop, CLOCK_NEVER));
        sigaction(SIGALRM, &before, NULL);
}

static void on_nothing(int sig)
{
}

/* A signal that asks for nothing does not end a wait. */
static void other_signals_do_not_count(void **state)
{
        struct sigaction action = {.sa_handler = on_nothing}, before;
        uint64_t due_ns = clock_now_ns() + 30 * NS_PER_MS;

        sigaction(SIGALRM, &action, &before);
        ualarm(5000, 5000);
        assert_false(stop_wait_until(&stop, due_ns));
        assert_true(clock_now_ns() >= due_ns);
        ualarm(0, 0);
        sigaction(SIGALRM, &before, NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(nobody_asked),
                TEST(once_asked_it_stays),
                TEST(once_more_than_can_be_counted),
                TEST(waits_until_it_is_due),
                TEST(sleeps_to_the_point),
                TEST(wakes_everyone),
                TEST(from_a_signal_handler),
                TEST(other_signals_do_not_count),
        };

        return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
