/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place as the kernel takes it for a process of this machine: CPU affinity and memory policy.
 * Both are inherited by whatever the process starts.
 */
#pragma once

#include "number_set.h"
#include "placement.h"

enum {
        AFFINITY_WORDS = (NUMBER_SET_MAX + 1) / (8 * (int)sizeof(unsigned long)),
};

/* Bit n is number n, as system calls have it. */
struct affinity {
        unsigned long cpus[AFFINITY_WORDS];
        unsigned long nodes[AFFINITY_WORDS];
        bool memory; /* bind it to the nodes */
};

/* Returns 0, or -EINVAL or -ERANGE: not such numbers. */
int affinity_init(struct affinity *ret, const struct place *place, bool memory);

/* The calling thread and what it starts; system calls only, for use between fork and exec. Returns
 * 0 or -errno. */
int affinity_enter(const struct affinity *affinity);

/* Can memory be bound to nodes here? Tried in a thread of its own, so that nothing changes for the
 * caller. Returns 0, -ENOSYS (a kernel without NUMA), -EPERM (a container may not), or another
 * -errno. */
int affinity_try_memory(const struct affinity *affinity);
