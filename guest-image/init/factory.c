/* SPDX-License-Identifier: Apache-2.0 */
#include "factory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

static int copy_directory(const char *from, const char *to, struct why *why);

static int copy_file(const char *from, const char *to, const struct stat *st)
{
        _cleanup_close_ int in = -1, out = -1;
        off_t left = st->st_size;

        in = open(from, O_RDONLY | O_CLOEXEC);
        if (in < 0)
                return -errno;
        out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 07777);
        if (out < 0)
                return -errno;
        while (left > 0) {
                ssize_t n = sendfile(out, in, NULL, (size_t)left);

                if (n <= 0)
                        return n < 0 ? -errno : -EIO;
                left -= n;
        }
        return fchmod(out, st->st_mode & 07777) < 0 ? -errno : 0;
}

static int copy_link(const char *from, const char *to)
{
        char target[PATH_MAX];
        ssize_t n = readlink(from, target, sizeof target - 1);

        if (n < 0)
                return -errno;
        target[n] = '\0';
        return symlink(target, to) < 0 ? -errno : 0;
}

static int copy(const char *from, const char *to, struct why *why)
{
        struct stat st;
        int r;

        if (lstat(from, &st) < 0)
                r = -errno;
        else if (S_ISDIR(st.st_mode))
                return mkdir(to, st.st_mode & 07777) < 0 ? why_errno(why, -errno, "mkdir", to)
                                                         : copy_directory(from, to, why);
        else if (S_ISLNK(st.st_mode))
                r = copy_link(from, to);
        else
                r = S_ISREG(st.st_mode) ? copy_file(from, to, &st) : -EINVAL;
        return r < 0 ? why_errno(why, r, "cannot copy", from) : 0;
}

static int copy_directory(const char *from, const char *to, struct why *why)
{
        DIR *directory = opendir(from);
        const struct dirent *entry;
        int r = 0;

        if (!directory)
                return why_errno(why, -errno, "cannot open", from);
        while (r == 0 && (errno = 0, entry = readdir(directory))) {
                char source[PATH_MAX], target[PATH_MAX];

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
                        continue;
                snprintf(source, sizeof source, "%s/%s", from, entry->d_name);
                snprintf(target, sizeof target, "%s/%s", to, entry->d_name);
                r = copy(source, target, why);
        }
        if (r == 0 && errno != 0)
                r = why_errno(why, -errno, "cannot read", from);
        closedir(directory);
        return r;
}

int factory_copy(const char *from, const char *to, struct why *why)
{
        return copy_directory(from, to, why);
}
