/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One process of a tile, from its start until it was ended: a child that says when it is ready.
 */
#pragma once

#include "child.h"
#include "notify_server.h"

#include <stdint.h>

struct process {
        unsigned tile, number; /* tile_plan.h */
        struct child child;
        struct notify_server notify; /* until it is ready */
        bool ready;
        bool ending;      /* was asked to end: that it does is no failure */
        char status[128]; /* the last one that it gave */
};

struct process_config {
        const char *program;
        char *const *argv;
        const char *results;   /* directory with logs/ in it */
        const char *directory; /* to work in */
        int cgroup_fd;         /* see child_config */
        const struct affinity *affinity;
        int (*enter)(const void *context);
        const void *context;
        int epoll_fd; /* gets what wants process_update(), with the process as its data */
};

/* The directory logs/ in results. Returns 0 or -errno. */
int process_make_logs(const char *results, struct why *why);

/* Starts it: process->tile and number say which one it is. Its environment is ours, but with a
 * NOTIFY_SOCKET of its own and without the kernel command line. Returns 0, or -errno with *why
 * naming the process. */
int process_start(struct process *process, const struct process_config *config, struct why *why);

/* Takes in what happened to it. Any number of times, also when it was not started. */
void process_update(struct process *process);

bool process_is_running(const struct process *process);

/* "tile 1 web1". Returns text. */
char *process_title(const struct process *process, char *text, size_t size);

/* Fills *why for one that ended, or that did not become ready in a time: how it ended or what it
 * was doing, its last words, its log. Both return error. */
int process_why_ended(
        const struct process *process, int error, const char *results, struct why *why);
int process_why_late(const struct process *process, int error, const char *results,
        uint64_t timeout_ns, struct why *why);

/* Forgets it. It must not be running any more. */
void process_fini(struct process *process);
