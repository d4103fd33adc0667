/* SPDX-License-Identifier: Apache-2.0 */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

static const char *const kernel_mounts[][3] = {
        {"/dev", "devtmpfs", "mode=755"},
        {"/proc", "proc", NULL},
        {"/sys", "sysfs", NULL},
};

static const char *const directories[] = {
        "/dev",
        "/etc",
        "/home",
        "/mnt",
        "/proc",
        "/run",
        "/srv",
        "/sys",
        "/usr",
        "/var",
};

static const char *const links[][2] = {
        {"/bin", "usr/bin"},
        {"/lib", "usr/lib"},
        {"/lib64", "usr/lib64"},
        {"/sbin", "usr/sbin"},
};

int root_mount_kernel(struct why *why)
{
        for (size_t i = 0; i < ARRAY_SIZE(kernel_mounts); i++) {
                const char *const *m = kernel_mounts[i];

                if ((mkdir(m[0], 0755) < 0 && errno != EEXIST) ||
                        mount(m[1], m[0], m[1], MS_NOSUID | (i > 0 ? MS_NODEV | MS_NOEXEC : 0),
                                m[2]) < 0)
                        return why_errno(why, -errno, "cannot mount", m[0]);
        }
        return 0;
}

/* path + name, in a buffer that the next call uses again. */
static const char *below(const char *path, const char *name)
{
        static char text[PATH_MAX];

        snprintf(text, sizeof text, "%s%s", path, name);
        return text;
}

static int fill(const char *path, struct why *why)
{
        for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
                if (mkdir(below(path, directories[i]), 0755) < 0)
                        return why_errno(why, -errno, "cannot make", directories[i]);
        if (mkdir(below(path, "/root"), 0700) < 0)
                return why_errno(why, -errno, "cannot make", "/root");
        if (mkdir(below(path, "/tmp"), 0700) < 0 || chmod(below(path, "/tmp"), 01777) < 0)
                return why_errno(why, -errno, "cannot make", "/tmp");
        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                if (symlink(links[i][1], below(path, links[i][0])) < 0)
                        return why_errno(why, -errno, "cannot make", links[i][0]);
        return 0;
}

int root_make(const char *path, const char *device, struct why *why)
{
        int r;

        if (mount("tmpfs", path, "tmpfs", 0, "mode=755") < 0)
                return why_errno(why, -errno, "cannot mount a tmpfs on", path);
        r = fill(path, why);
        if (r < 0)
                return r;
        if (mount(device, below(path, "/usr"), "erofs", MS_RDONLY | MS_NODEV, NULL) < 0)
                return why_set(why, -errno, "cannot mount /usr from", device,
                        "%s: is the disk with serial=usr the usr.erofs of the image?",
                        strerror(errno));
        return 0;
}

/* Removes what is in a directory of the file system dev, and takes the descriptor. */
static void empty(int fd, dev_t dev)
{
        DIR *directory = fdopendir(fd);
        const struct dirent *entry;
        struct stat st;

        while (directory && (entry = readdir(directory))) {
                int below_fd;

                if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                        fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                        st.st_dev != dev)
                        continue;
                if (!S_ISDIR(st.st_mode)) {
                        unlinkat(fd, entry->d_name, 0);
                        continue;
                }
                below_fd = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                if (below_fd >= 0)
                        empty(below_fd, dev);
                unlinkat(fd, entry->d_name, AT_REMOVEDIR);
        }
        if (directory)
                closedir(directory);
}

int root_switch(const char *path, struct why *why)
{
        int initrd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat st;

        if (initrd < 0 || fstat(initrd, &st) < 0)
                return why_errno(why, -errno, "cannot open", "/");
        for (size_t i = 0; i < ARRAY_SIZE(kernel_mounts); i++) {
                const char *from = kernel_mounts[i][0];

                if (mount(from, below(path, from), NULL, MS_MOVE, NULL) < 0)
                        return why_errno(why, -errno, "cannot move", from);
        }
        /* The kernel never lets go of the initrd's root: the new one is put on top of it. */
        if (chdir(path) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 ||
                chdir("/") < 0)
                return why_errno(why, -errno, "cannot change the root to", path);
        empty(initrd, st.st_dev);
        return 0;
}
