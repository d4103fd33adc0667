/* SPDX-License-Identifier: Apache-2.0 */
#include "textfile.h"

#include "macro.h"

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
