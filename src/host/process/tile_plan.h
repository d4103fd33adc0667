/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tile as processes of one machine: who runs, in which order, at which address, with which
 * arguments. Pure: nothing is started here.
 *
 * Guest G of tile T has the address 127.T.G.1 to itself (its external client 127.T.9.1), so that
 * every role has the ports that it would have in a guest of its own.
 */
#pragma once

#include "role_keys.h"

enum {
        TILE_PLAN_MAX_TILE = 254,

        /* A tile's processes: its guests by number, the external client among them, and guest 7's
         * database server. */
        PROCESS_DATABASE = TILE_GUESTS + 1,
        TILE_PROCESSES,

        ROLE_PLAN_ARGUMENTS = 32,
};

/* Where guest 7 finds its server's socket: relative to its working directory, since the path of a
 * unix socket holds 107 characters at most and a results directory may be anywhere. */
#define DATABASE_DIRECTORY "mysql"
#define DATABASE_SOCKET    "mysqld.sock"

/* Stages go in this order: all processes of a stage at once, in all tiles, then the next one when
 * all of them are ready. */
enum start_stage {
        START_SERVERS,  /* whom others need */
        START_PREPARED, /* who has files or tables to make, and idle */
        START_LOADS,    /* who would take the CPU from those */
        START_EXTERNAL, /* the measured load, on tiles that are complete */
        N_START_STAGES,
};

/* Whoever asks ends before whoever answers, so that no end looks like a failure. */
enum end_stage {
        END_LOADS,
        END_SERVERS,
        END_DATABASES,
        N_END_STAGES,
};

enum start_stage process_start_stage(unsigned process);
enum end_stage process_end_stage(unsigned process);

/* guest_name() of a guest, "mysql" of the database server. */
const char *process_name(unsigned process);

/* The guest that a process belongs to: the database server is in guest 7. */
unsigned process_guest(unsigned process);

/* How to start one guest's role. Points into itself and into the launch_config: do not copy it,
 * and keep that. */
struct role_plan {
        char address[16];                    /* 127.1.1.1; "" when it is not for this machine */
        char url[TARGET_URL_MAX + 1];        /* of the control endpoint */
        char *argv[ROLE_PLAN_ARGUMENTS + 1]; /* ends with NULL */
        size_t n_arguments;
        struct role_keys keys;
        char options[ROLE_KEYS_MAX][24];
        char listen[32], serve[32], peer[64];
};

/* Returns 0, or -ERANGE: no such tile or guest, or a rate that no load generator can have. */
int role_plan_init(
        struct role_plan *plan, const struct launch_config *config, unsigned tile, unsigned guest);

/* The external client of a tile whose guests are elsewhere: web1 has the address target. With host
 * NULL it runs on this machine, where it listens on its own loopback address as ever. Otherwise it
 * is for the machine host (a name, or an IPv4 address), and listens there on its tile's own port,
 * CONTROL_PORT + tile - 1, on all addresses. Returns as role_plan_init(), -ENAMETOOLONG too. */
int role_plan_init_external(struct role_plan *plan, const struct launch_config *config,
        unsigned tile, const char *target, const char *host);
