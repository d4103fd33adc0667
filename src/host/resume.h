/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that was cut off (Ctrl-C, a crash, the power), found in its results directory: what it was
 * asked for, and what it had found until then. Finished windows count, one that was cut short is
 * measured again.
 */
#pragma once

#include "results_directory.h"
#include "run_file.h"
#include "run_options.h"
#include "sweep.h"

struct resume {
        struct results_directory directory; /* whoever takes it leaves it zeroed; likewise */
        json_t *document;
        struct run_file run; /* the same, checked */
        char **words;        /* its command line; ends with NULL */
        int n_words;
};

/* Returns 0, or -errno with *why naming the directory: not a run's (-ENOENT, -EINVAL), still being
 * written by one that lives (-EBUSY), nothing left to do (-EALREADY), or not to be compared with
 * what would be measured here and now (-EXDEV: resume_same.h). */
int resume_open(struct resume *resume, const char *directory, struct why *why);
void resume_fini(struct resume *resume);

/* The command line with those words of argv behind that go with --resume. Free the list, not the
 * words. NULL: no memory. */
char **resume_argv(const struct resume *resume, int argc, char *argv[], int *ret_argc);

/* Whether the command line still means what it meant. Returns 0, -EXDEV, or another -errno. */
int resume_check_options(
        const struct resume *resume, const struct run_options *options, struct why *why);

/* Tells a sweep, as it was before its first window, what was found. Returns how many windows are
 * kept, or -EINVAL with *why: these are not the windows of such a sweep. */
int resume_replay(const struct resume *resume, struct sweep *sweep, struct why *why);
