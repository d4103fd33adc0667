/* SPDX-License-Identifier: Apache-2.0 */
#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

static int load(const char *path)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
                return -errno;
        return 0;
}

int modules_load(const char *list, struct why *why)
{
        int directory = (int)(strrchr(list, '/') - list);
        _cleanup_fclose_ FILE *f = fopen(list, "re");
        char name[256], path[512];

        if (!f)
                return why_errno(why, -errno, "list of kernel modules", list);
        while (fgets(name, sizeof name, f)) {
                int r;

                name[strcspn(name, "\n")] = '\0';
                snprintf(path, sizeof path, "%.*s/%s", directory, list, name);
                r = load(path);
                if (r < 0)
                        return why_set(why, r, "kernel module", path,
                                "%s: vmlinuz and initrd must be of the same build", strerror(-r));
        }
        return ferror(f) ? why_errno(why, -EIO, "list of kernel modules", list) : 0;
}
