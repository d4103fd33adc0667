/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include "direct.h"
#include "fmt.h"
#include "macro.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

/* Of filling: as large as the buffer's huge page. */
#define CHUNK_SIZE (UINT64_C(2) << 20)

/* As disk_header_read, and -ENODATA also for an empty file, with *ret_empty set. */
static int header_load(int fd, struct disk_header *ret, bool *ret_empty)
{
        _cleanup_free_ void *buffer = disk_buffer_new(DISK_BLOCK_SIZE);
        struct stat st;
        int r;

        *ret_empty = false;
        if (!buffer)
                return -ENOMEM;
        if (fstat(fd, &st) < 0)
                return -errno;
        *ret_empty = st.st_size == 0;
        if (st.st_size < (off_t)DISK_BLOCK_SIZE)
                return -ENODATA;
        r = disk_transfer(fd, buffer, DISK_BLOCK_SIZE, 0, false);
        if (r == -ENODATA) /* the medium's, which says nothing of whose file it is */
                r = -EIO;
        return r < 0 ? r : disk_header_read(buffer, ret);
}

static int header_store(int fd, const struct disk_header *header)
{
        _cleanup_free_ void *buffer = disk_buffer_new(DISK_BLOCK_SIZE);
        int r;

        if (!buffer)
                return -ENOMEM;
        disk_header_write(buffer, header);
        r = disk_transfer(fd, buffer, DISK_BLOCK_SIZE, 0, true);
        if (r == 0 && fdatasync(fd) < 0)
                r = -errno;
        return r;
}

/* The reasons of header_load. */
static int header_why(int error, const char *path, struct why *why)
{
        switch (error) {
        case -ENODATA:
                return why_set(why, -EEXIST, "--file", path,
                        "was not made by tileload disk and is left alone: name another file");
        case -EPROTONOSUPPORT:
                return why_set(why, error, "--file", path,
                        "was made by another version of tileload: remove it or name another file");
        case -EBADMSG:
                return why_set(why, error, "--file", path,
                        "its header is corrupt: remove it with `tileload disk cleanup`");
        default:
                return why_errno(why, error, "--file", path);
        }
}

/* Is a complete file what is asked for? */
static int size_check(
        int fd, const struct disk_header *header, const char *path, uint64_t size, struct why *why)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return why_errno(why, -errno, "--file", path);
        if ((uint64_t)st.st_size != header->size)
                return why_set(why, -EBADMSG, "--file", path,
                        "is %" PRIu64 " bytes long but was made with %" PRIu64
                        ": remove it with `tileload disk cleanup`",
                        (uint64_t)st.st_size, header->size);
        if (header->size != size)
                return why_set(why, -EEXIST, "--file", path,
                        "has %" PRIu64 " bytes, but --size is %" PRIu64
                        ": give its size, name another file, or remove it with "
                        "`tileload disk cleanup`",
                        header->size, size);
        return 0;
}

static int no_space(int fd, int error, const char *path, uint64_t size, struct why *why)
{
        struct statvfs vfs = {0};
        struct stat st = {0};
        char needed[FMT_SIZE], left[FMT_SIZE];
        uint64_t available;

        fstatvfs(fd, &vfs);
        fstat(fd, &st);
        /* What this attempt has taken already will be given back. */
        available = (uint64_t)vfs.f_bavail * vfs.f_frsize + (uint64_t)st.st_blocks * 512;
        return why_set(why, error, "--file", path,
                "needs %s, but %s are free%s: give a smaller --size or another file",
                fmt_size(needed, size), fmt_size(left, available),
                error == -EDQUOT ? " and the disk quota is used up" : "");
}

/* Before anything is written: asking for what cannot be had would fill the disk for everybody else
 * (or, over the process's own limit, end it by a signal). */
static int room_check(int fd, const char *path, uint64_t size, struct why *why)
{
        char needed[FMT_SIZE], left[FMT_SIZE];
        struct rlimit limit;
        struct statvfs vfs;

        if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < size)
                return why_set(why, -EFBIG, "--file", path,
                        "needs %s, but this process may write files of %s only: raise `ulimit -f`",
                        fmt_size(needed, size), fmt_size(left, limit.rlim_cur));
        if (fstatvfs(fd, &vfs) == 0 && vfs.f_blocks > 0 &&
                (uint64_t)vfs.f_bavail * vfs.f_frsize < size)
                return no_space(fd, -ENOSPC, path, size, why);
        return 0;
}

/* Returns 0 also where the file system cannot: filling then takes the space block by block. */
static int allocate(int fd, uint64_t size, const struct stop *stop)
{
        while (fallocate(fd, 0, 0, (off_t)size) < 0) {
                if (errno == EOPNOTSUPP || errno == ENOSYS)
                        return 0;
                if (errno != EINTR)
                        return -errno;
                if (stop_requested(stop))
                        return -ECANCELED;
        }
        return 0;
}

static int write_blocks(int fd, const struct disk_header *header, const struct disk_layout *layout,
        const struct stop *stop)
{
        _cleanup_free_ void *buffer = disk_buffer_new(CHUNK_SIZE);
        uint64_t n_blocks = layout->n_blocks, n;

        if (!buffer)
                return -ENOMEM;
        for (uint64_t block = 0; block < n_blocks; block += n) {
                int r;

                if (stop_requested(stop))
                        return -ECANCELED;
                n = MIN(n_blocks - block, CHUNK_SIZE / DISK_BLOCK_SIZE);
                for (uint64_t i = 0; i < n; i++)
                        disk_block_write((char *)buffer + i * DISK_BLOCK_SIZE, header->file_id,
                                block + i, 1);
                r = disk_transfer(
                        fd, buffer, n * DISK_BLOCK_SIZE, disk_layout_block(layout, block), true);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* The first promise: generation 1, of every block. The second copies of the pages, and the other
 * root, need not be there. */
static int write_ledger(int fd, const struct disk_header *header, const struct disk_layout *layout)
{
        _cleanup_(disk_ledger_fini) struct disk_ledger ledger = {0};
        _cleanup_free_ void *buffer = disk_buffer_new(DISK_BLOCK_SIZE);
        int r = buffer ? disk_ledger_init(&ledger, layout, header->file_id) : -ENOMEM;

        for (uint64_t i = 0; i < layout->n_pages && r == 0; i++) {
                disk_ledger_first_page(&ledger, i, buffer);
                r = disk_transfer(
                        fd, buffer, DISK_BLOCK_SIZE, disk_layout_page(layout, i, 0), true);
        }
        if (r < 0)
                return r;
        disk_ledger_first_root(&ledger, buffer);
        return disk_transfer(fd, buffer, DISK_BLOCK_SIZE, disk_layout_root(0), true);
}

/* The header says complete only after every block, and the ledger, is on the disk. */
static int fill(int fd, struct disk_header *header, const struct stop *stop)
{
        struct disk_layout layout = disk_layout(header->size);
        int r;

        if (getrandom(&header->file_id, sizeof header->file_id, 0) < 0)
                return -errno;
        header->state = DISK_FILE_FILLING;
        r = header_store(fd, header);
        if (r == 0)
                r = allocate(fd, header->size, stop);
        if (r == 0)
                r = write_blocks(fd, header, &layout, stop);
        if (r == 0)
                r = write_ledger(fd, header, &layout);
        if (r == 0 && fdatasync(fd) < 0)
                r = -errno;
        if (r < 0)
                return r;
        header->state = DISK_FILE_COMPLETE;
        return header_store(fd, header);
}

/* A file is there for ever only when its directory says so. Where that cannot be asked for (one may
 * write to it, but not read it), the system will see to it in time. */
static int sync_directory(const char *path)
{
        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *directory =
                !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
        _cleanup_close_ int fd = -1;

        if (!directory)
                return -ENOMEM;
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && fsync(fd) < 0 && errno != EINVAL)
                return -errno;
        return 0;
}

/* From an open file that is empty or half-made to a complete one, or to none. */
static int make(int fd, const char *path, uint64_t size, const struct stop *stop, struct why *why)
{
        struct disk_header header = {.size = size};
        int r;

        if (ftruncate(fd, 0) < 0)
                return why_errno(why, -errno, "--file", path);
        r = room_check(fd, path, size, why);
        if (r == 0) {
                r = fill(fd, &header, stop);
                if (r == 0)
                        r = sync_directory(path);
                if (r == 0)
                        return 0;
                if (r == -ENOSPC || r == -EDQUOT)
                        no_space(fd, r, path, size, why);
                else
                        why_errno(why, r, "--file", path);
        }
        unlink(path);
        return r;
}

int disk_file_prepare(const char *path, uint64_t size, const struct stop *stop, struct why *why)
{
        _cleanup_close_ int fd = disk_open_locked(path, true, why);
        struct disk_header header;
        bool empty;
        int r;

        if (fd < 0)
                return fd;
        r = header_load(fd, &header, &empty);
        if (empty || (r == 0 && header.state == DISK_FILE_FILLING))
                return make(fd, path, size, stop, why);
        if (r < 0)
                return header_why(r, path, why);
        return size_check(fd, &header, path, size, why);
}

static void take_over(
        struct disk_file *file, int *fd, const char *path, const struct disk_header *header)
{
        *file = (struct disk_file){
                .fd = STEAL_FD(*fd),
                .path = path,
                .id = header->file_id,
                .layout = disk_layout(header->size),
        };
}

int disk_file_open(struct disk_file *file, const char *path, uint64_t size, struct why *why)
{
        _cleanup_close_ int fd = disk_open_locked(path, false, why);
        struct disk_header header;
        bool empty;
        int r;

        file->fd = -1;
        if (fd < 0)
                return fd;
        r = header_load(fd, &header, &empty);
        if (r < 0)
                return header_why(r, path, why);
        if (header.state != DISK_FILE_COMPLETE)
                return why_set(why, -EBADMSG, "--file", path, "is only half-made");
        r = size_check(fd, &header, path, size, why);
        if (r < 0)
                return r;
        take_over(file, &fd, path, &header);
        return 0;
}

int disk_file_open_reading(
        struct disk_file *file, const char *path, uint64_t *ret_length, struct why *why)
{
        _cleanup_close_ int fd = disk_open_reading(path, why);
        struct disk_header header;
        struct stat st;
        bool empty;
        int r;

        file->fd = -1;
        if (fd < 0)
                return fd;
        r = header_load(fd, &header, &empty);
        if (r == 0 && disk_layout(header.size).n_blocks == 0)
                r = -EBADMSG;
        if (r == -EBADMSG)
                return why_set(why, r, "--file", path,
                        "its header is corrupt: nothing else can be checked");
        if (r < 0)
                return header_why(r, path, why);
        if (header.state != DISK_FILE_COMPLETE)
                return why_set(why, -EBADMSG, "--file", path,
                        "is only half-made: nothing in it was ever acknowledged");
        if (fstat(fd, &st) < 0)
                return why_errno(why, -errno, "--file", path);
        *ret_length = (uint64_t)st.st_size;
        take_over(file, &fd, path, &header);
        return 0;
}

void disk_file_close(struct disk_file *file)
{
        close_p(&file->fd);
        file->fd = -1;
}

static int look_at_root(void *context, uint64_t index, const void *piece, int error)
{
        disk_ledger_take_root(context, (unsigned)index, piece);
        return 0;
}

/* All the first copies of the pages, then all the second ones. */
static int look_at_page(void *context, uint64_t index, const void *piece, int error)
{
        struct disk_ledger *ledger = context;
        uint64_t n = ledger->layout.n_pages;

        disk_ledger_take_page(ledger, index % n, index >= n, piece);
        return 0;
}

int disk_file_ledger(const struct disk_file *file, struct disk_ledger *ledger,
        const struct stop *stop, enum disk_ledger_fault *ret_fault, struct why *why)
{
        int r = disk_ledger_init(ledger, &file->layout, file->id);

        if (r == 0)
                r = disk_walk(file->fd, disk_layout_root(0), 2, look_at_root, ledger, stop);
        if (r == 0)
                r = disk_walk(file->fd, disk_layout_page(&file->layout, 0, 0),
                        2 * file->layout.n_pages, look_at_page, ledger, stop);
        if (r < 0)
                return why_errno(why, r, "--file", file->path);
        *ret_fault = disk_ledger_conclude(ledger);
        return 0;
}

int disk_file_remove(const char *path, struct why *why)
{
        _cleanup_close_ int fd = -1;
        struct disk_header header;
        bool empty;
        int r;

        if (access(path, F_OK) < 0 && errno == ENOENT)
                return 0;
        fd = disk_open_locked(path, false, why);
        if (fd < 0)
                return fd;
        r = header_load(fd, &header, &empty);
        /* A damaged header is still ours. */
        if (r < 0 && r != -EBADMSG && !empty)
                return header_why(r, path, why);
        if (unlink(path) < 0)
                return why_errno(why, -errno, "--file", path);
        return 0;
}
