/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Deadlines of things that must happen; sanitizers and busy machines take their time. */
#define PATIENCE_MS 30000

static char directory[64], log_file[96];

static int make_directory(void **state)
{
        snprintf(directory, sizeof directory, "/tmp/tileload-child-XXXXXX");
        if (!mkdtemp(directory))
                return -1;
        snprintf(log_file, sizeof log_file, "%s/log", directory);
        return 0;
}

static int remove_directory(void **state)
{
        unlink(log_file);
        return rmdir(directory);
}

static struct child_config shell(char *argv[static 4], const char *script)
{
        static char *const environment[] = {
                (char *)"PATH=/bin:/usr/bin", (char *)"COLOR=blue", NULL};

        argv[0] = (char *)"sh";
        argv[1] = (char *)"-c";
        argv[2] = (char *)script;
        argv[3] = NULL;
        return (struct child_config){
                .program = "/bin/sh",
                .argv = argv,
                .environment = environment,
                .directory = directory,
                .log = log_file,
                .cgroup_fd = -1,
        };
}

static struct child start(const char *script)
{
        char *argv[4];
        struct child_config config = shell(argv, script);
        struct child child;
        struct why why = {0};

        assert_case(child_start(&child, &config, &why) == 0, "%s: %s", why.what, why.reason);
        assert_true(child.pid > 0);
        return child;
}

static void await_end(struct child *child)
{
        struct pollfd fd = {.fd = child->fd, .events = POLLIN};

        assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
        assert_true(child_has_ended(child));
        assert_int_equal(child->fd, -1);
}

static void assert_log(const char *expected)
{
        char text[4096] = "";
        int fd = open(log_file, O_RDONLY);

        assert_true(fd >= 0);
        assert_true(read(fd, text, sizeof text - 1) >= 0);
        close(fd);
        assert_string_equal(text, expected);
}

static void runs_where_and_as_told(void **state)
{
        struct child child = start("pwd; echo $COLOR >&2; wc -c; ls /proc/self/fd | wc -l; "
                                   "test $$ = `cut -d ' ' -f 5 /proc/$$/stat` && echo leads");
        char text[256], expected[512];

        await_end(&child);
        assert_string_equal(child_outcome(&child, text, sizeof text), "ended with status 0");
        /* Input is empty; ls has its three and the directory that it reads. */
        snprintf(expected, sizeof expected, "%s\nblue\n0\n4\nleads\n", directory);
        assert_log(expected);
}

static void tells_how_it_ended(void **state)
{
        struct child child = start("exit 77");
        char text[256];

        await_end(&child);
        assert_string_equal(child_outcome(&child, text, sizeof text), "ended with status 77");

        child = start("kill -KILL $$");
        await_end(&child);
        assert_string_equal(child_outcome(&child, text, sizeof text), "ended by signal 9 (Killed)");

        child = start("echo gone on; exec sleep 1000");
        assert_false(child_has_ended(&child));
        assert_string_equal(child_outcome(&child, text, sizeof text), "still running");
        child_signal(&child, SIGTERM);
        await_end(&child);
        assert_string_equal(
                child_outcome(&child, text, sizeof text), "ended by signal 15 (Terminated)");
        /* The number may be another's by now. */
        child_signal(&child, SIGKILL);
        assert_true(child_has_ended(&child));
}

/* Handlers and masks of ours are no business of the child's. */
static void starts_with_default_signals(void **state)
{
        struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
        struct child child;
        sigset_t set, mask;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        assert_int_equal(sigprocmask(SIG_BLOCK, &set, &mask), 0);
        assert_int_equal(sigaction(SIGINT, &ignore, &before), 0);
        child = start("exec grep -E '^Sig(Blk|Ign):' /proc/self/status");
        assert_int_equal(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
        assert_int_equal(sigaction(SIGINT, &before, NULL), 0);
        await_end(&child);
        assert_log("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

/* The child's own children end with it, and are not waited for. */
static void whole_group_ends(void **state)
{
        struct child child;
        char text[64] = "";
        pid_t grandchild;
        int fd;

        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        child = start("(trap '' TERM; exec sleep 1000) & echo $!");
        await_end(&child);
        fd = open(log_file, O_RDONLY);
        assert_true(read(fd, text, sizeof text - 1) > 0);
        close(fd);
        grandchild = atoi(text);
        assert_true(grandchild > 1);
        /* Ours now: had it not been killed, this would wait for a thousand seconds. */
        assert_int_equal(waitpid(grandchild, &fd, 0), grandchild);
        assert_true(WIFSIGNALED(fd) && WTERMSIG(fd) == SIGKILL);
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static int refuse(const void *context)
{
        return -*(const int *)context;
}

static void assert_no_children(void)
{
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

static void says_what_could_not_be_done(void **state)
{
        const int error = EDOM;
        char *argv[4];
        struct child_config config = shell(argv, "exit 0");
        struct child child;
        struct why why = {0};

        config.program = "/no/such/program";
        assert_int_equal(child_start(&child, &config, &why), -ENOENT);
        assert_string_equal(why.what, "program");
        assert_string_equal(why.value, "/no/such/program");
        assert_int_equal(child.pid, 0);
        assert_no_children();

        config = shell(argv, "exit 0");
        config.directory = "/no/such/directory";
        assert_int_equal(child_start(&child, &config, &why), -ENOENT);
        assert_string_equal(why.what, "directory");

        config = shell(argv, "exit 0");
        config.log = "/no/such/directory/log";
        assert_int_equal(child_start(&child, &config, &why), -ENOENT);
        assert_string_equal(why.what, "log");

        config = shell(argv, "exit 0");
        config.enter = refuse;
        config.context = &error;
        assert_int_equal(child_start(&child, &config, &why), -EDOM);

        config = shell(argv, "exit 0");
        config.cgroup_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
        assert_int_equal(child_start(&child, &config, &why), -ENOSPC);
        assert_string_equal(why.what, "cgroup");
        close(config.cgroup_fd);
        assert_no_children();
}

/* Whoever kills the parent, however hard, leaves no child. */
static void ends_with_its_parent(void **state)
{
        struct child_config config;
        struct child child;
        char *argv[4];
        int pipe_fds[2], status;
        pid_t parent, pid;

        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        assert_int_equal(pipe(pipe_fds), 0);
        parent = fork();
        if (parent == 0) {
                config = shell(argv, "trap '' TERM HUP INT; while :; do sleep 1000; done");
                if (child_start(&child, &config, NULL) < 0 ||
                        write(pipe_fds[1], &child.pid, sizeof child.pid) < 0)
                        _exit(1);
                for (;;)
                        pause();
        }
        close(pipe_fds[1]);
        assert_int_equal(read(pipe_fds[0], &pid, sizeof pid), sizeof pid);
        close(pipe_fds[0]);
        kill(parent, SIGKILL);
        assert_int_equal(waitpid(parent, NULL, 0), parent);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        /* Its `sleep` was in the same group, but is nobody's to end: so we do. */
        kill(-pid, SIGKILL);
        while (waitpid(-1, NULL, 0) > 0)
                ;
        prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

static void standard_descriptors_may_be_closed(void **state)
{
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                struct child_config config;
                struct child child;
                char *argv[4];

                close(0);
                close(1);
                close(2);
                config = shell(argv, "echo out; echo err >&2; cat");
                if (child_start(&child, &config, NULL) < 0)
                        _exit(1);
                while (!child_has_ended(&child))
                        poll(NULL, 0, 1);
                _exit(child.status == 0 ? 0 : 2);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_log("out\nerr\n");
}

static void assert_last_words(const char *log, const char *expected)
{
        int fd = open(log_file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        char text[64];

        assert_int_equal(write(fd, log, strlen(log)), strlen(log));
        close(fd);
        assert_string_equal(child_last_words(log_file, text, sizeof text), expected);
}

static void last_words(void **state)
{
        char text[64], *long_log = malloc(100001);

        assert_last_words("", "");
        assert_last_words("\n \n\t\n", "");
        assert_last_words("one", "one");
        assert_last_words("one\ntwo\n\n  \n", "two");
        assert_last_words("tileload: --listen \"x\": no\n", "--listen \"x\": no");
        assert_last_words("[ERROR] no space left\n[ERROR] Aborting\n", "[ERROR] no space left");
        assert_last_words("SUMMARY: leak\n==3==ABORTING\n", "SUMMARY: leak");
        assert_last_words("Aborting\n", "Aborting");
        assert_last_words("a\tb\x1b[0mc\r\n", "a b [0mc");
        assert_last_words("0123456789012345678901234567890123456789012345678901234567890123456789",
                "012345678901234567890123456789012345678901234567890123456789012");
        memset(long_log, 'x', 100000);
        strcpy(long_log + 99990, "\nat last\n");
        assert_last_words(long_log, "at last");
        free(long_log);
        assert_string_equal(child_last_words("/no/such/log", text, sizeof text), "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(runs_where_and_as_told),
                cmocka_unit_test(tells_how_it_ended),
                cmocka_unit_test(starts_with_default_signals),
                cmocka_unit_test(whole_group_ends),
                cmocka_unit_test(says_what_could_not_be_done),
                cmocka_unit_test(ends_with_its_parent),
                cmocka_unit_test(standard_descriptors_may_be_closed),
                cmocka_unit_test(last_words),
        };

        return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
