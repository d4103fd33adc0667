/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

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

const struct command *const command_table[] = {
        &command_run,
        &command_measure,
        NULL,
};
