/* SPDX-License-Identifier: Apache-2.0 */
#include "needs.h"

#include "macro.h"

#define MIB (UINT64_C(1) << 20)

void check_needs_init(struct check_needs *needs, unsigned tiles, bool guests)
{
        const uint64_t n = tiles, n_guests = n * TILE_NEEDS_GUESTS;
        const uint64_t connections = CLIENT_MAX_IN_FLIGHT + TILE_NEEDS_OTHER_CONNECTIONS;

        *needs = (struct check_needs){
                .tiles = tiles,
                .guests = guests,
                .tile_memory = MIB * (guests ? (uint64_t)TILE_NEEDS_GUEST_MEMORY_MIB +
                                                             TILE_NEEDS_QEMU_MEMORY_MIB
                                             : (uint64_t)TILE_NEEDS_PROCESS_MEMORY_MIB),
                .threads = HOST_NEEDS_THREADS + (guests ? n_guests * GUEST_NEEDS_THREADS
                                                        : n * TILE_NEEDS_PROCESS_THREADS),
                /* Both ends of every connection may be on this host. */
                .files = HOST_NEEDS_FILES + n_guests * GUEST_NEEDS_FILES + 2 * n * connections,
                /* Of guests, the servers are in them. */
                .process_files = MAX((uint64_t)(guests ? CLIENT_NEEDS_FILES : SERVER_NEEDS_FILES),
                        n * RUN_NEEDS_FILES_A_TILE),
                .aio = HOST_NEEDS_AIO + (guests ? n * TILE_NEEDS_AIO_GUESTS * GUEST_NEEDS_AIO
                                                : n * TILE_NEEDS_PROCESS_AIO),
                .neighbours = n_guests + 64,
                /* Closed ones are kept for a while: as many again. */
                .connections = 2 * n * connections,
                .ports = 2 * CLIENT_MAX_IN_FLIGHT,
                .last_port = (uint16_t)(CONTROL_NEEDS_PORT + tiles - 1),
        };
        needs->memory = HOST_NEEDS_MEMORY_MIB * MIB + n * needs->tile_memory;
}
