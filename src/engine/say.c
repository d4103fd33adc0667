/* SPDX-License-Identifier: Apache-2.0 */
#include "say.h"

#include "macro.h"

#include <stdbool.h>
#include <sys/stat.h>

/* $JOURNAL_STREAM names the socket to journald that a unit was started with, as DEVICE:INODE; who
 * inherits it may have another standard error. */
static bool journald_reads(void)
{
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
               fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void say(enum say_level level, const char *line)
{
        char prefix[8] = "";

        if (journald_reads())
                snprintf(prefix, sizeof prefix, "<%d>", level);
        dprintf(STDERR_FILENO, "%stileload: %s\n", prefix, line);
}
