/* SPDX-License-Identifier: Apache-2.0 */
#include "units.h"

#include <string.h>

bool units_are_there(const struct root *root)
{
        return root_exists(root, "/run/systemd/system");
}

bool unit_has_processes(const struct root *root, const char *unit)
{
        /* cgroup v2, both at once, and v1. */
        static const char *const mounts[] = {
                "/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"};
        char path[256];

        for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
                snprintf(path, sizeof path, "%s/system.slice/%s", mounts[i], unit);
                if (root_exists(root, path))
                        return true;
        }
        return false;
}

static bool is_masked(const struct root *root, const char *unit)
{
        static const char *const directories[] = {"/etc/systemd/system", "/run/systemd/system"};
        char path[256], target[64];

        for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
                snprintf(path, sizeof path, "%s/%s", directories[i], unit);
                if (root_read_link(root, path, target, sizeof target) >= 0 &&
                        strcmp(target, "/dev/null") == 0)
                        return true;
        }
        return false;
}

/* In one of the directories' NAME.wants. The link may lead nowhere in a copied tree. */
static bool is_wanted_in(const struct root *root, const char *directory, const char *unit)
{
        struct root_names names;
        bool wanted = false;

        if (root_list(root, directory, &names) < 0)
                return false;
        for (size_t i = 0; i < names.n && !wanted; i++) {
                const char *dot = strrchr(names.names[i], '.');
                char path[512], target[256];

                if (!dot || strcmp(dot, ".wants") != 0)
                        continue;
                snprintf(path, sizeof path, "%s/%s/%s", directory, names.names[i], unit);
                wanted = root_read_link(root, path, target, sizeof target) >= 0 ||
                         root_exists(root, path);
        }
        root_names_free(&names);
        return wanted;
}

bool unit_is_enabled(const struct root *root, const char *unit)
{
        /* Where packages put what is always wanted, and where administrators do. */
        static const char *const directories[] = {
                "/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"};

        if (is_masked(root, unit))
                return false;
        for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
                if (is_wanted_in(root, directories[i], unit))
                        return true;
        return false;
}
