/* SPDX-License-Identifier: Apache-2.0 */
#include "final_stats.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static bool is_stdout(const char *path)
{
        return strcmp(path, "-") == 0;
}

int final_stats_check(const char *path, struct why *why)
{
        _cleanup_close_ int fd = -1;

        if (!path || is_stdout(path))
                return 0;
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        return fd < 0 ? why_errno(why, -errno, "--final-stats", path) : 0;
}

static int write_json(const char *path, json_t *json)
{
        FILE *to = is_stdout(path) ? stdout : fopen(path, "we");
        int r;

        if (!to)
                return -errno;
        r = json_dumpf(json, to, JSON_INDENT(2)) < 0 || fputc('\n', to) == EOF ? -EIO : 0;
        if (to == stdout ? fflush(to) != 0 : fclose(to) != 0)
                r = errno ? -errno : -EIO;
        return r;
}

int final_stats_write(const char *path, const struct snapshot *snapshot, struct why *why)
{
        json_t *json = snapshot_json(snapshot, SNAPSHOT_FULL);
        int r = json ? write_json(path, json) : -ENOMEM;

        json_decref(json);
        return r < 0 ? why_errno(why, r, "--final-stats", path) : 0;
}
