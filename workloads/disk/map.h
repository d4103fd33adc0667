/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the role remembers of every block: the generation that the disk last acknowledged, whether
 * an operation is in flight on it, and whether anything can be said of its content at all.
 *
 * Operations cover runs of consecutive blocks. An operation claims its run, and no other may touch
 * one of those blocks until it has ended: two writes at once, or a read beside a write, have no
 * right answer. Pure, and of one thread.
 */
#pragma once

#include "block.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_map {
        uint64_t n_blocks;
        uint32_t *generations;
        uint8_t *flags;
};

/* Returns 0 or -ENOMEM. Every block's generation is 0 until it is learned. */
int disk_map_init(struct disk_map *map, uint64_t n_blocks);
void disk_map_fini(struct disk_map *map);

/* At the start: what was found on the disk. Of a torn block, the newest that it has a part of: it
 * is doubtful. */
void disk_map_learn(struct disk_map *map, uint64_t block, uint32_t generation);
void disk_map_learn_torn(struct disk_map *map, uint64_t block, uint32_t generation);

/* No operation in flight on any of the run. */
bool disk_map_is_free(const struct disk_map *map, uint64_t block, size_t n);

void disk_map_claim(struct disk_map *map, uint64_t block, size_t n);
void disk_map_release(struct disk_map *map, uint64_t block, size_t n);

/* What the next write of the run has to write: each block with the generation after its last. */
void disk_map_compose(
        const struct disk_map *map, uint64_t file_id, uint64_t block, size_t n, void *buffer);

/* The write of a run that disk_map_compose() made has been acknowledged, */
void disk_map_acknowledge(struct disk_map *map, uint64_t block, size_t n);

/* or has failed: old, new or torn, nothing is promised of these blocks until a later write of them
 * succeeds, and that one will carry a generation not used before. */
void disk_map_doubt(struct disk_map *map, uint64_t block, size_t n);

/* Nothing can be said of some block of the run: reading it would verify nothing, so write it. */
bool disk_map_doubtful(const struct disk_map *map, uint64_t block, size_t n);

/* A sync failed after the block's last write: whether a later one covers it, nobody knows, until
 * the block has been written once more. */
void disk_map_suspect(struct disk_map *map, uint64_t block);

/* The next sync that succeeds makes the block's present generation durable. */
bool disk_map_certain(const struct disk_map *map, uint64_t block);

/* Checks a run that was read: the first fault met, or DISK_SOUND. *ret_verified counts the blocks
 * found sound before it. */
enum disk_fault disk_map_verify(const struct disk_map *map, uint64_t file_id, uint64_t block,
        size_t n, const void *buffer, size_t *ret_verified);
