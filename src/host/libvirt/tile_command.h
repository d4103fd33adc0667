/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs of `tileload tile` share.
 */
#pragma once

#include "domains.h"
#include "guest_loads.h"
#include "guests.h"
#include "libvirt_config.h"
#include "progress.h"

struct tile_options {
        char *tiles;          /* NULL: all, where a verb can mean that */
        unsigned first, last; /* from tiles */
        uint64_t seed;
        char *placement;
        uint64_t ready_timeout_ns, stop_timeout_ns;
        bool wait;
        char *targets; /* file */
        struct guest_loads loads;
        struct libvirt_config libvirt;
};

/* One run of a verb. */
struct tile_job {
        const struct tile_options *options;
        struct progress progress;
        int signal_fd;
        struct hosts *hosts;
        struct domain_info *domains; /* ours that there were at first, of the tiles asked for */
        size_t n_domains;
        struct guests guests; /* the same */
};

/* Each returns 0, or -errno with *why filled. */
int tile_create(struct tile_job *job, struct why *why);
int tile_start(struct tile_job *job, struct why *why);
int tile_stop(struct tile_job *job, struct why *why);
int tile_destroy(struct tile_job *job, struct why *why);
int tile_list(struct tile_job *job, struct why *why);

/* How many guests of this tile there were at first. */
unsigned tile_guests(const struct tile_job *job, unsigned tile);

/* The URIs of the hosts that a tile's guests are on. Returns text. */
char *tile_uris(const struct tile_job *job, unsigned tile, char *text, size_t size);
