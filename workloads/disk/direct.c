/* SPDX-License-Identifier: Apache-2.0 */
#include "direct.h"

#include "macro.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define HUGE_PAGE ((size_t)2 << 20)

void *disk_buffer_new(size_t size)
{
        void *buffer;

        size = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        buffer = aligned_alloc(HUGE_PAGE, size);
        if (!buffer)
                return NULL;
        madvise(buffer, size, MADV_HUGEPAGE); /* only advice: it may be switched off */
        memset(buffer, 0, size);
        return buffer;
}

int disk_transfer(int fd, void *buffer, size_t size, uint64_t offset, bool write)
{
        char *p = buffer;

        while (size > 0) {
                ssize_t n = write ? pwrite(fd, p, size, (off_t)offset)
                                  : pread(fd, p, size, (off_t)offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        return write ? -EIO : -ENODATA;
                p += n;
                size -= (size_t)n;
                offset += (uint64_t)n;
        }
        return 0;
}

static int not_regular(const char *path, struct why *why)
{
        return why_set(why, -EINVAL, "--file", path, "is not a regular file");
}

static int open_direct(const char *path, bool create, struct why *why)
{
        int flags = O_RDWR | O_DIRECT | O_CLOEXEC, fd, e;
        struct stat st;

        fd = open(path, flags);
        if (fd < 0 && errno == ENOENT && create) {
                fd = open(path, flags | O_CREAT | O_EXCL, 0644);
                /* Some file systems refuse O_DIRECT only after they have made the file. */
                if (fd < 0 && errno == EINVAL) {
                        unlink(path);
                        errno = EINVAL;
                }
        }
        if (fd >= 0)
                return fd;
        e = -errno;
        if (e == -EINVAL && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
                return not_regular(path, why);
        if (e == -EINVAL)
                return why_set(why, e, "--file", path,
                        "its file system does not support direct I/O (O_DIRECT): name a file on "
                        "another one");
        return why_errno(why, e, "--file", path);
}

int disk_open_locked(const char *path, bool create, struct why *why)
{
        for (;;) {
                _cleanup_close_ int fd = open_direct(path, create, why);
                struct stat st;

                if (fd < 0)
                        return fd;
                if (fstat(fd, &st) < 0)
                        return why_errno(why, -errno, "--file", path);
                if (!S_ISREG(st.st_mode))
                        return not_regular(path, why);
                if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                        if (errno != EWOULDBLOCK)
                                return why_errno(why, -errno, "--file", path);
                        return why_set(why, -EBUSY, "--file", path,
                                "is in use by another disk role: each needs a file of its own");
                }
                /* Its last owner may have removed it between our open and our lock. */
                if (fstat(fd, &st) < 0)
                        return why_errno(why, -errno, "--file", path);
                if (st.st_nlink > 0)
                        return STEAL_FD(fd);
        }
}
