/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process that we started: in a process group of its own, its output in a file, and gone when
 * we are gone, however we end.
 *
 * Start children from one thread that lives as long as they shall: the kernel ends them with the
 * thread that made them.
 */
#pragma once

#include "affinity.h"
#include "why.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child_config {
        const char *program; /* absolute path */
        char *const *argv;
        char *const *environment;        /* the whole of it */
        const char *directory;           /* to work in */
        const char *log;                 /* file for its standard output and error, made anew */
        int cgroup_fd;                   /* the cgroup.procs to enter; -1: stay in ours */
        const struct affinity *affinity; /* NULL: wherever we may run */

        /* Runs in the child in `directory`, before it becomes the program: system calls only.
         * Returns 0, or -errno and the start fails. NULL: nothing. */
        int (*enter)(const void *context);
        const void *context;
};

struct child {
        pid_t pid;  /* 0: none was started */
        int fd;     /* readable when it has ended; -1: none, or ended and noticed */
        int status; /* of waitpid(2), when ended */
        bool ended;
};

#define CHILD_NONE \
        (struct child) \
        { \
                .fd = -1 \
        }

/* Returns when the program runs: 0, or -errno with *why naming what could not be done. */
int child_start(struct child *child, const struct child_config *config, struct why *why);

/* To its whole process group. */
void child_signal(const struct child *child, int signal);

/* Looks, without waiting. Once it is true, whatever was left of the process group was killed, and
 * nothing remains of the child in the kernel. */
bool child_has_ended(struct child *child);

/* "ended with status 1", "ended by signal 9 (Killed)", "still running". Returns text. */
char *child_outcome(const struct child *child, char *text, size_t size);

/* The last line of a log that says something: not empty, and not just that the program aborts.
 * Control characters become spaces. "" when there is none. Returns text. */
char *child_last_words(const char *log, char *text, size_t size);
