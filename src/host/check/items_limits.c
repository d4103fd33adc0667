/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many there may be: processes, open files, requests. Nothing is slower below a limit, and
 * beyond it something fails: the arithmetic is in the notes.
 */
#include "sysctl_rule.h"

#include "parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define FS_RST     "Linux: Documentation/admin-guide/sysctl/fs.rst"
#define KERNEL_RST "Linux: Documentation/admin-guide/sysctl/kernel.rst"

/* ---- what tiles take ---- */

static uint64_t need_threads(const struct check_needs *needs, char *note, size_t size)
{
        if (needs->guests)
                snprintf(note, size,
                        "%u x %d guests x %d threads (QEMU, the guest's CPU, up to 64 for its I/O) "
                        "+ %d for the host = %" PRIu64,
                        needs->tiles, TILE_NEEDS_GUESTS, GUEST_NEEDS_THREADS, HOST_NEEDS_THREADS,
                        needs->threads);
        else
                snprintf(note, size, "%u x %d threads of processes + %d for the host = %" PRIu64,
                        needs->tiles, TILE_NEEDS_PROCESS_THREADS, HOST_NEEDS_THREADS,
                        needs->threads);
        return needs->threads;
}

static uint64_t need_files(const struct check_needs *needs, char *note, size_t size)
{
        snprintf(note, size,
                "%u x (%d guests x %d files + both ends of %d connections) + %d for the host = "
                "%" PRIu64,
                needs->tiles, TILE_NEEDS_GUESTS, GUEST_NEEDS_FILES,
                CLIENT_MAX_IN_FLIGHT + TILE_NEEDS_OTHER_CONNECTIONS, HOST_NEEDS_FILES,
                needs->files);
        return needs->files;
}

static void say_process_files(const struct check_needs *needs, char *note, size_t size)
{
        snprintf(note, size, "the most that one process opens: %s %d, `run` %u x %d",
                needs->guests ? "an external client" : "a web server",
                needs->guests ? CLIENT_NEEDS_FILES : SERVER_NEEDS_FILES, needs->tiles,
                RUN_NEEDS_FILES_A_TILE);
}

static uint64_t need_process_files(const struct check_needs *needs, char *note, size_t size)
{
        say_process_files(needs, note, size);
        return needs->process_files;
}

static uint64_t need_aio(const struct check_needs *needs, char *note, size_t size)
{
        if (needs->guests)
                snprintf(note, size,
                        "%u x %d guests with a disk of io='native' x %d that QEMU sets up for each "
                        "+ %d for the host = %" PRIu64,
                        needs->tiles, TILE_NEEDS_AIO_GUESTS, GUEST_NEEDS_AIO, HOST_NEEDS_AIO,
                        needs->aio);
        else
                snprintf(note, size, "%u x %d of role disk + %d for the host = %" PRIu64,
                        needs->tiles, TILE_NEEDS_PROCESS_AIO, HOST_NEEDS_AIO, needs->aio);
        return needs->aio;
}

static const struct sysctl_rule processes = {
        .least = 32768,
        .need = need_threads,
        .level = CHECK_WARNING,
        .otherwise = "guests then fail to start, or to do I/O",
};
static const struct sysctl_rule files = {
        .need = need_files,
        .level = CHECK_WARNING,
        .otherwise = "\"VFS: file-max limit reached\"",
};
static const struct sysctl_rule files_of_one = {
        .least = 1 << 20,
        .need = need_process_files,
        .level = CHECK_ADVICE,
        .otherwise = "lower than the kernel's own default; no limit of a process can be above it",
};
static const struct sysctl_rule aio = {
        .least = 65536,
        .need = need_aio,
        .level = CHECK_WARNING,
        .otherwise = "QEMU then ends with \"failed to create linux AIO context\"; newer ones go on "
                     "with threads instead, at another cost for each request",
};
static const struct sysctl_rule inotify_instances = {
        .least = 128,
        .level = CHECK_ADVICE,
        .otherwise = "lower than the kernel's own default",
};
static const struct sysctl_rule inotify_watches = {
        .least = 8192,
        .level = CHECK_ADVICE,
        .otherwise = "lower than the kernel's own default",
};
static const struct sysctl_rule mappings = {
        .least = 65530,
        .level = CHECK_ADVICE,
        .otherwise = "lower than the kernel's own default",
};

/* ---- limits of this process, which roles inherit ---- */

/* "Max open files   1024   1048576   files": soft and hard. */
static bool read_limit(const char *limits, const char *name, uint64_t *soft, uint64_t *hard)
{
        const char *line = strstr(limits, name);
        char words[2][32];
        uint64_t *const ret[] = {soft, hard};

        if (!line || sscanf(line + strlen(name), " %31s %31s", words[0], words[1]) != 2)
                return false;
        for (size_t i = 0; i < 2; i++)
                if (strcmp(words[i], "unlimited") == 0)
                        *ret[i] = UINT64_MAX;
                else if (parse_u64(words[i], ret[i]) < 0)
                        return false;
        return true;
}

static void look_at_limit(const struct check_item *item, struct check_report *report,
        const char *name, uint64_t needed, enum check_level level, const char *note)
{
        const char *path = "/proc/self/limits";
        char text[4096];
        uint64_t soft, hard;
        struct check_finding *f;
        ssize_t length = root_read(report->root, path, text, sizeof text);

        if (length < 0 || !read_limit(text, name, &soft, &hard)) {
                check_add_missing(report, item, NULL, path, length < 0 ? (int)length : -EINVAL);
                return;
        }
        f = check_add(report, item, hard < needed ? level : CHECK_OK, NULL);
        if (hard == UINT64_MAX)
                check_set(f->present, "unlimited");
        else
                check_set(f->present, "%" PRIu64 " (hard)", hard);
        check_set(f->recommended, "at least %" PRIu64, needed);
        check_set(f->note, "%s", note);
}

static void look_at_open_files(const struct check_item *item, struct check_report *report)
{
        char note[256];

        say_process_files(&report->needs, note, sizeof note);
        look_at_limit(
                item, report, "Max open files", report->needs.process_files, CHECK_WARNING, note);
}

/* Of what guests have no need of. */
static enum check_level if_processes(const struct check_report *report)
{
        return report->needs.guests ? CHECK_ADVICE : CHECK_WARNING;
}

static void look_at_processes(const struct check_item *item, struct check_report *report)
{
        uint64_t needed = (uint64_t)report->needs.tiles * TILE_NEEDS_PROCESS_THREADS;
        char note[256];

        snprintf(note, sizeof note,
                "%u x %d threads, when tiles run as processes; those of guests are counted for "
                "QEMU's user (libvirt's max_processes)",
                report->needs.tiles, TILE_NEEDS_PROCESS_THREADS);
        look_at_limit(item, report, "Max processes", needed, if_processes(report), note);
}

/* ---- cgroups ---- */

/* The line of cgroup v2 ("0::/user.slice/..."), or of v1's controller. */
static bool own_cgroup(const struct check_report *report, char *path, size_t size)
{
        char text[4096], *save = NULL;

        if (root_read(report->root, "/proc/self/cgroup", text, sizeof text) < 0)
                return false;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                const char *controllers = strchr(line, ':'), *place;
                bool v1;

                if (!controllers || !(place = strchr(controllers + 1, ':')))
                        continue;
                v1 = strncmp(controllers, ":pids:", 6) == 0;
                if (!v1 && place != controllers + 1)
                        continue;
                snprintf(path, size, "/sys/fs/cgroup%s%s", v1 ? "/pids" : "",
                        strcmp(place + 1, "/") == 0 ? "" : place + 1);
                if (v1)
                        return true;
                if (root_exists(report->root, "/sys/fs/cgroup/cgroup.controllers"))
                        return true;
        }
        return false;
}

/* The lowest pids.max from a cgroup up to the top. */
static uint64_t lowest_limit(
        const struct check_report *report, char *path, char *where, size_t size)
{
        uint64_t lowest = UINT64_MAX;

        while (strcmp(path, "/sys/fs/cgroup") != 0) {
                char file[600], text[32], *slash = strrchr(path, '/');
                uint64_t value;

                snprintf(file, sizeof file, "%s/pids.max", path);
                if (root_read(report->root, file, text, sizeof text) > 0 &&
                        parse_u64(text, &value) == 0 && value < lowest) {
                        lowest = value;
                        snprintf(where, size, "%s", path);
                }
                if (!slash || slash == path)
                        break;
                *slash = '\0';
        }
        return lowest;
}

static void look_at_cgroup(const struct check_item *item, struct check_report *report)
{
        uint64_t needed = (uint64_t)report->needs.tiles * TILE_NEEDS_PROCESS_THREADS, limit;
        char path[512], where[512] = "";
        struct check_finding *f;

        if (!own_cgroup(report, path, sizeof path)) {
                check_add_missing(
                        report, item, NULL, "pids controller in /proc/self/cgroup", -ENOENT);
                return;
        }
        limit = lowest_limit(report, path, where, sizeof where);
        f = check_add(report, item, limit < needed ? if_processes(report) : CHECK_OK, NULL);
        if (limit == UINT64_MAX)
                check_set(f->present, "unlimited");
        else
                check_set(f->present, "%" PRIu64, limit);
        check_set(f->recommended, "at least %" PRIu64, needed);
        check_set(f->note, "%u x %d threads, when tiles run as processes%s%s", report->needs.tiles,
                TILE_NEEDS_PROCESS_THREADS, *where ? "; the limit is that of " : "", where);
}

static const struct check_item items[] = {
        {"kernel.pid_max", "a number for each process and thread", "none", KERNEL_RST, NULL,
                sysctl_look, &processes},
        {"kernel.threads-max", "processes and threads of the whole host",
                "some kernel memory for each", KERNEL_RST, NULL, sysctl_look, &processes},
        {"fs.file-max", "open files of the whole host", "some kernel memory for each", FS_RST, NULL,
                sysctl_look, &files},
        {"fs.nr_open", "bounds the limit that a process may be given", "none", FS_RST, NULL,
                sysctl_look, &files_of_one},
        {"open-files",
                "the hard limit of this shell (ulimit -Hn), up to which `run` raises that of the "
                "processes that it starts",
                "none", "getrlimit(2); limits.conf(5), systemd.exec(5) (LimitNOFILE=)", NULL,
                look_at_open_files},
        {"processes", "the hard limit of this user (ulimit -Hu)", "none",
                "getrlimit(2); limits.conf(5), systemd.exec(5) (LimitNPROC=)", NULL,
                look_at_processes},
        {"cgroup-pids", "the limit of the session or service that this runs in", "none",
                "Linux: Documentation/admin-guide/cgroup-v2.rst; systemd.resource-control(5) "
                "(TasksMax=)",
                NULL, look_at_cgroup},
        {"fs.aio-max-nr",
                "requests of Linux AIO that are set up at once, by QEMU for guests' disks past the "
                "page cache. The kernel's default is used up by the thirteenth tile of guests; "
                "libvirt's packages for RHEL and Fedora raise it to 1048576",
                "none: nothing is taken before it is used", FS_RST "; QEMU: block/linux-aio.c",
                NULL, sysctl_look, &aio},
        {"fs.inotify.max_user_instances",
                "who waits for changes of files; no role and no guest does, systemd and libvirt do",
                "none", "inotify(7)", NULL, sysctl_look, &inotify_instances},
        {"fs.inotify.max_user_watches", "the files that are waited for", "about 1 KB for each",
                "inotify(7)", NULL, sysctl_look, &inotify_watches},
        {"vm.max_map_count", "pieces that a process's memory may be in: QEMU's and a database's",
                "none", "Linux: Documentation/admin-guide/sysctl/vm.rst", NULL, sysctl_look,
                &mappings},
};

extern const struct check_group check_limits;
const struct check_group check_limits = {
        "limits", "Limits for so many tiles", items, ARRAY_SIZE(items)};
