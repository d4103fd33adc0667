/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host commands: the personalities that are not guests' roles. The list of them is the host's
 * (command_table.h).
 */
#pragma once

#include "why.h"

#include <stdio.h>

struct command {
        const char *name;
        const char *summary;     /* one line for --list */
        const char *unavailable; /* why not in this build; NULL: it can run */
        /* Why not on this machine, in one line, or NULL: for --list, run() says it itself. NULL:
         * nothing is needed. */
        const char *(*missing)(void);
        /* argv[0] is the command's name. Returns an exit status (run_role.h), *why filled unless
         * it is EXIT_DONE. */
        int (*run)(int argc, char *argv[], struct why *why);
        void (*help)(FILE *to);
};
