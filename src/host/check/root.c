/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include "parse.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* A relative path for openat(): "." for the root itself. */
static const char *below(const char *path)
{
        while (*path == '/')
                path++;
        return *path ? path : ".";
}

static int open_confined(const struct root *root, const char *path, int flags)
{
        struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT};

        return (int)syscall(SYS_openat2, root->fd, path, &how, sizeof how);
}

static int open_below(const struct root *root, const char *path, int flags)
{
        int fd;

        flags |= O_CLOEXEC;
        if (!(flags & O_PATH))
                flags |= O_NONBLOCK; /* a pipe in somebody's tree must not hold us up */
        if (root->confined) {
                fd = open_confined(root, below(path), flags);
                if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
                        return fd < 0 ? -errno : fd;
        }
        fd = openat(root->fd, below(path), flags);
        return fd < 0 ? -errno : fd;
}

int root_open(struct root *root, const char *path, struct why *why)
{
        struct root opened = {.confined = strspn(path, "/") != strlen(path)};

        opened.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (opened.fd < 0)
                return why_errno(why, -errno, "--root", path);
        if (!root_exists(&opened, "/proc/sys") && !root_exists(&opened, "/sys/devices")) {
                close(opened.fd);
                return why_set(why, -ENOENT, "--root", path,
                        "has neither proc/sys nor sys/devices in it: not the root of a host");
        }
        *root = opened;
        return 0;
}

void root_close(struct root *root)
{
        close_p(&root->fd);
        root->fd = -1;
}

/* Reads on until the end or size: files of /proc may come in pieces. */
static ssize_t read_all(int fd, char *text, size_t size)
{
        size_t used = 0;

        while (used < size) {
                ssize_t n = read(fd, text + used, size - used);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                used += (size_t)n;
        }
        return (ssize_t)used;
}

ssize_t root_read(const struct root *root, const char *path, char *text, size_t size)
{
        _cleanup_close_ int fd = open_below(root, path, O_RDONLY);
        ssize_t n;

        if (fd < 0)
                return fd;
        n = read_all(fd, text, size - 1);
        if (n < 0)
                return n;
        text[n] = '\0';
        n = (ssize_t)strlen(text);
        if (n > 0 && text[n - 1] == '\n')
                text[--n] = '\0';
        return n;
}

int root_read_whole(const struct root *root, const char *path, size_t max, char **ret)
{
        _cleanup_close_ int fd = open_below(root, path, O_RDONLY);
        _cleanup_free_ char *text = malloc(max + 2);
        ssize_t n;

        if (fd < 0)
                return fd;
        if (!text)
                return -ENOMEM;
        n = read_all(fd, text, max + 1);
        if (n < 0)
                return (int)n;
        if ((size_t)n > max)
                return -EFBIG;
        text[n] = '\0';
        *ret = STEAL_PTR(text);
        return 0;
}

int root_read_number(const struct root *root, const char *path, uint64_t *ret)
{
        char text[32];
        ssize_t n = root_read(root, path, text, sizeof text);

        if (n < 0)
                return (int)n;
        return parse_u64(text, ret) < 0 ? -EINVAL : 0;
}

bool root_exists(const struct root *root, const char *path)
{
        _cleanup_close_ int fd = open_below(root, path, O_PATH);

        return fd >= 0;
}

ssize_t root_read_link(const struct root *root, const char *path, char *text, size_t size)
{
        _cleanup_close_ int fd = open_below(root, path, O_PATH | O_NOFOLLOW);
        ssize_t n;

        if (fd < 0)
                return fd;
        n = readlinkat(fd, "", text, size - 1);
        if (n < 0)
                return errno == ENOENT ? -EINVAL : -errno; /* ENOENT: it is not a link */
        text[n] = '\0';
        return n;
}

static bool printable(const char *name)
{
        for (; *name; name++)
                if (!isprint((unsigned char)*name))
                        return false;
        return true;
}

static int by_version(const void *a, const void *b)
{
        return strverscmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct root_names *names, const char *name)
{
        char **grown = reallocarray(names->names, names->n + 1, sizeof *grown);

        if (!grown)
                return -ENOMEM;
        names->names = grown;
        grown[names->n] = strdup(name);
        if (!grown[names->n])
                return -ENOMEM;
        names->n++;
        return 0;
}

static int read_names(DIR *directory, struct root_names *names)
{
        int r = 0;

        while (r == 0) {
                struct dirent *entry;

                errno = 0;
                entry = readdir(directory);
                if (!entry)
                        return -errno;
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
                        printable(entry->d_name))
                        r = add_name(names, entry->d_name);
        }
        return r;
}

int root_list(const struct root *root, const char *path, struct root_names *ret)
{
        struct root_names names = {0};
        int fd = open_below(root, path, O_RDONLY | O_DIRECTORY), r;
        DIR *directory;

        if (fd < 0)
                return fd;
        directory = fdopendir(fd);
        if (!directory) {
                r = -errno;
                close(fd);
                return r;
        }
        r = read_names(directory, &names);
        closedir(directory);
        if (r < 0) {
                root_names_free(&names);
                return r;
        }
        if (names.n)
                qsort(names.names, names.n, sizeof *names.names, by_version);
        *ret = names;
        return 0;
}

void root_names_free(struct root_names *names)
{
        for (size_t i = 0; i < names->n; i++)
                free(names->names[i]);
        free(names->names);
        *names = (struct root_names){0};
}
