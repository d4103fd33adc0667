/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --placement: which guest takes its memory from which NUMA nodes of its host, and runs on which
 * CPUs. By a file of the user's, or worked out from the host's topology; docs/placement.md has the
 * rules and their reasons. Whoever starts guests asks placement_place() for each, sees to it, and
 * records it.
 *
 * Guests are never placed on nodes or CPUs that the host does not have, or that may not be used.
 */
#pragma once

#include "placement_file.h"
#include "topology.h"

#include <jansson.h>

enum placement_mode {
        PLACEMENT_NONE, /* every guest runs wherever its host likes */
        PLACEMENT_FILE,
        PLACEMENT_AUTO,   /* a tile stays whole; tiles take turns on nodes */
        PLACEMENT_SPREAD, /* guests take turns on nodes */
        PLACEMENT_PACK,   /* a tile stays whole; one node is filled before the next */
};

/* Numbers and ranges. Belongs to who got it. */
struct place {
        char *nodes; /* memory comes from these and no others */
        char *cpus;
};

/* A guest that was placed. */
struct placed {
        unsigned tile, guest;
        struct place place;
};

struct placement {
        enum placement_mode mode;
        char *path; /* of the file */
        struct placement_file file;
        struct placed *placed; /* by tile and guest */
        size_t n_placed;
        bool memory_free; /* only CPUs are seen to: this machine cannot bind memory */
};

/* A host as far as it matters here. */
struct placement_host {
        const struct topology *topology;
        const char *name; /* as errors show it */
};

struct placement_guest {
        unsigned tile, guest;
        unsigned turn; /* the tile's number among those of its host, from 1 */
};

/* What --placement was given: "auto", "spread", "pack" or the name of a file, which is read; NULL:
 * nothing is placed. Returns 0, or -errno with *why naming the file. */
int placement_init(struct placement *placement, const char *option, struct why *why);
void placement_fini(struct placement *placement);
void place_fini(struct place *place);

/* "file", "auto", "spread", "pack"; NULL for PLACEMENT_NONE. */
const char *placement_mode_name(enum placement_mode mode);

/* Where it goes: 1 with *ret filled; 0: wherever its host likes; or -errno with *why: the file
 * names what is not there, or the host does not tell its nodes. The same guest goes to the same
 * place in each run on the same host, whatever other tiles there are. */
int placement_place(const struct placement *placement, const struct placement_host *host,
        const struct placement_guest *guest, struct place *ret, struct why *why);

/* That it was placed there; what was recorded of it before is forgotten. Returns 0 or -ENOMEM. */
int placement_record(
        struct placement *placement, unsigned tile, unsigned guest, const struct place *place);

/* How guests are placed on this host, for a reader of the results. Free it; NULL: out of memory. */
char *placement_note(const struct placement *placement, const struct placement_host *host);

/* What of a placement file is likely a slip, for tiles first..last: lines that place none of their
 * guests. "": nothing. Free it; NULL: out of memory. */
char *placement_idle_note(const struct placement *placement, unsigned first, unsigned last);

/* For run.json (docs/results.md): null when nothing is placed. before: the same of earlier windows,
 * or NULL; guests in it stay on record. Returns 0, -ENOMEM, or -EXDEV: a guest is not where it was
 * in those windows, as when a run goes on after its file or its machine has changed. */
int placement_json(
        const struct placement *placement, const json_t *before, json_t **ret, struct why *why);
