/* SPDX-License-Identifier: Apache-2.0 */
#include "results_directory.h"

#include "macro.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

static const char *inside(
        const struct results_directory *directory, const char *name, char text[static PATH_MAX])
{
        snprintf(text, PATH_MAX, "%s/%s", directory->path, name);
        return text;
}

static int lock(FILE *summary)
{
        if (flock(fileno(summary), LOCK_EX | LOCK_NB) == 0)
                return 0;
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/* ---- a new one ---- */

static char *default_path(void)
{
        char name[64];
        time_t now = time(NULL);
        struct tm tm;

        localtime_r(&now, &tm);
        strftime(name, sizeof name, "tileload-results/%Y%m%d-%H%M%S", &tm);
        return strdup(name);
}

static int make_directories(struct results_directory *directory, struct why *why)
{
        const char *path = directory->path;
        _cleanup_free_ char *part = strdup(path);

        if (!part)
                return why_errno(why, -ENOMEM, "--output", path);
        for (char *p = part + 1;; p++) {
                char end = *p;

                if (end != '/' && end != '\0')
                        continue;
                *p = '\0';
                directory->made = mkdir(part, 0777) == 0;
                if (!directory->made && errno != EEXIST)
                        return why_set(why, -errno, "--output", path,
                                "cannot make directory %s: %s", part, strerror(errno));
                if (end == '\0')
                        return 0;
                *p = end;
        }
}

static int refuse_used(const struct results_directory *directory, struct why *why)
{
        static const char *const names[] = {
                "run.json", "summary.txt", "targets.json", "report.html", "logs"};
        char path[PATH_MAX];

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (access(inside(directory, names[i], path), F_OK) == 0)
                        return why_set(why, -EEXIST, "--output", directory->path,
                                "holds the results of another run (%s): choose another directory",
                                names[i]);
        return 0;
}

int results_directory_make(struct results_directory *ret, const char *path, struct why *why)
{
        char summary[PATH_MAX];
        int r;

        *ret = (struct results_directory){.path = path ? strdup(path) : default_path()};
        if (!ret->path)
                return why_errno(why, -ENOMEM, "--output", NULL);
        r = make_directories(ret, why);
        if (r == 0)
                r = refuse_used(ret, why);
        if (r < 0)
                return r;
        ret->summary = fopen(inside(ret, "summary.txt", summary), "wxe");
        if (!ret->summary)
                return why_set(why, -errno, "--output", ret->path, "cannot write in it: %s",
                        strerror(errno));
        r = lock(ret->summary);
        return r < 0 ? why_errno(why, r, "--output", summary) : 0;
}

/* ---- one that is there ---- */

int results_directory_open(struct results_directory *ret, const char *path, struct why *why)
{
        char name[PATH_MAX];
        int fd, r;

        *ret = (struct results_directory){.path = strdup(path)};
        if (!ret->path)
                return why_errno(why, -ENOMEM, "--resume", path);
        if (access(inside(ret, "run.json", name), F_OK) < 0)
                return why_set(why, -errno, "--resume", path,
                        errno == ENOENT ? "not the results of a run: there is no run.json in it"
                                        : "run.json in it cannot be reached");
        fd = open(inside(ret, "summary.txt", name),
                O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        ret->summary = fd >= 0 ? fdopen(fd, "a") : NULL;
        if (!ret->summary) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                return why_set(why, r, "--resume", path, "cannot be written to: %s", strerror(-r));
        }
        r = lock(ret->summary);
        if (r == -EBUSY)
                return why_set(why, r, "--resume", path,
                        "that run is still going on: there is nothing to go on with yet");
        return r < 0 ? why_errno(why, r, "--resume", name) : 0;
}

int results_directory_keep_logs(const struct results_directory *directory, struct why *why)
{
        char from[PATH_MAX], to[PATH_MAX + 16];
        int r = -EEXIST;

        inside(directory, "logs", from);
        for (unsigned n = 1; n < 1000; n++) {
                snprintf(to, sizeof to, "%s.%u", from, n);
                if (access(to, F_OK) == 0)
                        continue;
                if (rename(from, to) == 0 || errno == ENOENT)
                        return 0;
                r = -errno;
                break;
        }
        return why_set(why, r, "logs", from, "cannot be moved out of the way: %s", strerror(-r));
}

/* ---- both ---- */

int results_directory_flush(const struct results_directory *directory, struct why *why)
{
        int r;

        errno = 0;
        if (fflush(directory->summary) == 0 && !ferror(directory->summary))
                return 0;
        r = errno ? -errno : -EIO;
        return why_set(
                why, r, "summary.txt", directory->path, "cannot be written: %s", strerror(-r));
}

void results_directory_leave_no_trace(struct results_directory *directory)
{
        char path[PATH_MAX];

        unlink(inside(directory, "summary.txt", path));
        if (directory->made)
                rmdir(directory->path);
}

void results_directory_fini(struct results_directory *directory)
{
        if (directory->summary)
                fclose(directory->summary);
        free(directory->path);
        *directory = (struct results_directory){0};
}
