/* SPDX-License-Identifier: Apache-2.0 */
#include "memo.h"

#include "macro.h"
#include "textfile.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

/* systemd separates several directories by ':'; the first one is ours. */
static bool path_of(const char *name, char path[PATH_MAX])
{
        const char *directory = getenv("RUNTIME_DIRECTORY");
        int n;

        if (!directory || directory[0] != '/')
                return false;
        n = snprintf(path, PATH_MAX, "%.*s/%s", (int)strcspn(directory, ":"), directory, name);
        return n > 0 && n < PATH_MAX;
}

static void write_file(const char *name, const char *text)
{
        _cleanup_close_ int fd = -1;
        char path[PATH_MAX];

        if (!path_of(name, path))
                return;
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd >= 0)
                dprintf(fd, "%s\n", text);
}

unsigned memo_start(void)
{
        char path[PATH_MAX], text[16] = "";
        unsigned number;

        if (path_of("reason", path))
                unlink(path);
        if (!path_of("starts", path))
                return 0;
        textfile_read(path, text, sizeof text);
        number = (unsigned)strtoul(text, NULL, 10) + 1;
        snprintf(text, sizeof text, "%u", number);
        write_file("starts", text);
        return number;
}

void memo_reason(const char *line)
{
        write_file("reason", line);
}
