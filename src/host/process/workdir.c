/* SPDX-License-Identifier: Apache-2.0 */
#include "workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define MARK ".tileload-work"

static void closedir_p(DIR **directory)
{
        if (*directory)
                closedir(*directory);
}

/* ---- removing ---- */

static int remove_at(int parent_fd, const char *name, dev_t device);

static bool is_dots(const char *name)
{
        return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Everything in a directory but `keep` (NULL: nothing is kept). Takes the descriptor. */
static int empty(int fd, const char *keep, dev_t device)
{
        _cleanup_(closedir_p) DIR *directory = fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!directory) {
                r = -errno;
                close(fd);
                return r;
        }
        while ((entry = readdir(directory))) {
                int s;

                if (is_dots(entry->d_name) || (keep && strcmp(entry->d_name, keep) == 0))
                        continue;
                s = remove_at(dirfd(directory), entry->d_name, device);
                r = r < 0 ? r : s;
        }
        return r;
}

static int remove_at(int parent_fd, const char *name, dev_t device)
{
        struct stat st;
        int fd, r;

        if (fstatat(parent_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISDIR(st.st_mode))
                return unlinkat(parent_fd, name, 0) < 0 ? -errno : 0;
        if (st.st_dev != device)
                return -EXDEV;
        fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = empty(fd, NULL, device);
        if (unlinkat(parent_fd, name, AT_REMOVEDIR) < 0 && r == 0)
                r = -errno;
        return r;
}

int workdir_remove(const struct workdir *workdir, const char *name)
{
        struct stat st;

        if (workdir->fd < 0 || fstat(workdir->fd, &st) < 0)
                return workdir->fd < 0 ? -EBADF : -errno;
        return remove_at(workdir->fd, name, st.st_dev);
}

static int empty_workdir(int workdir_fd)
{
        struct stat st;
        int fd = openat(workdir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (fstat(fd, &st) < 0) {
                close(fd);
                return -errno;
        }
        return empty(fd, MARK, st.st_dev);
}

/* ---- making ---- */

static int not_ours(const char *path, struct why *why)
{
        return why_set(why, -EEXIST, "work directory", path,
                "exists and was not made by tileload: move it away, or choose another output "
                "directory");
}

/* The lock ends with this process, however that ends. */
static int lock(int directory_fd, const char *path, bool made, struct why *why)
{
        _cleanup_close_ int fd = -1;
        struct stat st;

        if (fstat(directory_fd, &st) < 0)
                return why_errno(why, -errno, "work directory", path);
        if (st.st_uid != geteuid())
                return not_ours(path, why);
        fd = openat(
                directory_fd, MARK, O_RDWR | O_NOFOLLOW | O_CLOEXEC | (made ? O_CREAT : 0), 0600);
        if (fd < 0)
                return errno == ENOENT ? not_ours(path, why)
                                       : why_errno(why, -errno, "work directory", path);
        if (flock(fd, LOCK_EX | LOCK_NB) < 0)
                return errno == EWOULDBLOCK
                               ? why_set(why, -EBUSY, "work directory", path,
                                         "another run is using it: choose another output directory")
                               : why_errno(why, -errno, "work directory", path);
        return STEAL_FD(fd);
}

int workdir_init(struct workdir *workdir, const char *results, struct why *why)
{
        _cleanup_close_ int fd = -1, lock_fd = -1;
        _cleanup_free_ char *path = NULL;
        bool made;
        int r;

        *workdir = (struct workdir){.fd = -1, .lock_fd = -1};
        if (asprintf(&path, "%s/work", results) < 0) {
                path = NULL;
                return why_errno(why, -ENOMEM, "work directory", results);
        }
        made = mkdir(path, 0755) == 0;
        if (!made && errno != EEXIST)
                return why_errno(why, -errno, "work directory", path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOTDIR || errno == ELOOP
                               ? not_ours(path, why)
                               : why_errno(why, -errno, "work directory", path);
        lock_fd = lock(fd, path, made, why);
        if (lock_fd < 0) {
                if (made) /* without its mark nobody would know it for ours */
                        rmdir(path);
                return lock_fd;
        }
        r = empty_workdir(fd);
        if (r < 0)
                return why_set(why, r, "work directory", path,
                        "what an earlier run left there cannot be removed: %s", strerror(-r));
        workdir->path = STEAL_PTR(path);
        workdir->fd = STEAL_FD(fd);
        workdir->lock_fd = STEAL_FD(lock_fd);
        return 0;
}

void workdir_fini(struct workdir *workdir)
{
        if (workdir->fd >= 0) {
                /* Whatever cannot be removed stays, with the mark: the next run tries again. */
                if (empty_workdir(workdir->fd) == 0) {
                        unlinkat(workdir->fd, MARK, 0);
                        rmdir(workdir->path);
                }
                close(workdir->fd);
        }
        if (workdir->lock_fd >= 0)
                close(workdir->lock_fd);
        free(workdir->path);
        *workdir = (struct workdir){.fd = -1, .lock_fd = -1};
}

int workdir_make(const struct workdir *workdir, const char *name, struct why *why)
{
        char part[256];

        if (strlen(name) >= sizeof part)
                return why_errno(why, -ENAMETOOLONG, "work directory", name);
        for (size_t n = 1; n <= strlen(name); n++) {
                if (name[n] != '/' && name[n] != '\0')
                        continue;
                memcpy(part, name, n);
                part[n] = '\0';
                if (mkdirat(workdir->fd, part, 0755) < 0 && errno != EEXIST)
                        return why_errno(why, -errno, "work directory", part);
        }
        return 0;
}
