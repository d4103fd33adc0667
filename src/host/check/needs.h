/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a number of tiles takes of a host: plain arithmetic from the figures below, which are upper
 * bounds where a guest or a role can take more or less. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of one tile, as the built-in template of guests and the roles' defaults have it. */
enum {
        TILE_NEEDS_GUESTS = 8,
        TILE_NEEDS_GUEST_MEMORY_MIB = 7 * 1024 + 512, /* the idle guest has 512 */
        TILE_NEEDS_QEMU_MEMORY_MIB = 8 * 128,         /* each QEMU's own: an allowance */
        TILE_NEEDS_PROCESS_MEMORY_MIB = 1024,         /* 760 were seen, and there are files */
        HOST_NEEDS_MEMORY_MIB = 1024,                 /* the host's own: an allowance */

        /* QEMU's main thread, the guest's CPU, up to 64 threads for its I/O, vhost, some more. */
        GUEST_NEEDS_THREADS = 72,
        TILE_NEEDS_PROCESS_THREADS = 128, /* of which a database server has most */
        HOST_NEEDS_THREADS = 2048,

        GUEST_NEEDS_FILES = 64,
        HOST_NEEDS_FILES = 16384,

        /* QEMU sets up 1,024 requests for each guest with a disk of io='native' (MAX_EVENTS in its
         * block/linux-aio.c): the guests with data or swap are web1, web2, cpu, disk and oltp. */
        TILE_NEEDS_AIO_GUESTS = 5,
        GUEST_NEEDS_AIO = 1024,
        TILE_NEEDS_PROCESS_AIO = 16, /* disk --depth */
        HOST_NEEDS_AIO = 1024,

        CLIENT_MAX_IN_FLIGHT = 1000, /* run --max-in-flight: connections of an external client */
        TILE_NEEDS_OTHER_CONNECTIONS = 8 + 2 * 64 + 9, /* inside client, to the backend, control */

        SERVER_NEEDS_FILES = 4200, /* webserver --max-connections, its files and the rest */
        CLIENT_NEEDS_FILES = 1200, /* CLIENT_MAX_IN_FLIGHT and the rest */
        RUN_NEEDS_FILES_A_TILE = 64,

        ROLE_PORT = 8080,
        CONTROL_NEEDS_PORT = 9477, /* clients of other tiles: the ports behind it */
};

struct check_needs {
        unsigned tiles;
        bool guests;            /* guests of KVM, else processes */
        uint64_t memory;        /* bytes, of which each tile takes */
        uint64_t tile_memory;   /* this */
        uint64_t threads;       /* process and thread numbers */
        uint64_t files;         /* open files of all processes */
        uint64_t process_files; /* of one process, the one with most */
        uint64_t aio;           /* requests of Linux AIO set up at once */
        uint64_t neighbours;    /* entries of the ARP table */
        uint64_t connections;   /* TCP, as connection tracking counts them */
        uint64_t ports;         /* local ports to one destination */
        uint16_t last_port;     /* servers' ports are up to here */
};

void check_needs_init(struct check_needs *needs, unsigned tiles, bool guests);
