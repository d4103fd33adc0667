/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is measured: a list of control endpoints, each with its place in a tile. A launcher makes
 * one, targets.json (docs/results.md) carries one between programs.
 */
#pragma once

#include "why.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
        TILE_GUESTS = 8,
        TARGET_MAX_PIDS = 8,
        TARGET_URL_MAX = 127, /* characters */
};

/* Guests of a tile by number; 0 is the external client, which is not in the tile. */
enum tile_guest {
        GUEST_EXTERNAL = 0,
        GUEST_WEB1,
        GUEST_WEB2,
        GUEST_CLIENT,
        GUEST_BACKEND,
        GUEST_CPU,
        GUEST_DISK,
        GUEST_OLTP,
        GUEST_IDLE,
};

/* "external", "web1", "web2", "client", "backend", "cpu", "disk", "oltp", "idle". */
const char *guest_name(unsigned guest);

/* The role that a guest plays: "webserver" for 1 and 2, and so on. */
const char *guest_role(unsigned guest);

struct target {
        unsigned tile;  /* from 1 */
        unsigned guest; /* enum tile_guest */
        char role[16];
        char *url; /* of the control endpoint, without path: "http://127.1.1.1:9477" */
        /* The guest's processes when they run on this machine: their CPU and memory are read as
         * well. The first is the role itself. */
        pid_t pids[TARGET_MAX_PIDS];
        size_t n_pids;
};

struct targets {
        struct target *items; /* sorted by tile, then guest */
        size_t n_items;
};

/* Appends a copy. Returns 0 or -ENOMEM. */
int targets_add(struct targets *targets, const struct target *target);
void targets_fini(struct targets *targets);

/* Takes out those of tiles above `tile`. */
void targets_end_above(struct targets *targets, unsigned tile);

/* How many tiles there are: the number of different tile numbers. */
unsigned targets_n_tiles(const struct targets *targets);

/* Whole files. Errors name the file, the place in it and what is wrong. */
int targets_read(struct targets *targets, const char *path, struct why *why);
int targets_write(const struct targets *targets, const char *path, struct why *why);
