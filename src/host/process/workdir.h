/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory that the guests of one run work in: made by us, ours alone while we live, and
 * removed with all that is in it. Nothing that we did not make is ever removed.
 */
#pragma once

#include "why.h"

struct workdir {
        char *path;  /* absolute; NULL: none */
        int fd;      /* of the directory */
        int lock_fd; /* of the mark in it that says whose it is, locked */
};

/* Makes `results`/work. One that a killed run left behind is emptied first. Returns 0, -EBUSY
 * (another run works in it), -EEXIST (not made by us) or another -errno. */
int workdir_init(struct workdir *workdir, const char *results, struct why *why);

/* Removes it. */
void workdir_fini(struct workdir *workdir);

/* A directory in it ("tile1/oltp"), with those above it. */
int workdir_make(const struct workdir *workdir, const char *name, struct why *why);

/* Removes what is in it under that name, if anything. Symbolic links are removed, never followed,
 * and no other file system is entered. Returns 0, or -errno of what could not be removed. */
int workdir_remove(const struct workdir *workdir, const char *name);
