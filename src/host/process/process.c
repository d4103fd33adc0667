/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include "fmt.h"
#include "tile_plan.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

char *process_title(const struct process *process, char *text, size_t size)
{
        snprintf(text, size, "tile %u %s", process->tile, process_name(process->number));
        return text;
}

/* Below the results directory, for people to find. */
static char *log_name(const struct process *process, char *text, size_t size)
{
        snprintf(text, size, "logs/tile%u-%s.log", process->tile, process_name(process->number));
        return text;
}

static char *log_path(const struct process *process, const char *results)
{
        char name[64], *path;

        log_name(process, name, sizeof name);
        return asprintf(&path, "%s/%s", results, name) < 0 ? NULL : path;
}

int process_make_logs(const char *results, struct why *why)
{
        _cleanup_free_ char *path = NULL;

        if (asprintf(&path, "%s/logs", results) < 0) {
                path = NULL;
                return why_errno(why, -ENOMEM, "logs", results);
        }
        return mkdir(path, 0755) < 0 && errno != EEXIST ? why_errno(why, -errno, "logs", path) : 0;
}

/* ---- start ---- */

extern char **environ;

static bool is_ours(const char *variable)
{
        return strncmp(variable, "NOTIFY_SOCKET=", 14) == 0 ||
               strncmp(variable, "TILELOAD_CMDLINE=", 17) == 0 ||
               strncmp(variable, "RUNTIME_DIRECTORY=", 18) == 0; /* eight would write into it */
}

/* Points into environ and at `notify`; free the list alone. */
static char **make_environment(char *notify)
{
        static char no_cmdline[] = "TILELOAD_CMDLINE=/dev/null";
        size_t n = 0, used = 0;
        char **list;

        while (environ[n])
                n++;
        list = calloc(n + 3, sizeof *list);
        if (!list)
                return NULL;
        for (size_t i = 0; i < n; i++)
                if (!is_ours(environ[i]))
                        list[used++] = environ[i];
        list[used++] = no_cmdline;
        list[used] = notify;
        return list;
}

static int watch(struct process *process, int epoll_fd, int fd)
{
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = process};

        return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int start_child(
        struct process *process, const struct process_config *config, struct why *why)
{
        _cleanup_free_ char *log = log_path(process, config->results);
        _cleanup_free_ char **environment = NULL;
        char notify[64];
        struct child_config child = {
                .program = config->program,
                .argv = config->argv,
                .directory = config->directory,
                .log = log,
                .cgroup_fd = config->cgroup_fd,
                .affinity = config->affinity,
                .enter = config->enter,
                .context = config->context,
        };

        snprintf(notify, sizeof notify, "NOTIFY_SOCKET=%s", process->notify.address);
        child.environment = environment = make_environment(notify);
        if (!log || !environment)
                return why_errno(why, -ENOMEM, "process", NULL);
        return child_start(&process->child, &child, why);
}

/* One whose end nobody would notice. */
static void end_now(struct process *process)
{
        struct pollfd fd = {.fd = process->child.fd, .events = POLLIN};

        child_signal(&process->child, SIGKILL);
        while (!child_has_ended(&process->child))
                poll(&fd, 1, -1);
        notify_server_fini(&process->notify);
}

int process_start(struct process *process, const struct process_config *config, struct why *why)
{
        char title[sizeof why->what], text[sizeof why->reason];
        struct why inner = {0};
        int r;

        process->child = CHILD_NONE;
        r = notify_server_init(&process->notify);
        if (r == 0)
                r = watch(process, config->epoll_fd, process->notify.fd);
        if (r < 0) {
                notify_server_fini(&process->notify);
                return why_errno(why, r, process_title(process, title, sizeof title), NULL);
        }
        r = start_child(process, config, &inner);
        if (r < 0) {
                notify_server_fini(&process->notify);
                return why_set(why, r, process_title(process, title, sizeof title), NULL,
                        "could not be started: %s", why_format(&inner, text, sizeof text - 64));
        }
        r = watch(process, config->epoll_fd, process->child.fd);
        if (r < 0) {
                end_now(process);
                return why_errno(why, r, process_title(process, title, sizeof title), NULL);
        }
        return 0;
}

/* ---- life ---- */

static void hear(struct process *process)
{
        struct notify_message message;

        while (process->notify.fd >= 0 && notify_server_receive(&process->notify, &message) > 0) {
                if (message.pid != process->child.pid)
                        continue;
                if (message.status[0])
                        memcpy(process->status, message.status, sizeof process->status);
                if (message.ready) {
                        process->ready = true;
                        notify_server_fini(&process->notify);
                }
        }
}

void process_update(struct process *process)
{
        if (process->child.pid <= 0 || process->child.ended)
                return;
        hear(process);
        if (child_has_ended(&process->child))
                notify_server_fini(&process->notify);
}

bool process_is_running(const struct process *process)
{
        return process->child.pid > 0 && !process->child.ended;
}

void process_fini(struct process *process)
{
        if (process->child.pid <= 0)
                return;
        notify_server_fini(&process->notify);
        if (process->child.fd >= 0)
                close(process->child.fd);
        *process = (struct process){.child = CHILD_NONE, .notify.fd = -1};
}

/* ---- what went wrong ---- */

/* A full disk makes a database server say the strangest things. */
#define LITTLE_SPACE (64u << 20)

static void note_space(const char *directory, char *text, size_t size)
{
        char left[FMT_SIZE];
        struct statvfs fs;

        text[0] = '\0';
        if (statvfs(directory, &fs) < 0 || fs.f_bavail * fs.f_frsize >= LITTLE_SPACE)
                return;
        snprintf(text, size, "; only %s are free there",
                fmt_size(left, (uint64_t)fs.f_bavail * fs.f_frsize));
}

static int why_process(const struct process *process, int error, const char *results,
        const char *how, struct why *why)
{
        _cleanup_free_ char *path = log_path(process, results);
        char title[sizeof why->what], words[280] = "", log[64] = "", space[64];

        if (path)
                child_last_words(path, words, sizeof words);
        note_space(results, space, sizeof space);
        if (!path || strlen(path) > 120) /* the reason has only so much room */
                log_name(process, log, sizeof log);
        return why_set(why, error, process_title(process, title, sizeof title), NULL,
                "%s%s%s; log: %s%s", how, words[0] ? "; last words: " : "", words,
                log[0] ? log : path, space);
}

int process_why_ended(
        const struct process *process, int error, const char *results, struct why *why)
{
        char outcome[64], how[96];

        child_outcome(&process->child, outcome, sizeof outcome);
        snprintf(how, sizeof how, "%s%s", outcome, process->ready ? "" : " before it was ready");
        return why_process(process, error, results, how, why);
}

int process_why_late(const struct process *process, int error, const char *results,
        uint64_t timeout_ns, struct why *why)
{
        char duration[FMT_SIZE], how[160];

        fmt_duration(duration, timeout_ns);
        if (process->status[0])
                snprintf(how, sizeof how, "not ready after %s, its last status \"%.80s\"", duration,
                        process->status);
        else
                snprintf(how, sizeof how, "not ready after %s", duration);
        return why_process(process, error, results, how, why);
}
