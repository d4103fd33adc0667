/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk role's file: made, filled, checked from end to end, removed.
 *
 * Nothing but a file of this role's own (or an empty one) is ever written to or removed. A file is
 * locked as long as it is open, so that two roles never share one. While it is being filled its
 * header says so: a file that was left half-made, even by kill -9, is filled again, and one that
 * could not be finished is removed. All I/O is direct.
 */
#pragma once

#include "map.h"
#include "stop.h"
#include "why.h"

struct disk_file {
        int fd;
        const char *path; /* borrowed */
        uint64_t id;
};

static inline uint64_t disk_file_blocks(uint64_t size)
{
        return (size - DISK_DATA_OFFSET) / DISK_BLOCK_SIZE;
}

/* What all four return: 0 or -errno with *why filled; -ECANCELED after a stop request. */

/* Makes the file with all its blocks at generation 1, unless a complete one of this size is there.
 * size is a multiple of DISK_BLOCK_SIZE, with room for one block at least. */
int disk_file_prepare(const char *path, uint64_t size, const struct stop *stop, struct why *why);

/* Opens and locks a complete file. */
int disk_file_open(struct disk_file *file, const char *path, uint64_t size, struct why *why);
void disk_file_close(struct disk_file *file);

/* Reads and checks every block; the map learns the generations. */
int disk_file_scan(const struct disk_file *file, struct disk_map *map, const struct stop *stop,
        struct why *why);

/* No file is no error. */
int disk_file_remove(const char *path, struct why *why);
