/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run that was cut off (Ctrl-C, a crash, the power), found in its results directory: what it was
 * asked for, and what it had found until then. Finished windows count, one that was cut short is
 * measured again.
 */
#pragma once

#include "run_file.h"
#include "sweep.h"

#include <stdio.h>

struct resume {
        char *directory;
        FILE *summary; /* summary.txt, to be written on; locked as long as it is open */
        json_t *document;
        struct run_file run; /* the same, checked */
        char **words;        /* its command line; ends with NULL */
        int n_words;
};

/* Returns 0, or -errno with *why naming the directory: not a run's (-ENOENT, -EINVAL), still being
 * written by one that lives (-EBUSY), nothing left to do (-EALREADY), made by another version or on
 * another machine (-EXDEV). */
int resume_open(struct resume *resume, const char *directory, struct why *why);
void resume_fini(struct resume *resume);

/* The command line with those words of argv behind that go with --resume. Free the list, not the
 * words. NULL: no memory. */
char **resume_argv(const struct resume *resume, int argc, char *argv[], int *ret_argc);

/* Tells a sweep, as it was before its first window, what was found. Returns how many windows are
 * kept, or -EINVAL with *why: these are not the windows of such a sweep. */
int resume_replay(const struct resume *resume, struct sweep *sweep, struct why *why);

/* Takes the lock that resume_open() looks for, until the file is closed. Returns 0 or -errno. */
int resume_lock(FILE *summary);
