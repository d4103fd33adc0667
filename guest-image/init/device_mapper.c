/* SPDX-License-Identifier: Apache-2.0 */
#include "device_mapper.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#define CONTROL "/dev/mapper/control"

/* What goes to the kernel with each request, and comes back. */
struct request {
        struct dm_ioctl head;
        struct dm_target_spec target;
        char parameters[2048];
};

static int ask(
        int fd, unsigned long command, struct request *request, const char *name, unsigned flags)
{
        request->head.version[0] = DM_VERSION_MAJOR;
        request->head.data_size = sizeof *request;
        request->head.data_start = offsetof(struct request, target);
        request->head.flags = flags;
        snprintf(request->head.name, sizeof request->head.name, "%s", name);
        return ioctl(fd, command, request) < 0 ? -errno : 0;
}

int device_mapper_create(const char *name, const char *target, const char *parameters,
        uint64_t size_bytes, char *device, size_t size, struct why *why)
{
        _cleanup_close_ int fd = open(CONTROL, O_RDWR | O_CLOEXEC);
        struct request request = {};
        int r;

        if (fd < 0)
                return why_errno(why, -errno, "device mapper", CONTROL);
        r = ask(fd, DM_DEV_CREATE, &request, name, DM_READONLY_FLAG);
        if (r < 0)
                return why_errno(why, r, "device mapper cannot make", name);
        snprintf(device, size, "/dev/dm-%u", minor(request.head.dev));

        request = (struct request){
                .head.target_count = 1,
                .target.length = size_bytes / 512,
        };
        snprintf(request.target.target_type, sizeof request.target.target_type, "%s", target);
        snprintf(request.parameters, sizeof request.parameters, "%s", parameters);
        r = ask(fd, DM_TABLE_LOAD, &request, name, DM_READONLY_FLAG);
        if (r < 0)
                return why_set(why, r, "device mapper refuses", parameters,
                        "%s: is usr.erofs whole?", strerror(-r));

        request = (struct request){};
        r = ask(fd, DM_DEV_SUSPEND, &request, name, 0); /* without a flag: resume */
        return r < 0 ? why_errno(why, r, "device mapper cannot start", name) : 0;
}
