/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits for groups of processes by cgroup v2 (the kernel's
 * Documentation/admin-guide/cgroup-v2.rst).
 *
 * A group of ours is made below the cgroup that we are in, with one group in it for each guest. The
 * controllers must be there and be ours to give on. When we are alone in our cgroup, we move into a
 * group beside the guests' for as long, as a cgroup that limits others may not have processes of
 * its own; other processes are never moved.
 */
#pragma once

#include "why.h"

#include <stdbool.h>
#include <stddef.h>

struct cgroup_limit {
        const char *controller; /* "cpu" */
        const char *file;       /* "cpu.max" */
        const char *value;      /* "100000 100000" */
};

struct cgroup {
        const struct cgroup_limit *limits;
        size_t n_limits;
        char *own;     /* directory of the cgroup that we were in; NULL: no groups */
        char *group;   /* directory of ours */
        char *shelter; /* directory of the one that we moved to; NULL: we did not */
        bool *enabled; /* [n_limits]: the controller was not given on before */
};

/* own: directory of the cgroup to make ours in; NULL: the one that this process is in. Returns 0,
 * or -errno with *why saying what to do; everything is then as it was. */
int cgroup_init(struct cgroup *cgroup, const char *own, const struct cgroup_limit *limits,
        size_t n_limits, struct why *why);

/* Puts everything back; the groups must be empty of processes. */
void cgroup_fini(struct cgroup *cgroup);

/* Makes a group with the limits. Returns a descriptor of its cgroup.procs, or -errno; -ENOTSUP
 * without *why when there are no groups. */
int cgroup_add(struct cgroup *cgroup, const char *name, struct why *why);
void cgroup_remove(struct cgroup *cgroup, const char *name);

/* Where the process with these /proc/PID/mountinfo and /proc/PID/cgroup has its cgroup. Returns 0,
 * or -ENOENT: there is no cgroup v2, or it is not mounted where we see it. */
int cgroup_locate(const char *mountinfo, const char *cgroups, char *directory, size_t size);
