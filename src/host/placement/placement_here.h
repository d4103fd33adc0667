/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placement of guests that are processes of this machine.
 */
#pragma once

#include "affinity.h"
#include "placement.h"

struct placement_here {
        struct placement *placement;
        struct topology topology; /* read only if something may be placed here */
        bool memory_free;         /* memory cannot be bound to nodes: only CPUs are seen to */
};

/* Who is here: all of a tile, or nobody but its external client. */
enum placement_here_who {
        HERE_TILES,
        HERE_EXTERNAL,
};

/* Reads what there is, and whether memory can be bound. placement must outlive it. Returns 0 or
 * -errno. */
int placement_here_init(struct placement_here *here, struct placement *placement,
        enum placement_here_who who, struct why *why);
void placement_here_fini(struct placement_here *here);

/* Can the guests of tiles first..last be placed? Returns 0 or -errno. */
int placement_here_check(const struct placement_here *here, enum placement_here_who who,
        unsigned first, unsigned last, struct why *why);

/* A guest that is about to be started: 1 with *ret filled, and recorded; 0: it runs wherever it
 * may; or -errno. */
int placement_here_guest(struct placement_here *here, unsigned tile, unsigned guest,
        struct affinity *ret, struct why *why);

/* For a reader of the results; "" where there is nothing to say. Free it; NULL: out of memory. */
char *placement_here_note(const struct placement_here *here);
