/* SPDX-License-Identifier: Apache-2.0 */
#include "command_table.h"
#include "launch.h"

#include <stddef.h>

#ifdef HAVE_CURL
extern const struct command command_measure;
extern const struct command command_run;
#else
static const struct command command_measure = {
        .name = "measure",
        .summary = "measure roles that something else started",
        .unavailable = "built without libcurl",
};
static const struct command command_run = {
        .name = "run",
        .summary = "launch tiles, measure them, and say how they were served",
        .unavailable = "built without libcurl",
};
#endif

extern const struct command command_host_check;
extern const struct command command_compare;
extern const struct command command_report;

#ifdef HAVE_LIBVIRT
extern const struct command command_tile;
extern const struct launcher_ops launch_libvirt;
#else
static const struct command command_tile = {
        .name = "tile",
        .summary = "make, start and end guests in tiles of eight",
        .unavailable = "built without libvirt",
};
static const struct launcher_ops launch_libvirt = {
        .name = "libvirt",
        .summary = "guests of libvirt, on this host or others",
        .unavailable = "built without libvirt",
};
#endif

const struct command *const command_table[] = {
        &command_run,
        &command_measure,
        &command_report,
        &command_compare,
        &command_tile,
        &command_host_check,
        NULL,
};

const struct launcher_ops *const launcher_table[] = {
        &launch_process,
        &launch_libvirt,
        NULL,
};

const char *const launcher_names[] = {"process", "libvirt", NULL};

const char *command_unavailable(const struct command *command)
{
        if (command->unavailable)
                return command->unavailable;
        return command->missing ? command->missing() : NULL;
}

const char *launcher_unavailable(const struct launcher_ops *ops)
{
        if (ops->unavailable)
                return ops->unavailable;
        return ops->missing ? ops->missing() : NULL;
}
