/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum {
        LOOK_EVERY_MS = 20,
};

/* What has been seen, for the line that says that the right one was not there. */
struct seen {
        char disks[256];
};

static void note(struct seen *seen, const char *name, const char *serial)
{
        size_t n = strlen(seen->disks);

        snprintf(seen->disks + n, sizeof seen->disks - n, "%s%.20s (%s)", n ? ", " : "", name,
                serial[0] ? serial : "no serial");
}

/* Returns how many disks have the serial. */
static unsigned look(const char *serial, char *path, size_t size, struct seen *seen)
{
        DIR *directory = opendir("/sys/block");
        const struct dirent *entry;
        unsigned found = 0;

        *seen = (struct seen){};
        while (directory && (entry = readdir(directory))) {
                char file[300], text[64] = "";

                if (entry->d_name[0] == '.')
                        continue;
                snprintf(file, sizeof file, "/sys/block/%s/serial", entry->d_name);
                if (textfile_read(file, text, sizeof text) < 0)
                        text[0] = '\0';
                note(seen, entry->d_name, text);
                if (strcmp(text, serial) != 0)
                        continue;
                found++;
                snprintf(path, size, "/dev/%.40s", entry->d_name);
        }
        if (directory)
                closedir(directory);
        return found;
}

int disk_wait(const char *serial, unsigned seconds, char *path, size_t size, struct why *why)
{
        struct seen seen;
        unsigned found;

        for (unsigned ms = 0; (found = look(serial, path, size, &seen)) == 0; ms += LOOK_EVERY_MS) {
                if (ms >= seconds * 1000)
                        return why_set(why, -ENODEV, "disk with serial", serial,
                                "not there after %u s. Disks: %s. Give usr.erofs to the guest as "
                                "a virtio disk with serial=%s",
                                seconds, seen.disks[0] ? seen.disks : "none", serial);
                usleep(LOOK_EVERY_MS * 1000);
        }
        if (found > 1)
                return why_set(why, -ENOTUNIQ, "disk with serial", serial,
                        "there are %u of them. Disks: %s. Give that serial to one disk", found,
                        seen.disks);
        return 0;
}
