/* SPDX-License-Identifier: Apache-2.0 */
#include "direct.h"

#include "block.h"
#include "macro.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define HUGE_PAGE ((size_t)2 << 20)

/* Of a walk: as large as the buffer's huge page. */
#define CHUNK (HUGE_PAGE / DISK_BLOCK_SIZE)

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
                        return write ? -EIO : -DISK_END_OF_FILE;
                p += n;
                size -= (size_t)n;
                offset += (uint64_t)n;
        }
        return 0;
}

const char *disk_error_text(int error)
{
        return error == -DISK_END_OF_FILE ? "beyond the end of the file" : strerror(-error);
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

int disk_open_reading(const char *path, struct why *why)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
        struct stat st;

        if (fd < 0 && errno == EINVAL)
                fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return why_errno(why, -errno, "--file", path);
        if (!S_ISREG(st.st_mode))
                return not_regular(path, why);
        if (flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK)
                return why_set(why, -EBUSY, "--file", path,
                        "is in use by a disk role, which checks it as it works: stop that first");
        return STEAL_FD(fd);
}

/* A chunk that cannot be read as a whole is read piece by piece. */
static int walk_chunk(int fd, uint64_t offset, void *buffer, uint64_t first, uint64_t n,
        int (*look)(void *context, uint64_t index, const void *piece, int error), void *context,
        const struct stop *stop)
{
        bool whole = disk_transfer(fd, buffer, n * DISK_BLOCK_SIZE, offset, false) == 0;

        for (uint64_t i = 0; i < n; i++) {
                char *piece = (char *)buffer + i * DISK_BLOCK_SIZE;
                int error = 0, r;

                if (!whole) {
                        if (stop_requested(stop))
                                return -ECANCELED;
                        error = disk_transfer(
                                fd, piece, DISK_BLOCK_SIZE, offset + i * DISK_BLOCK_SIZE, false);
                }
                r = look(context, first + i, error ? NULL : piece, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

int disk_walk(int fd, uint64_t offset, uint64_t n,
        int (*look)(void *context, uint64_t index, const void *piece, int error), void *context,
        const struct stop *stop)
{
        _cleanup_free_ void *buffer = disk_buffer_new(CHUNK * DISK_BLOCK_SIZE);
        uint64_t length;
        int r = 0;

        if (!buffer)
                return -ENOMEM;
        for (uint64_t first = 0; first < n && r == 0; first += length) {
                if (stop_requested(stop))
                        return -ECANCELED;
                length = MIN(n - first, (uint64_t)CHUNK);
                r = walk_chunk(fd, offset + first * DISK_BLOCK_SIZE, buffer, first, length, look,
                        context, stop);
        }
        return r;
}
