/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process launcher with the real program ($TILELOAD) and a real database server: small tiles,
 * at addresses that no other test has (127.181-189.*).
 */
#include "unit.h"

#include "clock.h"
#include "launch.h"
#include "macro.h"
#include "parse.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct launcher_ops *const ops = &launch_process;
static const char *program;
static char results[64];
static double slowdown = 1;

/* Deadlines (never results) are stretched where everything is slow. */
static uint64_t patience_ns(unsigned seconds)
{
        return (uint64_t)(seconds * slowdown * (double)NS_PER_S);
}

static struct launch_config small(void)
{
        return (struct launch_config){
                .program = program,
                .directory = results,
                .rate_per_s = 20,
                .arrival = "uniform",
                .max_in_flight = 100,
                .seed = 1,
                .ready_timeout_ns = patience_ns(60),
                .dirs = "1",
                .cpu_memory = "16M",
                .disk_size = "16M",
                .oltp_rows = "200",
                .oltp_threads = "1",
                .users = "2",
                .think = "20ms",
        };
}

/* A directory that none but us can enter, as below a home; the database server is another user's
 * when we are root. */
static int make_results(void **state)
{
        strcpy(results, "/tmp/tileload-launch-XXXXXX");
        return mkdtemp(results) ? 0 : -1;
}

static int remove_results(void **state)
{
        char path[512];
        struct dirent *entry;
        DIR *logs;

        snprintf(path, sizeof path, "%s/logs", results);
        logs = opendir(path);
        while (logs && (entry = readdir(logs)))
                unlinkat(dirfd(logs), entry->d_name, 0);
        if (logs)
                closedir(logs);
        rmdir(path);
        return rmdir(results); /* fails when there is more than logs */
}

static bool exists(const char *format, ...) _printf_(1, 2);

static bool exists(const char *format, ...)
{
        char name[128], path[256];
        va_list ap;

        va_start(ap, format);
        vsnprintf(name, sizeof name, format, ap);
        va_end(ap);
        snprintf(path, sizeof path, "%s/%s", results, name);
        return access(path, F_OK) == 0;
}

static struct launcher *new (const struct launch_config *config)
{
        struct launcher *launcher = NULL;
        struct why why = {0};

        assert_case(ops->new (config, -1, &launcher, &why) == 0, "%s: %s", why.what, why.reason);
        return launcher;
}

static void start(struct launcher *launcher, unsigned first, unsigned last)
{
        struct why why = {0};
        int r = ops->start(launcher, first, last, -1, &why);

        assert_case(r == 0, "%s: %s", why.what, why.reason);
}

static void stop(struct launcher *launcher)
{
        struct why why = {0};
        int r = ops->stop(launcher, &why);

        assert_case(r == 0, "%s: %s", why.what, why.reason);
}

/* Not even one that is to be waited for. */
static void assert_no_processes(void)
{
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

/* ---- a look from outside ---- */

static int dial(const char *address, unsigned port)
{
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        struct timeval patience = {.tv_sec = (time_t)(10 * slowdown)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0 && inet_pton(AF_INET, address, &to.sin_addr) == 1);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

/* The whole answer, headers and all; "" for none. */
static const char *get(const char *address, unsigned port, const char *path)
{
        static char text[65536];
        size_t used = 0;
        ssize_t n;
        int fd = dial(address, port);

        text[0] = '\0';
        if (fd < 0)
                return text;
        n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
                path, address);
        assert_int_equal(write(fd, text, (size_t)n), n);
        while ((n = read(fd, text + used, sizeof text - 1 - used)) > 0)
                used += (size_t)n;
        text[used] = '\0';
        close(fd);
        return text;
}

static const char *address_of(const struct target *target)
{
        static char address[32];

        assert_int_equal(sscanf(target->url, "http://%31[0-9.]:9477", address), 1);
        return address;
}

static uid_t owner(pid_t pid)
{
        char path[64];
        struct stat st;

        snprintf(path, sizeof path, "/proc/%d", (int)pid);
        assert_int_equal(stat(path, &st), 0);
        return st.st_uid;
}

static void assert_says(const char *answer, const char *format, ...) _printf_(2, 3);

static void assert_says(const char *answer, const char *format, ...)
{
        char expected[128];
        va_list ap;

        va_start(ap, format);
        vsnprintf(expected, sizeof expected, format, ap);
        va_end(ap);
        assert_case(strstr(answer, expected), "no %s in: %s", expected, answer);
}

static void assert_guest(const struct target *t, unsigned tile, unsigned guest)
{
        const char *answer;

        assert_int_equal(t->tile, tile);
        assert_int_equal(t->guest, guest);
        assert_string_equal(t->role, guest_role(guest));
        assert_int_equal(t->n_pids, guest == GUEST_OLTP ? 2 : 1);
        for (size_t i = 0; i < t->n_pids; i++)
                assert_int_equal(getpgid(t->pids[i]), t->pids[i]);

        answer = get(address_of(t), 9477, "/stats.json?brief=1");
        assert_case(strncmp(answer, "HTTP/1.1 200", 12) == 0, "%s: %s", t->url, answer);
        assert_says(answer, "\"state\":\"ready\"");
        assert_says(answer, "\"role\":\"%s\"", t->role);
        assert_says(answer, "\"tile\":%u,\"guest\":%u,", tile, guest);
        assert_says(answer, "\"pid\":%d,", (int)t->pids[0]);
        answer = get(address_of(t), 9477, "/healthz");
        assert_case(strncmp(answer, "HTTP/1.1 200", 12) == 0, "%s: %s", t->url, answer);
        if (guest == GUEST_WEB1 || guest == GUEST_WEB2 || guest == GUEST_BACKEND)
                assert_non_null(strstr(get(address_of(t), 8080, "/"), "HTTP/1.1"));
        assert_true(exists("logs/tile%u-%s.log", tile, guest_name(guest)));
        assert_true(exists("work/tile%u/%s", tile, guest_name(guest)));
}

static void assert_tiles(struct launcher *launcher, unsigned first, unsigned last)
{
        const struct targets *targets = ops->targets(launcher);
        size_t i = 0;

        assert_int_equal(targets->n_items, (last - first + 1) * (TILE_GUESTS + 1));
        for (unsigned t = first; t <= last; t++)
                for (unsigned g = 0; g <= TILE_GUESTS; g++)
                        assert_guest(&targets->items[i++], t, g);
}

static pid_t pid_of(struct launcher *launcher, unsigned guest, size_t which)
{
        const struct targets *targets = ops->targets(launcher);

        for (size_t i = 0; i < targets->n_items; i++)
                if (targets->items[i].guest == guest)
                        return targets->items[i].pids[which];
        fail_msg("no guest %u", guest);
        return 0;
}

/* ---- what goes well ---- */

static void tiles_come_and_go(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct why why;

        assert_non_null(ops->notes(launcher)[0]);
        assert_int_equal(ops->targets(launcher)->n_items, 0);
        start(launcher, 181, 181);
        assert_tiles(launcher, 181, 181);
        start(launcher, 182, 183); /* beside it, as steps of a run do */
        assert_tiles(launcher, 181, 183);
        assert_int_equal(ops->check(launcher, &why), 0);
        if (geteuid() == 0) {
                assert_int_equal(owner(pid_of(launcher, GUEST_OLTP, 0)), 0);
                assert_int_not_equal(owner(pid_of(launcher, GUEST_OLTP, 1)), 0);
        }
        assert_int_equal(ops->start(launcher, 183, 184, -1, &why), -EEXIST);
        assert_tiles(launcher, 181, 183);

        /* As a search goes back. The first tile does not notice. */
        assert_int_equal(ops->end_above(launcher, 181, &why), 0);
        assert_tiles(launcher, 181, 181);
        assert_int_equal(dial("127.182.1.1", 9477), -1);
        assert_int_equal(dial("127.183.7.1", 9477), -1);
        assert_false(exists("work/tile183"));
        assert_int_equal(ops->check(launcher, &why), 0);
        assert_int_equal(ops->end_above(launcher, 190, &why), 0);
        start(launcher, 182, 182);
        assert_tiles(launcher, 181, 182);

        stop(launcher);
        assert_no_processes();
        assert_int_equal(ops->targets(launcher)->n_items, 0);
        assert_int_equal(dial("127.181.1.1", 9477), -1);
        assert_false(exists("work/tile181"));
        assert_false(exists("work/tile183"));

        start(launcher, 181, 181); /* and once more */
        assert_tiles(launcher, 181, 181);
        ops->free(launcher); /* without a stop */
        assert_no_processes();
        assert_false(exists("work"));
        assert_true(exists("logs/tile181-mysql.log"));
}

/* ---- what goes wrong in mid-run ---- */

static void assert_death_is_seen(unsigned guest, size_t which, const char *title)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct pollfd fd = {.fd = ops->fd(launcher), .events = POLLIN};
        uint64_t deadline = clock_now_ns() + patience_ns(20);
        struct why why = {0};
        char log[128];
        int r;

        start(launcher, 184, 184);
        assert_int_equal(kill(pid_of(launcher, guest, which), SIGKILL), 0);
        while ((r = ops->check(launcher, &why)) == 0 && clock_now_ns() < deadline)
                poll(&fd, 1, 1000);
        assert_int_equal(r, -ECHILD);
        assert_string_equal(why.what, title);
        assert_string_equal(why.value, "");
        assert_case(strstr(why.reason, "ended by signal 9 (Killed)"), "%s", why.reason);
        snprintf(log, sizeof log, "log: %s/logs/tile184-%s.log", results,
                title + strlen("tile 184 "));
        assert_case(strstr(why.reason, log), "%s", why.reason);
        assert_null(strstr(why.reason, "before it was ready"));

        /* It stays the first one, even if others fall with it. */
        assert_int_equal(ops->check(launcher, &why), -ECHILD);
        assert_string_equal(why.what, title);
        stop(launcher);
        assert_no_processes();
        ops->free(launcher);
}

static void killed_roles_are_named(void **state)
{
        assert_death_is_seen(GUEST_DISK, 0, "tile 184 disk");
}

static void killed_databases_are_named(void **state)
{
        assert_death_is_seen(GUEST_OLTP, 1, "tile 184 mysql");
}

/* A role that does not end when asked is killed, named, and everything else is well. */
static void hanging_roles_are_killed(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct why why = {0};

        start(launcher, 185, 185);
        assert_int_equal(kill(pid_of(launcher, GUEST_CPU, 0), SIGSTOP), 0);
        assert_int_equal(ops->stop(launcher, &why), -ETIME);
        assert_string_equal(why.what, "tile 185 cpu");
        assert_case(strstr(why.reason, "killed"), "%s", why.reason);
        assert_no_processes();
        ops->free(launcher);
        assert_false(exists("work"));
}

/* ---- what goes wrong at the start ---- */

static void address_in_use(void **state)
{
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9477)};
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct why why = {0};

        inet_pton(AF_INET, "127.187.5.1", &address.sin_addr);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        assert_int_equal(listen(fd, 1), 0);
        start(launcher, 186, 186);
        assert_int_equal(ops->start(launcher, 187, 188, -1, &why), -ECHILD);
        assert_string_equal(why.what, "tile 187 cpu");
        assert_case(strstr(why.reason, "ended with status 1 before it was ready; last words: "
                                       "--listen \"127.187.5.1:9477\": the address is in use"),
                "%s", why.reason);
        close(fd);

        /* What this call started is gone; what was there before is as it was. */
        assert_false(exists("work/tile187"));
        assert_false(exists("work/tile188"));
        assert_int_equal(dial("127.188.4.1", 9477), -1);
        assert_tiles(launcher, 186, 186);
        assert_int_equal(ops->check(launcher, &why), 0);
        stop(launcher);
        assert_no_processes();
        ops->free(launcher);
}

static void no_database_server(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = NULL;
        struct why why = {0};

        assert_int_equal(setenv("TILELOAD_MARIADBD", "/no/such/mariadbd", 1), 0);
        assert_int_equal(ops->new (&config, -1, &launcher, &why), -ENOENT);
        assert_int_equal(unsetenv("TILELOAD_MARIADBD"), 0);
        assert_null(launcher);
        assert_string_equal(why.value, "/no/such/mariadbd");
        assert_false(exists("work"));
        assert_false(exists("logs"));
}

/* One that does not come up: its own words must reach the user. */
static void broken_database_server(void **state)
{
        static const char script[] = "#!/bin/sh\necho '[ERROR] the stars are wrong'\n"
                                     "echo '[ERROR] Aborting'\nexit 3\n";
        struct launch_config config = small();
        char reason[sizeof(struct why)];
        struct launcher *launcher;
        struct why why = {0};
        char path[128];
        FILE *file;

        snprintf(path, sizeof path, "%s/mariadbd", results);
        file = fopen(path, "w");
        assert_non_null(file);
        fputs(script, file);
        fclose(file);
        assert_int_equal(chmod(path, 0755), 0);
        /* The server's user must reach it. */
        assert_int_equal(chmod(results, 0755), 0);

        assert_int_equal(setenv("TILELOAD_MARIADBD", path, 1), 0);
        launcher = new (&config);
        assert_int_equal(ops->start(launcher, 185, 185, -1, &why), -ECHILD);
        assert_int_equal(unsetenv("TILELOAD_MARIADBD"), 0);
        assert_int_equal(unlink(path), 0);
        assert_string_equal(why.what, "tile 185 mysql");
        snprintf(reason, sizeof reason,
                "ended with status 3 before it was ready; last words: [ERROR] the stars are "
                "wrong; log: %s/logs/tile185-mysql.log",
                results);
        assert_string_equal(why.reason, reason);
        assert_no_processes();
        ops->free(launcher);
}

static void bad_options_are_told(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        struct why why = {0};

        config.think = "a while";
        launcher = new (&config);
        assert_int_equal(ops->start(launcher, 185, 185, -1, &why), -ECHILD);
        assert_string_equal(why.what, "tile 185 client");
        assert_case(strstr(why.reason, "ended with status 2 before it was ready; last words: "
                                       "--think \"a while\": "),
                "%s", why.reason);
        assert_no_processes();
        ops->free(launcher);
}

static void interrupted(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct why why = {0};
        int fd = eventfd(1, EFD_CLOEXEC);

        assert_int_equal(ops->start(launcher, 185, 185, fd, &why), -EINTR);
        assert_no_processes();
        assert_int_equal(ops->targets(launcher)->n_items, 0);
        close(fd);
        ops->free(launcher);
        assert_false(exists("work"));
}

static void not_ready_in_time(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher;
        struct why why = {0};

        config.ready_timeout_ns = 1;
        launcher = new (&config);
        assert_int_equal(ops->start(launcher, 185, 185, -1, &why), -ETIMEDOUT);
        assert_case(strncmp(why.what, "tile 185 ", 9) == 0, "%s", why.what);
        assert_case(strstr(why.reason, "not ready after 1 ns"), "%s", why.reason);
        assert_no_processes();
        ops->free(launcher);
}

static void impossible_tiles(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config);
        struct why why;

        assert_int_equal(ops->start(launcher, 0, 1, -1, &why), -ERANGE);
        assert_int_equal(ops->start(launcher, 254, 255, -1, &why), -ERANGE);
        assert_int_equal(ops->start(launcher, 2, 1, -1, &why), -ERANGE);
        ops->free(launcher);
}

static void one_run_in_a_directory(void **state)
{
        struct launch_config config = small();
        struct launcher *launcher = new (&config), *second = NULL;
        struct why why = {0};

        assert_int_equal(ops->new (&config, -1, &second, &why), -EBUSY);
        assert_null(second);
        assert_true(exists("work"));
        ops->free(launcher);
        assert_false(exists("work"));
}

/* ---- the launcher itself is killed ---- */

/* In a process of its own: launches, writes its guests' process numbers, and waits to be killed. */
static void be_launcher(int to) __attribute__((noreturn));

static void be_launcher(int to)
{
        struct launch_config config = small();
        struct launcher *launcher;
        const struct targets *targets;

        if (ops->new (&config, -1, &launcher, NULL) < 0 ||
                ops->start(launcher, 189, 189, -1, NULL) < 0)
                _exit(1);
        targets = ops->targets(launcher);
        for (size_t i = 0; i < targets->n_items; i++)
                for (size_t p = 0; p < targets->items[i].n_pids; p++)
                        if (write(to, &targets->items[i].pids[p], sizeof(pid_t)) < 0)
                                _exit(1);
        close(to);
        for (;;)
                pause();
}

static void killed_launcher_leaves_nothing(void **state)
{
        struct launch_config config = small();
        struct pollfd fds[TILE_GUESTS + 2];
        uint64_t deadline;
        int pipe_fds[2];
        size_t n = 0;
        pid_t launcher, pid;

        assert_int_equal(pipe(pipe_fds), 0);
        launcher = fork();
        if (launcher == 0) {
                close(pipe_fds[0]);
                be_launcher(pipe_fds[1]);
        }
        close(pipe_fds[1]);
        while (n < ARRAY_SIZE(fds) && read(pipe_fds[0], &pid, sizeof pid) == sizeof pid) {
                fds[n] = (struct pollfd){.fd = pidfd_open(pid, 0), .events = POLLIN};
                assert_true(fds[n].fd >= 0);
                n++;
        }
        close(pipe_fds[0]);
        assert_int_equal(n, TILE_GUESTS + 2); /* with the external client and the database */
        kill(launcher, SIGKILL);
        assert_int_equal(waitpid(launcher, NULL, 0), launcher);

        deadline = clock_now_ns() + patience_ns(20);
        for (size_t i = 0; i < n; i++) {
                int timeout = clock_poll_timeout_ms(clock_now_ns(), deadline);

                assert_int_equal(poll(&fds[i], 1, timeout), 1);
                close(fds[i].fd);
        }
        assert_true(exists("work/tile189"));
        ops->free(new (&config)); /* the next run cleans up */
        assert_false(exists("work"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_results, remove_results)
                TEST(tiles_come_and_go),
                TEST(killed_roles_are_named),
                TEST(killed_databases_are_named),
                TEST(hanging_roles_are_killed),
                TEST(address_in_use),
                TEST(no_database_server),
                TEST(broken_database_server),
                TEST(bad_options_are_told),
                TEST(interrupted),
                TEST(not_ready_in_time),
                TEST(impossible_tiles),
                TEST(one_run_in_a_directory),
                TEST(killed_launcher_leaves_nothing),
        };
        const char *factor = getenv("TILELOAD_TEST_SLOWDOWN");

        program = getenv("TILELOAD");
        if (!program) {
                fputs("skipped: TILELOAD does not name the program\n", stderr);
                return 77;
        }
        if (factor)
                parse_number(factor, &slowdown);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
