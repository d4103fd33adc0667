/* SPDX-License-Identifier: Apache-2.0 */
#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

ssize_t textfile_read(const char *path, char *text, size_t size)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read(fd, text, size - 1);
        if (n < 0)
                return -errno;
        if (n > 0 && text[n - 1] == '\n')
                n--;
        text[n] = '\0';
        return n;
}

#define LOAD_MAX (1u << 20)

/* A FIFO that nobody writes to is at its end: opening it would wait, and signals are held back by
 * then. */
static FILE *open_text(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
        FILE *file;

        if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
                return NULL;
        file = fdopen(fd, "r");
        if (file)
                fd = -1;
        return file;
}

int textfile_load(char **ret, const char *option, const char *path, struct why *why)
{
        _cleanup_fclose_ FILE *file = open_text(path);
        _cleanup_free_ char *text = malloc(LOAD_MAX + 1);
        size_t n;

        if (!file)
                return why_errno(why, -errno, option, path);
        if (!text)
                return why_errno(why, -ENOMEM, option, path);
        errno = 0;
        n = fread(text, 1, LOAD_MAX + 1, file);
        if (ferror(file))
                return why_errno(why, errno ? -errno : -EIO, option, path);
        if (n > LOAD_MAX)
                return why_set(why, -EFBIG, option, path, "larger than 1 MiB");
        if (memchr(text, '\0', n))
                return why_set(why, -EINVAL, option, path, "not a text file");
        text[n] = '\0';
        *ret = STEAL_PTR(text);
        return 0;
}

uint64_t textfile_number(const char *text, const char *key)
{
        const char *at = text;
        size_t length = strlen(key);

        while ((at = strstr(at, key))) {
                if (at == text || at[-1] == '\n' || at[-1] == ' ')
                        return strtoull(at + length, NULL, 10);
                at += length;
        }
        return 0;
}
