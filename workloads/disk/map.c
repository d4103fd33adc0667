/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include <errno.h>
#include <stdlib.h>

enum {
        FLAG_IN_FLIGHT = 1 << 0,
        FLAG_DOUBTFUL = 1 << 1,
        FLAG_SUSPECT = 1 << 2,
};

int disk_map_init(struct disk_map *map, uint64_t n_blocks)
{
        *map = (struct disk_map){
                .n_blocks = n_blocks,
                .generations = calloc(n_blocks, sizeof *map->generations),
                .flags = calloc(n_blocks, sizeof *map->flags),
        };
        if (!map->generations || !map->flags) {
                disk_map_fini(map);
                return -ENOMEM;
        }
        return 0;
}

void disk_map_fini(struct disk_map *map)
{
        free(map->generations);
        free(map->flags);
        *map = (struct disk_map){0};
}

void disk_map_learn(struct disk_map *map, uint64_t block, uint32_t generation)
{
        map->generations[block] = generation;
}

void disk_map_learn_torn(struct disk_map *map, uint64_t block, uint32_t generation)
{
        map->generations[block] = generation;
        map->flags[block] |= FLAG_DOUBTFUL;
}

static bool any_has(const struct disk_map *map, uint64_t block, size_t n, uint8_t flag)
{
        for (size_t i = 0; i < n; i++)
                if (map->flags[block + i] & flag)
                        return true;
        return false;
}

bool disk_map_is_free(const struct disk_map *map, uint64_t block, size_t n)
{
        return !any_has(map, block, n, FLAG_IN_FLIGHT);
}

bool disk_map_doubtful(const struct disk_map *map, uint64_t block, size_t n)
{
        return any_has(map, block, n, FLAG_DOUBTFUL);
}

void disk_map_claim(struct disk_map *map, uint64_t block, size_t n)
{
        for (size_t i = 0; i < n; i++)
                map->flags[block + i] |= FLAG_IN_FLIGHT;
}

void disk_map_release(struct disk_map *map, uint64_t block, size_t n)
{
        for (size_t i = 0; i < n; i++)
                map->flags[block + i] &= (uint8_t)~FLAG_IN_FLIGHT;
}

void disk_map_compose(
        const struct disk_map *map, uint64_t file_id, uint64_t block, size_t n, void *buffer)
{
        for (size_t i = 0; i < n; i++)
                disk_block_write((char *)buffer + i * DISK_BLOCK_SIZE, file_id, block + i,
                        map->generations[block + i] + 1);
}

void disk_map_acknowledge(struct disk_map *map, uint64_t block, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                map->generations[block + i]++;
                map->flags[block + i] &= (uint8_t) ~(FLAG_DOUBTFUL | FLAG_SUSPECT);
        }
}

void disk_map_doubt(struct disk_map *map, uint64_t block, size_t n)
{
        for (size_t i = 0; i < n; i++) {
                map->generations[block + i]++;
                map->flags[block + i] |= FLAG_DOUBTFUL;
        }
}

void disk_map_suspect(struct disk_map *map, uint64_t block)
{
        map->flags[block] |= FLAG_SUSPECT;
}

bool disk_map_certain(const struct disk_map *map, uint64_t block)
{
        return !(map->flags[block] & (FLAG_DOUBTFUL | FLAG_SUSPECT));
}

enum disk_fault disk_map_verify(const struct disk_map *map, uint64_t file_id, uint64_t block,
        size_t n, const void *buffer, size_t *ret_verified)
{
        *ret_verified = 0;
        for (size_t i = 0; i < n; i++) {
                enum disk_fault fault;
                uint32_t generation;

                fault = disk_block_read((const char *)buffer + i * DISK_BLOCK_SIZE, file_id,
                        block + i, &generation);
                if (fault)
                        return fault;
                if (generation != map->generations[block + i])
                        return DISK_STALE;
                (*ret_verified)++;
        }
        return DISK_SOUND;
}
