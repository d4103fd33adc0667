/* SPDX-License-Identifier: Apache-2.0 */
#include "gnuplot.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

/* A picture takes a tenth of a second; a machine may be very busy. */
#define DEADLINE_NS (60 * NS_PER_S)
#define MAX_BYTES   ((size_t)64 << 20)

/* Above the standard descriptors, so that giving one of them to the child overwrites no other. */
static int above_standard(int fd)
{
        _cleanup_close_ int low = fd;

        if (fd < 0 || fd > STDERR_FILENO)
                return STEAL_FD(low);
        return fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

static int memory_file(const char *name)
{
        return above_standard(memfd_create(name, MFD_CLOEXEC));
}

static int script_file(const char *script, size_t length)
{
        _cleanup_close_ int fd = memory_file("gnuplot-script");
        size_t done = 0;

        while (fd >= 0 && done < length) {
                ssize_t n = write(fd, script + done, length - done);

                if (n < 0)
                        return -errno;
                done += (size_t)n;
        }
        if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
                return -errno;
        return STEAL_FD(fd);
}

/* Returns the child's pid or -errno. */
static pid_t spawn(int script_fd, int out_fd, int error_fd)
{
        char program[] = "gnuplot", no_startup_files[] = "-d", locale[] = "LC_ALL=C",
             terminal[] = "GNUTERM=dumb";
        char *const argv[] = {program, no_startup_files, NULL};
        char *const environment[] = {locale, terminal, NULL};
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t none, all;
        pid_t pid = -1;
        int r;

        sigemptyset(&none);
        sigfillset(&all);
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        r = posix_spawn_file_actions_adddup2(&actions, script_fd, STDIN_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
        if (r == 0)
                r = posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        if (r == 0)
                r = posix_spawnp(&pid, program, &actions, &attributes, argv, environment);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return r ? -r : pid;
}

/* All that comes until the other end is closed. */
static int read_all(FILE *to, int fd, uint64_t deadline_ns)
{
        size_t total = 0;
        char buffer[65536];

        for (;;) {
                struct pollfd p = {.fd = fd, .events = POLLIN};
                int ready = poll(&p, 1, clock_poll_timeout_ms(clock_now_ns(), deadline_ns));
                ssize_t n;

                if (ready == 0)
                        return -ETIMEDOUT;
                n = ready < 0 ? -1 : read(fd, buffer, sizeof buffer);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return 0;
                total += (size_t)n;
                if (total > MAX_BYTES)
                        return -EFBIG;
                if (fwrite(buffer, 1, (size_t)n, to) != (size_t)n)
                        return -ENOMEM;
        }
}

/* The last line that says something of what it wrote on standard error. */
static int complaint(int error_fd, int status, struct why *why)
{
        char text[4096], *line, *last = NULL, *save = NULL;
        ssize_t n = pread(error_fd, text, sizeof text - 1, 0);

        text[MAX(n, (ssize_t)0)] = '\0';
        for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
                if (line[strspn(line, " \t^")])
                        last = line;
        if (last)
                return why_set(why, -EIO, "gnuplot", NULL, "%s", last + strspn(last, " \t"));
        if (WIFSIGNALED(status))
                return why_set(why, -EIO, "gnuplot", NULL, "ended by signal %d (%s)",
                        WTERMSIG(status), strsignal(WTERMSIG(status)));
        return why_set(why, -EIO, "gnuplot", NULL,
                "drew nothing and ended with status %d: is it a gnuplot with the svg terminal?",
                WEXITSTATUS(status));
}

/* It may have closed its output and live on. */
static int await_end(pid_t pid, uint64_t deadline_ns)
{
        _cleanup_close_ int fd = pidfd_open(pid, 0);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready;

        if (fd < 0)
                return -errno;
        do
                ready = poll(&p, 1, clock_poll_timeout_ms(clock_now_ns(), deadline_ns));
        while (ready < 0 && errno == EINTR);
        return ready > 0 ? 0 : ready == 0 ? -ETIMEDOUT : -errno;
}

static int picture(char **ret_svg, pid_t pid, int out_fd, int error_fd, struct why *why)
{
        _cleanup_free_ char *svg = NULL;
        size_t size = 0;
        uint64_t deadline_ns = clock_now_ns() + DEADLINE_NS;
        FILE *to = open_memstream(&svg, &size);
        int r = to ? read_all(to, out_fd, deadline_ns) : -ENOMEM, status = 0;

        if (r == 0)
                r = await_end(pid, deadline_ns);
        if (r < 0)
                kill(pid, SIGKILL);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        if (to && fclose(to) != 0 && r == 0)
                r = -ENOMEM;
        if (r == -ETIMEDOUT)
                return why_set(why, r, "gnuplot", NULL, "has drawn nothing in %d s",
                        (int)(DEADLINE_NS / NS_PER_S));
        if (r < 0)
                return why_errno(why, r, "gnuplot", NULL);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || !strstr(svg, "</svg>"))
                return complaint(error_fd, status, why);
        *ret_svg = STEAL_PTR(svg);
        return 0;
}

int gnuplot_run(char **ret_svg, const char *script, size_t length, struct why *why)
{
        _cleanup_close_ int script_fd = script_file(script, length),
                            error_fd = memory_file("gnuplot-errors"), read_fd = -1, write_fd = -1;
        int pipe_fds[2];
        pid_t pid;

        if (script_fd < 0 || error_fd < 0)
                return why_errno(why, script_fd < 0 ? script_fd : -errno, "gnuplot", NULL);
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return why_errno(why, -errno, "pipe", NULL);
        read_fd = pipe_fds[0];
        write_fd = above_standard(pipe_fds[1]);
        if (write_fd < 0)
                return why_errno(why, -errno, "pipe", NULL);

        pid = spawn(script_fd, write_fd, error_fd);
        close(STEAL_FD(write_fd));
        if (pid == -ENOENT)
                return why_set(why, -ENOENT, "gnuplot", NULL,
                        "not there: install it (Debian: gnuplot-nox) to have plots");
        if (pid < 0)
                return why_errno(why, (int)pid, "gnuplot", NULL);
        return picture(ret_svg, pid, read_fd, error_fd, why);
}
