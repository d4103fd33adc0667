/* SPDX-License-Identifier: Apache-2.0 */
#include "verity.h"

#include "device_mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
        CHUNK = 1 << 20,
};

static int read_at(int fd, void *to, size_t size, uint64_t offset)
{
        ssize_t n = pread(fd, to, size, (off_t)offset);

        if (n < 0)
                return -errno;
        return (size_t)n == size ? 0 : -ENODATA;
}

static int read_header(const char *disk, unsigned char header[VERITY_HEADER_SIZE],
        uint64_t *ret_offset, struct why *why)
{
        _cleanup_close_ int fd = open(disk, O_RDONLY | O_CLOEXEC);
        unsigned char block[4096];
        int r;

        if (fd < 0)
                return why_errno(why, -errno, "cannot open", disk);
        r = read_at(fd, block, sizeof block, 0);
        if (r < 0 && r != -ENODATA)
                return why_errno(why, r, "cannot read", disk);
        *ret_offset = r == 0 ? verity_erofs_size(block) : 0;
        if (*ret_offset == 0)
                return why_set(why, -EINVAL, "disk", disk,
                        "has no erofs file system: is it the usr.erofs of the image?");
        memset(header, 0, VERITY_HEADER_SIZE); /* there may be nothing behind the file system */
        r = read_at(fd, header, VERITY_HEADER_SIZE, *ret_offset);
        return r < 0 && r != -ENODATA ? why_errno(why, r, "cannot read", disk) : 0;
}

/* Reading is checking. What was read is not kept: the guest has better use for its memory. */
static int read_all(const char *device, const char *disk, uint64_t size, struct why *why)
{
        _cleanup_close_ int fd = open(device, O_RDONLY | O_CLOEXEC);
        _cleanup_free_ char *buffer = malloc(CHUNK);
        uint64_t done = 0;

        if (fd < 0 || !buffer)
                return why_errno(why, -errno, "cannot open", device);
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
        while (done < size) {
                ssize_t n = pread(fd, buffer, MIN((uint64_t)CHUNK, size - done), (off_t)done);

                if (n <= 0)
                        return why_set(why, -EBADMSG, "disk", disk,
                                "does not match usrhash= (at byte %ju or soon behind): the image "
                                "was changed, or the hash is another image's",
                                (uintmax_t)done);
                done += (uint64_t)n;
        }
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        return 0;
}

int verity_open(const char *disk, const char *hash, char *device, size_t size, struct why *why)
{
        unsigned char header[VERITY_HEADER_SIZE];
        char table[VERITY_TABLE_SIZE];
        uint64_t offset = 0, data_size = 0;
        int r;

        r = read_header(disk, header, &offset, why);
        if (r == 0)
                r = verity_table(header, disk, offset, hash, table, &data_size, why);
        if (r == 0)
                r = device_mapper_create("usr", "verity", table, data_size, device, size, why);
        return r < 0 ? r : read_all(device, disk, data_size, why);
}
