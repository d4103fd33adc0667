/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that a run leaves its results in (docs/results.md). The run that writes there has
 * summary.txt open and locked: who finds it so knows that the run lives.
 */
#pragma once

#include "why.h"

#include <stdbool.h>
#include <stdio.h>

struct results_directory {
        char *path;
        bool made;     /* it was not there before */
        FILE *summary; /* summary.txt, locked as long as it is open */
};

/* Makes it, with its parents. path NULL: one that is named after the time. Nothing of another run
 * is ever written over: -EEXIST if there is any. Returns 0 or -errno; to be given to
 * results_directory_fini() in any case. */
int results_directory_make(struct results_directory *ret, const char *path, struct why *why);

/* That of a run that was cut off, to be written on. Returns 0, -ENOENT (there is no run.json in
 * it), -EBUSY (that run lives) or another -errno; to be given to results_directory_fini() in any
 * case. */
int results_directory_open(struct results_directory *ret, const char *path, struct why *why);
void results_directory_fini(struct results_directory *directory);

/* Moves logs/ to logs.1 or the next number that is free: what the guests said before is not to be
 * written over. Returns 0 or -errno. */
int results_directory_keep_logs(const struct results_directory *directory, struct why *why);

/* Whether all that was printed to summary.txt has come there. Returns 0 or -errno. */
int results_directory_flush(const struct results_directory *directory, struct why *why);

/* Removes it if nothing was begun: an empty file in an empty directory of ours is no result. */
void results_directory_leave_no_trace(struct results_directory *directory);
