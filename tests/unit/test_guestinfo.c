/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "guestinfo.h"
#include "macro.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void machine(void **state)
{
        struct guestinfo info;

        memset(&info, 0xff, sizeof info);
        guestinfo_read(&info);
        assert_int_equal(info.vcpus, sysconf(_SC_NPROCESSORS_ONLN));
        assert_near((double)info.memory_bytes,
                (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE),
                0.05 * (double)info.memory_bytes);
        assert_in_range(info.memory_available_bytes, 1, info.memory_bytes);
        assert_true(strlen(info.clocksource) > 1);
        assert_null(strchr(info.clocksource, '\n'));
        assert_int_equal(info.psi.has, access("/proc/pressure/cpu", R_OK) == 0);
}

static uint64_t total_ns(const struct guestinfo_cpu *cpu)
{
        return cpu->user_ns + cpu->nice_ns + cpu->system_ns + cpu->idle_ns + cpu->iowait_ns +
               cpu->irq_ns + cpu->softirq_ns + cpu->steal_ns;
}

static void burn(uint64_t cpu_ns)
{
        uint64_t start_ns = clock_process_cpu_ns();

        while (clock_process_cpu_ns() - start_ns < cpu_ns)
                ;
}

/* All CPUs together pass as much time as the clock does times their number. */
static void cpu_time_passes(void **state)
{
        struct guestinfo_cpu start, end;
        uint64_t start_ns, end_ns;
        double passed_ns;

        guestinfo_read_cpu(&start);
        start_ns = clock_now_ns();
        burn(300 * NS_PER_MS);
        guestinfo_read_cpu(&end);
        end_ns = clock_now_ns();

        passed_ns = (double)(end_ns - start_ns) * (double)sysconf(_SC_NPROCESSORS_ONLN);
        assert_true(end.user_ns >= start.user_ns);
        assert_true(end.steal_ns >= start.steal_ns);
        /* Ticks are 10 ms and steal comes on top of what some kernels count: a wide margin, but
         * a wrong unit or column would be off by far more. */
        assert_in_range(total_ns(&end) - total_ns(&start), (uint64_t)(0.4 * passed_ns),
                (uint64_t)(2.5 * passed_ns));
        assert_true(end.user_ns + end.system_ns + end.nice_ns + end.irq_ns + end.softirq_ns -
                            start.user_ns - start.system_ns - start.nice_ns - start.irq_ns -
                            start.softirq_ns >=
                    150 * NS_PER_MS);
}

static void pressure_only_grows(void **state)
{
        struct guestinfo_psi start, end;

        guestinfo_read_psi(&start);
        burn(20 * NS_PER_MS);
        guestinfo_read_psi(&end);
        assert_int_equal(start.has, end.has);
        assert_true(end.cpu_some_us >= start.cpu_some_us);
        assert_true(end.io_some_us >= start.io_some_us && end.io_full_us >= start.io_full_us);
        assert_true(end.io_full_us <= end.io_some_us);
        assert_true(end.memory_full_us <= end.memory_some_us);
        if (!end.has)
                assert_int_equal(end.cpu_some_us + end.io_some_us + end.memory_some_us, 0);
}

static void own_cpu_time(void **state)
{
        struct guestinfo_process start, end;
        struct rusage usage;
        uint64_t kernel_ns;

        assert_int_equal(guestinfo_read_process(0, &start), 0);
        burn(200 * NS_PER_MS);
        assert_int_equal(guestinfo_read_process(getpid(), &end), 0); /* the same process by pid */
        getrusage(RUSAGE_SELF, &usage);

        assert_true(
                end.user_ns + end.system_ns - start.user_ns - start.system_ns >= 150 * NS_PER_MS);
        kernel_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
                    (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
        assert_near((double)(end.user_ns + end.system_ns), (double)kernel_ns, 60e6);
}

static void own_memory(void **state)
{
        enum { SIZE = 64 << 20 };
        struct guestinfo_process start, end;
        char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        assert_ptr_not_equal(memory, MAP_FAILED);
        assert_int_equal(guestinfo_read_process(0, &start), 0);
        for (size_t i = 0; i < SIZE; i += 1024)
                ((volatile char *)memory)[i] = 1;
        assert_int_equal(guestinfo_read_process(0, &end), 0);
        munmap(memory, SIZE);
        assert_true(start.rss_bytes > 100000);
        assert_true(end.rss_bytes >= start.rss_bytes + SIZE / 10 * 9);
}

/* Counted otherwise; a sanitizer may have threads of its own. */
static unsigned count_threads(pid_t pid)
{
        struct dirent *entry;
        unsigned n = 0;
        char path[64];
        DIR *d;

        snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
        d = opendir(path);
        assert_non_null(d);
        while ((entry = readdir(d)))
                n += entry->d_name[0] != '.';
        closedir(d);
        return n;
}

static pthread_barrier_t barrier;

static void *sleep_often(void *arg)
{
        for (int i = 0; i < 100; i++)
                usleep(100);
        pthread_barrier_wait(&barrier); /* read now */
        pthread_barrier_wait(&barrier);
        return NULL;
}

/* Switches are those of all threads, not only of the one that asks. */
static void own_threads(void **state)
{
        enum { N = 3 };
        struct guestinfo_process start, end;
        pthread_t threads[N];

        assert_int_equal(guestinfo_read_process(0, &start), 0);
        pthread_barrier_init(&barrier, NULL, N + 1);
        for (int i = 0; i < N; i++)
                assert_int_equal(pthread_create(&threads[i], NULL, sleep_often, NULL), 0);
        pthread_barrier_wait(&barrier);
        assert_int_equal(guestinfo_read_process(0, &end), 0);
        assert_int_equal(end.threads, count_threads(getpid()));
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < N; i++)
                assert_int_equal(pthread_join(threads[i], NULL), 0);
        pthread_barrier_destroy(&barrier);

        assert_true(end.threads >= start.threads + N);
        assert_true(end.voluntary_switches >= start.voluntary_switches + N * 100);
        assert_true(end.queued_ns >= start.queued_ns);
}

/* Two that want one CPU: each waits for it about half of the time. */
static void waiting_for_a_cpu_shows(void **state)
{
        struct guestinfo_process start, end;
        uint64_t before_ns, start_ns, ran_ns, passed_ns, queued_ns;
        cpu_set_t one, before;
        pid_t child;

        if (access("/proc/self/schedstat", R_OK) < 0)
                skip();
        sched_getaffinity(0, sizeof before, &before);
        CPU_ZERO(&one);
        for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
                if (CPU_ISSET(cpu, &before)) {
                        CPU_SET(cpu, &one);
                        break;
                }
        }
        if (sched_setaffinity(0, sizeof one, &one) < 0)
                skip();
        child = fork();
        if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                for (;;)
                        ;
        }
        assert_true(child > 0);
        usleep(20000);
        before_ns = clock_now_ns();
        assert_int_equal(guestinfo_read_process(0, &start), 0);
        start_ns = clock_now_ns();
        ran_ns = clock_process_cpu_ns();
        burn(150 * NS_PER_MS);
        ran_ns = clock_process_cpu_ns() - ran_ns;
        passed_ns = clock_now_ns() - start_ns;
        assert_int_equal(guestinfo_read_process(0, &end), 0);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        sched_setaffinity(0, sizeof before, &before);

        /* What was not run was waited for, but for what the hypervisor gave to others. No thread
         * waits for longer than there was. */
        queued_ns = end.queued_ns - start.queued_ns;
        assert_in_range(queued_ns, 20 * NS_PER_MS, (clock_now_ns() - before_ns) * end.threads);
        assert_true(queued_ns >= (passed_ns - ran_ns) / 4);
}

/* A name like the line's own structure confuses nobody. */
static void other_process_of_any_name(void **state)
{
        struct guestinfo_process info;
        int ready[2];
        pid_t child;
        char c;

        assert_int_equal(pipe(ready), 0);
        child = fork();
        if (child == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL);
                prctl(PR_SET_NAME, ") Z 1 (2 3)\n4");
                burn(50 * NS_PER_MS);
                if (write(ready[1], "x", 1) == 1)
                        pause();
                _exit(0);
        }
        assert_true(child > 0);
        close(ready[1]);
        assert_int_equal(read(ready[0], &c, 1), 1);
        close(ready[0]);
        assert_int_equal(guestinfo_read_process(child, &info), 0);
        assert_int_equal(info.threads, count_threads(child));
        assert_in_range(info.user_ns + info.system_ns, 30 * NS_PER_MS, 10 * NS_PER_S);
        assert_true(info.rss_bytes > 100000);

        /* Ended, but its parent has not looked yet: gone. */
        kill(child, SIGKILL);
        waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT);
        assert_int_equal(guestinfo_read_process(child, &info), -ESRCH);
        waitpid(child, NULL, 0);
        assert_int_equal(guestinfo_read_process(child, &info), -ESRCH);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(machine),
                cmocka_unit_test(cpu_time_passes),
                cmocka_unit_test(pressure_only_grows),
                cmocka_unit_test(own_cpu_time),
                cmocka_unit_test(own_memory),
                cmocka_unit_test(own_threads),
                cmocka_unit_test(waiting_for_a_cpu_shows),
                cmocka_unit_test(other_process_of_any_name),
        };

        return cmocka_run_group_tests_name("guestinfo", tests, NULL, NULL);
}
