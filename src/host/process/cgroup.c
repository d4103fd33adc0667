/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* ---- files ---- */

static char *join(const char *directory, const char *name)
{
        char *path;

        return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

/* Returns 0 or -errno. text is cut to size. */
static int read_text(const char *path, char *text, size_t size)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        size_t used = 0;
        ssize_t n;

        if (fd < 0)
                return -errno;
        while ((n = read(fd, text + used, size - 1 - used)) > 0)
                used += (size_t)n;
        text[used] = '\0';
        return n < 0 ? -errno : 0;
}

static int read_file(const char *directory, const char *name, char *text, size_t size)
{
        _cleanup_free_ char *path = join(directory, name);

        return path ? read_text(path, text, size) : -ENOMEM;
}

static int open_file(const char *directory, const char *name)
{
        _cleanup_free_ char *path = join(directory, name);
        int fd;

        if (!path)
                return -ENOMEM;
        fd = open(path, O_WRONLY | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int write_file(const char *directory, const char *name, const char *text)
{
        _cleanup_close_ int fd = open_file(directory, name);

        if (fd < 0)
                return fd;
        return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* A word of a list that spaces and a newline separate. */
static bool has_word(const char *list, const char *word)
{
        size_t length;

        for (; *list; list += length) {
                list += strspn(list, " \n");
                length = strcspn(list, " \n");
                if (length > 0 && length == strlen(word) && strncmp(list, word, length) == 0)
                        return true;
        }
        return false;
}

/* ---- where are we? ---- */

/* The fields of a line of mountinfo: ID, parent, device, root, mount point, options, any number of
 * others, "-", type, ... (proc(5)). */
static bool parse_mount(char *line, char **ret_root, char **ret_point)
{
        char *save = NULL, *field = strtok_r(line, " ", &save);
        bool after = false;

        *ret_root = *ret_point = NULL;
        for (int i = 0; field; i++, field = strtok_r(NULL, " ", &save)) {
                if (i == 3)
                        *ret_root = field;
                else if (i == 4)
                        *ret_point = field;
                else if (after)
                        return *ret_point && strcmp(field, "cgroup2") == 0;
                else if (i > 5)
                        after = strcmp(field, "-") == 0;
        }
        return false;
}

/* path without the mount's root before it; NULL: it is not below it. */
static const char *below(const char *path, const char *root)
{
        size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

        if (strncmp(path, root, n) != 0 || (path[n] != '/' && path[n] != '\0'))
                return NULL;
        return strcmp(path + n, "/") == 0 ? "" : path + n;
}

int cgroup_locate(const char *mountinfo, const char *cgroups, char *directory, size_t size)
{
        _cleanup_free_ char *mounts = strdup(mountinfo), *lines = strdup(cgroups);
        const char *path = NULL;
        char *save = NULL;

        if (!mounts || !lines)
                return -ENOMEM;
        for (char *l = strtok_r(lines, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
                if (strncmp(l, "0::/", 4) == 0)
                        path = l + 3;
        if (!path)
                return -ENOENT;
        save = NULL;
        for (char *l = strtok_r(mounts, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
                char *root, *point;
                const char *rest;
                int n;

                if (!parse_mount(l, &root, &point) || !(rest = below(path, root)))
                        continue;
                n = snprintf(directory, size, "%s%s", point, rest);
                return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
        }
        return -ENOENT;
}

static int locate_self(char *directory, size_t size)
{
        static char mountinfo[65536];
        char cgroups[8192];
        int r = read_text("/proc/self/mountinfo", mountinfo, sizeof mountinfo);

        if (r == 0)
                r = read_text("/proc/self/cgroup", cgroups, sizeof cgroups);
        return r < 0 ? r : cgroup_locate(mountinfo, cgroups, directory, size);
}

/* ---- controllers ---- */

static int check_controllers(const struct cgroup *cgroup, struct why *why)
{
        char list[1024];
        int r = read_file(cgroup->own, "cgroup.controllers", list, sizeof list);

        if (r < 0)
                return why_errno(why, r, "cgroup", cgroup->own);
        for (size_t i = 0; i < cgroup->n_limits; i++)
                if (!has_word(list, cgroup->limits[i].controller))
                        return why_set(why, -ENOTSUP, "cgroup", cgroup->own,
                                "has no cgroup v2 controller \"%s\"", cgroup->limits[i].controller);
        return 0;
}

/* One at a time: the kernel takes all of a list or none. */
static int enable(const struct cgroup *cgroup, const char *directory, size_t i, char sign)
{
        char word[64];

        snprintf(word, sizeof word, "%c%s", sign, cgroup->limits[i].controller);
        return write_file(directory, "cgroup.subtree_control", word);
}

static int enable_own(struct cgroup *cgroup)
{
        char list[1024];
        int r = read_file(cgroup->own, "cgroup.subtree_control", list, sizeof list);

        for (size_t i = 0; r == 0 && i < cgroup->n_limits; i++) {
                if (cgroup->enabled[i] || has_word(list, cgroup->limits[i].controller))
                        continue;
                r = enable(cgroup, cgroup->own, i, '+');
                cgroup->enabled[i] = r == 0;
        }
        return r;
}

static void disable_own(struct cgroup *cgroup)
{
        for (size_t i = 0; i < cgroup->n_limits; i++)
                if (cgroup->enabled[i])
                        enable(cgroup, cgroup->own, i, '-');
}

static bool alone(const struct cgroup *cgroup)
{
        char list[64], self[32];

        if (read_file(cgroup->own, "cgroup.procs", list, sizeof list) < 0)
                return false;
        snprintf(self, sizeof self, "%d\n", (int)getpid());
        return strcmp(list, self) == 0;
}

static int take_shelter(struct cgroup *cgroup)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (asprintf(&path, "%s.self", cgroup->group) < 0) {
                path = NULL;
                return -ENOMEM;
        }
        if (mkdir(path, 0755) < 0)
                return -errno;
        r = write_file(path, "cgroup.procs", "0");
        if (r < 0) {
                rmdir(path);
                return r;
        }
        cgroup->shelter = STEAL_PTR(path);
        return 0;
}

static int give_on(struct cgroup *cgroup, struct why *why)
{
        int r = enable_own(cgroup);

        if (r == -EBUSY && alone(cgroup)) {
                r = take_shelter(cgroup);
                if (r == 0)
                        r = enable_own(cgroup);
        }
        if (r == -EBUSY)
                return why_set(why, r, "cgroup", cgroup->own,
                        "other processes are in it: run by systemd-run --scope -p Delegate=yes");
        if (r == -EACCES || r == -EPERM || r == -EROFS)
                return why_set(why, r, "cgroup", cgroup->own,
                        "not ours to divide: run by systemd-run --user --scope -p Delegate=yes");
        return r < 0 ? why_errno(why, r, "cgroup", cgroup->own) : 0;
}

/* ---- groups ---- */

static int make_group(struct cgroup *cgroup, struct why *why)
{
        int r = mkdir(cgroup->group, 0755) < 0 ? -errno : 0;

        for (size_t i = 0; r == 0 && i < cgroup->n_limits; i++)
                r = enable(cgroup, cgroup->group, i, '+');
        return r < 0 ? why_errno(why, r, "cgroup", cgroup->group) : 0;
}

int cgroup_init(struct cgroup *cgroup, const char *own, const struct cgroup_limit *limits,
        size_t n_limits, struct why *why)
{
        char directory[4096];
        int r = 0;

        *cgroup = (struct cgroup){.limits = limits, .n_limits = n_limits};
        if (!own) {
                r = locate_self(directory, sizeof directory);
                if (r < 0)
                        return why_set(why, r, "cgroup", NULL, "no cgroup v2 is mounted here");
                own = directory;
        }
        cgroup->own = strdup(own);
        cgroup->enabled = calloc(n_limits, sizeof *cgroup->enabled);
        if (asprintf(&cgroup->group, "%s/tileload-%d", own, (int)getpid()) < 0)
                cgroup->group = NULL;
        if (!cgroup->own || !cgroup->enabled || !cgroup->group)
                r = why_errno(why, -ENOMEM, "cgroup", own);
        if (r == 0)
                r = check_controllers(cgroup, why);
        if (r == 0)
                r = give_on(cgroup, why);
        if (r == 0)
                r = make_group(cgroup, why);
        if (r < 0)
                cgroup_fini(cgroup);
        return r;
}

void cgroup_fini(struct cgroup *cgroup)
{
        if (cgroup->group)
                rmdir(cgroup->group);
        if (cgroup->own && cgroup->enabled)
                disable_own(cgroup);
        if (cgroup->shelter) {
                write_file(cgroup->own, "cgroup.procs", "0");
                rmdir(cgroup->shelter);
        }
        free(cgroup->own);
        free(cgroup->group);
        free(cgroup->shelter);
        free(cgroup->enabled);
        *cgroup = (struct cgroup){0};
}

static int set_limits(const struct cgroup *cgroup, const char *path)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < cgroup->n_limits; i++)
                r = write_file(path, cgroup->limits[i].file, cgroup->limits[i].value);
        return r;
}

int cgroup_add(struct cgroup *cgroup, const char *name, struct why *why)
{
        _cleanup_free_ char *path = NULL;
        int r;

        if (!cgroup->group)
                return -ENOTSUP;
        path = join(cgroup->group, name);
        if (!path)
                return why_errno(why, -ENOMEM, "cgroup", name);
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
                return why_errno(why, -errno, "cgroup", path);
        r = set_limits(cgroup, path);
        if (r == 0)
                r = open_file(path, "cgroup.procs");
        if (r < 0) {
                rmdir(path);
                return why_errno(why, r, "cgroup", path);
        }
        return r;
}

void cgroup_remove(struct cgroup *cgroup, const char *name)
{
        _cleanup_free_ char *path = cgroup->group ? join(cgroup->group, name) : NULL;

        if (path)
                rmdir(path);
}
