/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What does the disk role do next, and where? Pure arithmetic on elapsed time and drawn numbers.
 *
 * Time is cut into cycles of a random and a sequential phase. In a random phase every operation is
 * a read with the probability read_share, anywhere in the file. A sequential phase goes through
 * the file in order, all of it reading or all of it writing (a stream that turned at every step
 * would not be one): of any number of cycles, the nearest whole number to their read share read.
 * Each sequential phase goes on where the last one ended.
 */
#pragma once

#include "map.h"
#include "rng.h"

#include <stdbool.h>
#include <stdint.h>

struct disk_schedule_config {
        uint64_t n_blocks;          /* blocks in the file */
        unsigned random_blocks;     /* a random operation's length, */
        unsigned sequential_blocks; /* and a sequential one's */
        double read_share;
        uint64_t random_ns, sequential_ns; /* lengths of the phases; not both 0 */
};

struct disk_phase {
        bool sequential;
        bool write; /* sequential phases only */
};

/* The phase at a time since the start. */
struct disk_phase disk_schedule_phase(
        const struct disk_schedule_config *config, uint64_t elapsed_ns);

struct disk_operation {
        uint64_t block;
        unsigned n_blocks;
        bool write;
        bool sequential;
};

struct disk_schedule {
        struct disk_schedule_config config;
        uint64_t cursor; /* the sequential operation that is next, counted in their length */
};

/* The next operation, on a run that is free in the map; the caller claims it. Where a write has
 * failed, nothing could be read and checked: whatever comes there next is a write. At least one run
 * of either length must be free: disk_schedule_min_blocks() sees to it. */
struct disk_operation disk_schedule_next(struct disk_schedule *schedule, struct disk_phase phase,
        struct rng *rng, const struct disk_map *map);

/* Blocks that a file must have so that, with depth - 1 operations in flight, at least a quarter of
 * all runs of either length are free (three quarters where the one divides the other): picking
 * another then ends soon. */
uint64_t disk_schedule_min_blocks(
        unsigned depth, unsigned random_blocks, unsigned sequential_blocks);
