/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first program of a guest. From the initrd it loads the kernel's modules, finds the shared
 * disk, builds the root file system in memory, and hands over to systemd:
 *
 *         /usr    the disk with serial "usr", read-only, the same for all guests
 *         /etc    a copy of /usr/share/factory/etc, with this guest's host name and machine id
 *         /       a tmpfs; what else is in it, tmpfiles makes
 *
 * If it cannot, it says in one line what is missing, and turns the guest off.
 */
#include "disk.h"
#include "factory.h"
#include "machine_id.h"
#include "modules.h"
#include "root.h"
#include "textfile.h"
#include "usr_image.h"
#include "verity.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>

#define SYSTEMD   "/usr/lib/systemd/systemd"
#define NEW_ROOT  "/root"
#define USR_DISK  "usr" /* its serial */
#define DISK_WAIT 10    /* seconds */

enum {
        CMDLINE_SIZE = 4096, /* the kernel's is at most 2048 */
};

/* Standard error is the console, whatever `quiet` and log levels say of the kernel's own lines. */
_Noreturn static void power_off(const struct why *why)
{
        char line[1024];

        dprintf(STDERR_FILENO, "\ntileload guest cannot start and turns itself off: %s\n",
                why_format(why, line, sizeof line));
        tcdrain(STDERR_FILENO);
        reboot(RB_POWER_OFF);
        for (;;) /* process 1 must not end */
                pause();
}

/* The device that /usr is mounted from: the disk itself, or what dm-verity lets through of it. */
static int find_usr(const char *cmdline, char *device, size_t size, struct why *why)
{
        char disk[DISK_PATH_SIZE], hash[VERITY_HASH_SIZE + 1];
        uint64_t image_size = 0;
        int hashed, r;

        hashed = words_get(cmdline, "usrhash", hash, sizeof hash);
        if (hashed == -ERANGE)
                return why_set(why, hashed, "usrhash=", NULL,
                        "is longer than a SHA-256 hash: copy it from the image's file usrhash");
        r = disk_wait(USR_DISK, DISK_WAIT, disk, sizeof disk, why);
        if (r == 0)
                r = usr_image_size(disk, &image_size, why);
        if (r < 0)
                return r;
        if (hashed == -ENOENT) {
                snprintf(device, size, "%s", disk);
                return 0;
        }
        r = modules_load("/modules/verity.list", why);
        return r < 0 ? r : verity_open(disk, image_size, hash, device, size, why);
}

static int write_etc(const char *name, const char *text, struct why *why)
{
        char path[64];
        int fd, r;

        snprintf(path, sizeof path, NEW_ROOT "/etc/%s", name);
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        r = fd >= 0 && dprintf(fd, "%s\n", text) > 0 ? 0 : -errno;
        if (fd >= 0)
                close(fd);
        return r < 0 ? why_errno(why, r, "cannot write", path) : 0;
}

/* What tells this guest from the others that share its /usr. */
static int set_identity(const char *cmdline, struct why *why)
{
        char name[WORDS_HOST_SIZE], id[MACHINE_ID_SIZE];
        int r = words_host_name(cmdline, name, why);

        if (r < 0)
                return r;
        if (sethostname(name, strlen(name)) < 0)
                return why_errno(why, -errno, "host name", name);
        machine_id_get(id);
        r = write_etc("hostname", name, why);
        return r < 0 ? r : write_etc("machine-id", id, why);
}

/* The kernel would look twice a second whether its memory is in pieces, for huge pages that no role
 * needs at once. An idle guest is to sleep. */
static void let_kernel_sleep(void)
{
        int fd = open("/proc/sys/vm/compaction_proactiveness", O_WRONLY | O_CLOEXEC);

        if (fd < 0)
                return; /* a kernel that does not do that */
        if (write(fd, "0\n", 2) < 0)
                dprintf(STDERR_FILENO, "tileload guest: vm.compaction_proactiveness: %s\n",
                        strerror(errno));
        close(fd);
}

static int start(struct why *why)
{
        char cmdline[CMDLINE_SIZE], device[DISK_PATH_SIZE];
        ssize_t length;
        int r;

        r = root_mount_kernel(why);
        if (r < 0)
                return r;
        length = textfile_read("/proc/cmdline", cmdline, sizeof cmdline);
        if (length < 0)
                return why_errno(why, (int)length, "cannot read", "/proc/cmdline");
        let_kernel_sleep();
        r = modules_load("/modules/list", why);
        if (r == 0)
                r = find_usr(cmdline, device, sizeof device, why);
        if (r == 0)
                r = root_make(NEW_ROOT, device, why);
        if (r == 0)
                r = factory_copy(NEW_ROOT "/usr/share/factory/etc", NEW_ROOT "/etc", why);
        if (r == 0)
                r = set_identity(cmdline, why);
        return r < 0 ? r : root_switch(NEW_ROOT, why);
}

int main(void)
{
        char *const argv[] = {(char *)SYSTEMD, NULL}, *const environment[] = {NULL};
        struct why why = {};

        if (getpid() != 1) {
                fprintf(stderr, "guest-init: to be run by the kernel, as process 1 of a guest\n");
                return 2;
        }
        umask(022);
        if (start(&why) == 0) {
                execve(SYSTEMD, argv, environment);
                why_errno(&why, -errno, "cannot run", SYSTEMD);
        }
        power_off(&why);
}
