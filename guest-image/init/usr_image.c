/* SPDX-License-Identifier: Apache-2.0 */
#include "usr_image.h"

#include "little.h"

#include <errno.h>
#include <fcntl.h>

/* Where the superblock's values stand. */
enum {
        MAGIC = 1024 + 0,
        BLOCK_BITS = 1024 + 12,
        BLOCKS = 1024 + 36,
};

uint64_t usr_image_superblock(const unsigned char block[USR_IMAGE_BLOCK])
{
        if (little(block + MAGIC, 4) != 0xe0f5e1e2 || block[BLOCK_BITS] != 12)
                return 0;
        return little(block + BLOCKS, 4) * USR_IMAGE_BLOCK;
}

int usr_image_size(const char *disk, uint64_t *ret_size, struct why *why)
{
        _cleanup_close_ int fd = open(disk, O_RDONLY | O_CLOEXEC);
        unsigned char block[USR_IMAGE_BLOCK] = {0};
        uint64_t size;
        off_t end;

        if (fd < 0 || pread(fd, block, sizeof block, 0) < 0)
                return why_errno(why, -errno, "cannot read", disk);
        end = lseek(fd, 0, SEEK_END);
        size = usr_image_superblock(block);
        if (size == 0)
                return why_set(why, -EINVAL, "disk", disk,
                        "has no erofs file system: is it the usr.erofs of the image?");
        if (end < 0 || (uint64_t)end < size)
                return why_set(why, -EINVAL, "disk", disk,
                        "has %jd bytes and its file system %ju: copy the whole of usr.erofs",
                        (intmax_t)end, (uintmax_t)size);
        *ret_size = size;
        return 0;
}
