/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiles of processes: the process launcher's state, and how tiles come and go.
 */
#pragma once

#include "cgroup.h"
#include "database.h"
#include "placement_here.h"
#include "process.h"
#include "tile_plan.h"
#include "workdir.h"

struct tile {
        struct process processes[TILE_PROCESSES];
};

struct tiles {
        struct launch_config config;
        int epoll_fd; /* readable when something happened to a process */
        struct workdir workdir;
        struct cgroup cgroup; /* without groups where there are no limits */
        struct database database;
        struct placement placement;
        struct placement_here here;
        struct tile *by_number[TILE_PLAN_MAX_TILE + 1]; /* NULL: not running */
        const struct process *failed;                   /* the first one that ended by itself */
};

/* See launcher_ops.start. */
int tiles_start(
        struct tiles *tiles, unsigned first, unsigned last, int interrupt_fd, struct why *why);

/* Ends those that run, all of them at once. Returns 0, or -ETIME with *why naming the first process
 * that had to be killed. */
int tiles_end(struct tiles *tiles, unsigned first, unsigned last, struct why *why);

/* Takes in what happened, without waiting. */
void tiles_update(struct tiles *tiles);

/* Waits for something to happen and takes it in: 0, -ETIMEDOUT, or -EINTR when interrupt_fd (-1:
 * none) is readable. */
int tiles_wait(struct tiles *tiles, uint64_t deadline_ns, int interrupt_fd);

/* The name of a guest's cgroup. Returns text. */
char *tiles_group_name(unsigned tile, unsigned process, char *text, size_t size);
