/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role from its options to its exit: parse, prepare, setup, ready, work, teardown.
 */
#pragma once

#include "cmdline.h"
#include "workload.h"

/* Exit statuses of every personality. */
enum exit_status {
        EXIT_DONE = 0,
        EXIT_FAILED = 1,
        EXIT_USAGE = 2,
        EXIT_FOUND = 3, /* an audit has looked, and something is wrong */
        EXIT_UNSUPPORTED = 77,
};

/* argv[0] is the role's name; what follows is an optional verb (`prepare` or `cleanup`) and
 * options. The keys of *cmdline apply unless it names another role. Returns an exit status; with
 * all but EXIT_DONE *why is filled. Meant to be the process's last act: a worker that hangs is
 * left behind, see run_role_hangs(). */
int run_role(const struct workload *workload, const struct cmdline *cmdline, int argc, char *argv[],
        struct why *why);

/* Did run_role() leave a thread behind that hangs? Then end the process by _exit(): exit() would
 * take down the libraries that the thread is in. */
bool run_role_hangs(void);

/* --help of a role, all its options with their defaults. */
void run_role_help(const struct workload *workload, FILE *to);
