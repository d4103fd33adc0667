/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each role of a tile is told: options as keys and values, worked out once for every launcher.
 * Processes get them as `--KEY VALUE`, guests as `tileload.KEY=VALUE` on their kernel command line.
 * Pure: nothing is read or started here.
 */
#pragma once

#include "launch.h"

enum {
        ROLE_KEYS_MAX = 16,
};

/* Points into the launch_config, the place, or the role_keys themselves. */
struct role_key {
        const char *key; /* "max-in-flight" */
        const char *value;
};

/* Do not copy it. */
struct role_keys {
        struct role_key items[ROLE_KEYS_MAX];
        size_t n_items;
        char texts[6][32];
        size_t n_texts;
};

/* Where a role works: what launchers do differently. NULL: the role's own default. */
struct role_place {
        const char *listen; /* control endpoint */
        const char *serve;  /* servers of HTTP */
        const char
                *peer; /* http:// URL of the guest that role_peer() names; never NULL for those */
        const char *file;   /* disk */
        const char *socket; /* oltp */
};

/* The guest of the same tile that this one asks for its answers: web1 for the external client, web2
 * for the client, the backend for the web servers, and 0 for those that ask nobody. */
unsigned role_peer(unsigned guest);

/* The same keys in the same order for the same arguments; a value may hold anything that the
 * launch_config and the place hold. Returns 0, or -ERANGE: no such guest, or a rate that no load
 * generator can have. */
int role_keys_init(struct role_keys *keys, const struct launch_config *config,
        const struct role_place *place, unsigned tile, unsigned guest);
