/* SPDX-License-Identifier: Apache-2.0 */
#include "verity.h"

#include "device_mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
        CHUNK = 1 << 20,
};

static int read_header(const char *disk, uint64_t offset, unsigned char header[VERITY_HEADER_SIZE],
        struct why *why)
{
        _cleanup_close_ int fd = open(disk, O_RDONLY | O_CLOEXEC);

        memset(header, 0, VERITY_HEADER_SIZE); /* there may be nothing behind the file system */
        if (fd < 0 || pread(fd, header, VERITY_HEADER_SIZE, (off_t)offset) < 0)
                return why_errno(why, -errno, "cannot read", disk);
        return 0;
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

int verity_open(const char *disk, uint64_t offset, const char *hash, char *device, size_t size,
        struct why *why)
{
        unsigned char header[VERITY_HEADER_SIZE];
        char table[VERITY_TABLE_SIZE];
        uint64_t data_size = 0;
        int r;

        r = read_header(disk, offset, header, why);
        if (r == 0)
                r = verity_table(header, disk, offset, hash, table, &data_size, why);
        if (r == 0)
                r = device_mapper_create("usr", "verity", table, data_size, device, size, why);
        return r < 0 ? r : read_all(device, disk, data_size, why);
}
