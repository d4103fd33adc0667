/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- between fork and exec: async-signal-safe calls only ---- */

/* What the child was doing when it could not go on; it comes to the parent by a pipe that closes
 * when the program runs. */
enum step {
        STEP_GROUP,
        STEP_CGROUP,
        STEP_AFFINITY,
        STEP_OUTPUT,
        STEP_DIRECTORY,
        STEP_ENTER,
        STEP_TIE,
        STEP_PROGRAM,
};

struct failure {
        enum step step;
        int error; /* errno */
};

static void default_signals(void)
{
        for (int s = 1; s < NSIG; s++)
                signal(s, SIG_DFL); /* SIGKILL, SIGSTOP and the library's own refuse */
}

static int redirect(int log_fd)
{
        int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

        if (null_fd < 0)
                return -1;
        if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(log_fd, STDOUT_FILENO) < 0 ||
                dup2(log_fd, STDERR_FILENO) < 0)
                return -1;
        /* Not only our own descriptors: also what a careless shell left open for us. Kernels
         * before 5.11 cannot, and then those stay. */
        close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
        return 0;
}

/* After whatever changes the credentials, which would undo it. */
static int tie_to_parent(pid_t parent)
{
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                return -1;
        if (getppid() != parent) { /* it ended before that */
                errno = ESRCH;
                return -1;
        }
        return 0;
}

static struct failure become(const struct child_config *config, int log_fd, pid_t parent)
{
        sigset_t none;
        int r;

        if (setpgid(0, 0) < 0)
                return (struct failure){STEP_GROUP, errno};
        default_signals();
        if (config->cgroup_fd >= 0 && write(config->cgroup_fd, "0", 1) < 0)
                return (struct failure){STEP_CGROUP, errno};
        r = config->affinity ? affinity_enter(config->affinity) : 0;
        if (r < 0)
                return (struct failure){STEP_AFFINITY, -r};
        if (redirect(log_fd) < 0)
                return (struct failure){STEP_OUTPUT, errno};
        if (chdir(config->directory) < 0)
                return (struct failure){STEP_DIRECTORY, errno};
        r = config->enter ? config->enter(config->context) : 0;
        if (r < 0)
                return (struct failure){STEP_ENTER, -r};
        if (tie_to_parent(parent) < 0)
                return (struct failure){STEP_TIE, errno};
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve(config->program, config->argv, config->environment);
        return (struct failure){STEP_PROGRAM, errno};
}

static void be_child(const struct child_config *config, int log_fd, int failure_fd, pid_t parent)
        __attribute__((noreturn));

static void be_child(const struct child_config *config, int log_fd, int failure_fd, pid_t parent)
{
        struct failure failure = become(config, log_fd, parent);
        ssize_t n = write(failure_fd, &failure, sizeof failure);

        _exit(n == sizeof failure ? 127 : 126);
}

/* ---- the parent ---- */

/* A descriptor that can be made another's standard one without being one itself. */
static int above_standard(int fd)
{
        _cleanup_close_ int low = fd;
        int high;

        if (fd < 0 || fd > STDERR_FILENO)
                return STEAL_FD(low);
        high = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return high;
}

/* Signals wait meanwhile: none is to run our handlers in the child. */
static pid_t fork_blocked(const struct child_config *config, int log_fd, int failure_fd)
{
        sigset_t all, before;
        pid_t parent = getpid(), pid;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pid = fork();
        if (pid == 0)
                be_child(config, log_fd, failure_fd, parent);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return pid < 0 ? -errno : pid;
}

static int failed_why(
        const struct child_config *config, const struct failure *failure, struct why *why)
{
        switch (failure->step) {
        case STEP_GROUP:
                return why_errno(why, -failure->error, "process group", NULL);
        case STEP_CGROUP:
                return why_errno(why, -failure->error, "cgroup", NULL);
        case STEP_AFFINITY:
                return why_errno(why, -failure->error, "CPUs and memory of its placement", NULL);
        case STEP_OUTPUT:
                return why_errno(why, -failure->error, "standard input and output", NULL);
        case STEP_DIRECTORY:
                return why_errno(why, -failure->error, "directory", config->directory);
        case STEP_ENTER:
                return why_errno(why, -failure->error, "directory and user", NULL);
        case STEP_TIE:
                return why_errno(why, -failure->error, "parent", NULL);
        case STEP_PROGRAM:
                break;
        }
        return why_errno(why, -failure->error, "program", config->program);
}

/* Until the program runs (the pipe closes) or the child says why it does not. */
static int await_program(const struct child_config *config, int fd, struct why *why)
{
        struct failure failure;
        ssize_t n;

        do
                n = read(fd, &failure, sizeof failure);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return why_errno(why, -errno, "pipe", NULL);
        return n == sizeof failure ? failed_why(config, &failure, why) : 0;
}

static void kill_and_reap(pid_t pid)
{
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                ;
}

int child_start(struct child *child, const struct child_config *config, struct why *why)
{
        _cleanup_close_ int log_fd = -1, read_fd = -1, write_fd = -1, fd = -1;
        int pipe_fds[2], r;
        pid_t pid;

        *child = CHILD_NONE;
        log_fd = above_standard(open(config->log,
                O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644));
        if (log_fd < 0)
                return why_errno(why, -errno, "log", config->log);
        if (pipe2(pipe_fds, O_CLOEXEC) < 0)
                return why_errno(why, -errno, "pipe", NULL);
        read_fd = pipe_fds[0];
        write_fd = above_standard(pipe_fds[1]);
        if (write_fd < 0)
                return why_errno(why, -errno, "pipe", NULL);

        pid = fork_blocked(config, log_fd, write_fd);
        if (pid < 0)
                return why_errno(why, (int)pid, "process", NULL);
        close(STEAL_FD(write_fd));
        r = await_program(config, read_fd, why);
        if (r == 0) {
                fd = pidfd_open(pid, 0);
                if (fd < 0)
                        r = why_errno(why, -errno, "pidfd", NULL);
        }
        if (r < 0) {
                kill_and_reap(pid);
                return r;
        }
        child->pid = pid;
        child->fd = STEAL_FD(fd);
        return 0;
}

void child_signal(const struct child *child, int signal)
{
        /* The group's number is ours to use for as long as its leader was not reaped. */
        if (child->pid > 0 && !child->ended)
                kill(-child->pid, signal);
}

bool child_has_ended(struct child *child)
{
        siginfo_t info = {0};
        int status;

        if (child->pid <= 0 || child->ended)
                return child->ended;
        if (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
                info.si_pid != child->pid)
                return false;
        child_signal(child, SIGKILL);
        if (waitpid(child->pid, &status, 0) != child->pid)
                return false;
        child->status = status;
        child->ended = true;
        close(STEAL_FD(child->fd));
        return true;
}

char *child_outcome(const struct child *child, char *text, size_t size)
{
        if (!child->ended)
                snprintf(text, size, "still running");
        else if (WIFSIGNALED(child->status))
                snprintf(text, size, "ended by signal %d (%s)", WTERMSIG(child->status),
                        strsignal(WTERMSIG(child->status)));
        else
                snprintf(text, size, "ended with status %d", WEXITSTATUS(child->status));
        return text;
}

/* ---- last words ---- */

static void tidy(char *line)
{
        size_t n = strlen(line);

        for (char *c = line; *c; c++)
                if (iscntrl((unsigned char)*c))
                        *c = ' ';
        while (n > 0 && line[n - 1] == ' ')
                line[--n] = '\0';
}

/* The last thing that many a program writes, after what made it do so. */
static bool only_aborts(const char *line)
{
        static const char word[] = "aborting";
        size_t n = strlen(line);

        return n >= sizeof word - 1 && strcasecmp(line + n - (sizeof word - 1), word) == 0;
}

/* The end of a file, from the beginning of a line on unless one is longer than the buffer. */
static void read_end(const char *path, char *buffer, size_t size)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        off_t end = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
        ssize_t n = 0;

        if (end > 0)
                n = pread(fd, buffer, size - 1, MAX(end - (off_t)size + 1, (off_t)0));
        buffer[MAX(n, (ssize_t)0)] = '\0';
}

char *child_last_words(const char *log, char *text, size_t size)
{
        static const char prefix[] = "tileload: ";
        char buffer[4096], *line = buffer, *next;
        const char *words = "";

        read_end(log, buffer, sizeof buffer);
        for (; line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                tidy(line);
                if (*line && (!only_aborts(line) || !*words))
                        words = line;
        }
        if (strncmp(words, prefix, sizeof prefix - 1) == 0)
                words += sizeof prefix - 1;
        snprintf(text, size, "%s", words);
        return text;
}
