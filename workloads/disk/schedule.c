/* SPDX-License-Identifier: Apache-2.0 */
#include "schedule.h"

#include "macro.h"

#include <math.h>

/* Spreads a share evenly over a sequence: true for round(n * share) of its first n members. */
static bool share_turn(uint64_t number, double share)
{
        return floor(((double)number + 1) * share + 0.5) > floor((double)number * share + 0.5);
}

struct disk_phase disk_schedule_phase(
        const struct disk_schedule_config *config, uint64_t elapsed_ns)
{
        uint64_t cycle_ns = config->random_ns + config->sequential_ns;

        if (elapsed_ns % cycle_ns < config->random_ns)
                return (struct disk_phase){0};
        return (struct disk_phase){
                .sequential = true,
                .write = share_turn(elapsed_ns / cycle_ns, 1 - config->read_share),
        };
}

static struct disk_operation next_random(
        const struct disk_schedule_config *config, struct rng *rng, const struct disk_map *map)
{
        unsigned n = config->random_blocks;
        struct disk_operation operation = {
                .n_blocks = n,
                .write = rng_unit(rng) >= config->read_share,
        };

        do {
                operation.block = rng_below(rng, config->n_blocks / n) * n;
        } while (!disk_map_is_free(map, operation.block, n));
        return operation;
}

static struct disk_operation next_sequential(
        struct disk_schedule *schedule, bool write, const struct disk_map *map)
{
        unsigned n = schedule->config.sequential_blocks;
        struct disk_operation operation = {.n_blocks = n, .write = write, .sequential = true};

        do {
                operation.block = schedule->cursor * n;
                schedule->cursor = (schedule->cursor + 1) % (schedule->config.n_blocks / n);
        } while (!disk_map_is_free(map, operation.block, n));
        return operation;
}

struct disk_operation disk_schedule_next(struct disk_schedule *schedule, struct disk_phase phase,
        struct rng *rng, const struct disk_map *map)
{
        struct disk_operation operation = phase.sequential
                                                  ? next_sequential(schedule, phase.write, map)
                                                  : next_random(&schedule->config, rng, map);

        if (disk_map_doubtful(map, operation.block, operation.n_blocks))
                operation.write = true;
        return operation;
}

uint64_t disk_schedule_min_blocks(
        unsigned depth, unsigned random_blocks, unsigned sequential_blocks)
{
        /* An operation of b blocks keeps at most b/a + 2 runs of a blocks busy, so depth - 1 of
         * them less than 3 * depth * b/a of the 4 * depth * b/a that there are. */
        return (uint64_t)4 * depth * MAX(random_blocks, sequential_blocks);
}
