/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The external clients of tiles whose guests are elsewhere: processes of this machine, or programs
 * that the user starts on another one.
 */
#pragma once

#include "placement_here.h"
#include "process.h"
#include "tile_plan.h"

struct client {
        unsigned tile;
        struct role_plan plan;
        struct process process; /* when it runs on this machine */
        int asked;              /* its index while one elsewhere is waited for */
        bool ready;
        char trouble[256]; /* completes "tile 1 external ..."; "": none */
};

struct clients {
        const struct launch_config *launch;
        const char *host;                               /* where they run; NULL: on this machine */
        struct placement_here here;                     /* of those on this machine */
        int epoll_fd;                                   /* ours to add to; belongs to the caller */
        struct client *by_tile[TILE_PLAN_MAX_TILE + 1]; /* NULL: none */
};

/* Plans the tile's client, whose web server 1 has this address, and starts it, or says how to.
 * Returns 0 or -errno. */
int clients_start(struct clients *clients, unsigned tile, const char *address, struct why *why);

/* Waits until those of tiles first..last are ready or in trouble, which is said. `also` is called
 * whenever epoll_fd was readable. Returns 0; -EINTR; -ECHILD: none at all is ready, of whatever
 * tile; or another -errno. */
int clients_await(struct clients *clients, unsigned first, unsigned last, int interrupt_fd,
        void (*also)(void *context), void *context, struct why *why);

/* Takes in what happened, without waiting. */
void clients_update(struct clients *clients);

/* Ends those of this machine and forgets all of tiles first..last. Returns 0, or -ETIME with *why
 * naming the first that had to be killed. */
int clients_end(struct clients *clients, unsigned first, unsigned last, struct why *why);

/* --client-host: 0 (also for NULL), or -EINVAL when it is neither a name nor an IPv4 address. */
int client_host_check(const char *host, struct why *why);

/* The line to type on the machine `host`, for a role plan made for it. Free it; NULL: out of
 * memory. */
char *client_command(const struct role_plan *plan);
