/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiles are placed one after the other from the first one on, so that where a tile goes depends on
 * nothing but the host and the tile's own number: a step of a run moves none of those before.
 */
#include "placement_auto.h"

#include "macro.h"
#include "targets.h"

#include <assert.h>
#include <errno.h>

/* What a guest may have at most (launch_process, guest-image/domain.xml). */
#define GUEST_MEMORY (UINT64_C(1) << 30)

/* A node with memory, and what is on it so far. A node without any lends its CPUs to the nearest
 * one that has some. */
struct spot {
        unsigned node;
        struct number_set cpus;
        uint64_t n_cpus, n_cores;
        uint64_t room; /* guests that its memory has room for, still */
        uint64_t guests;
};

struct layout {
        enum placement_mode mode;
        struct spot *spots;
        size_t n_spots;
        size_t first;  /* where to look first among equals */
        bool overfull; /* no memory is left: only turns count */
};

/* ---- the nodes ---- */

static void add_cpus(struct spot *spot, const struct topology_node *node)
{
        number_set_add_all(&spot->cpus, &node->cpus);
        spot->n_cpus += number_set_count(&node->cpus);
        spot->n_cores += number_set_count(&node->cores);
}

static void fill_spot(
        struct spot *spot, const struct topology *topology, const struct topology_node *node)
{
        *spot = (struct spot){
                .node = node->id,
                .room = node->memory_bytes / GUEST_MEMORY,
        };
        for (size_t i = 0; i < topology->n_nodes; i++)
                if (topology_nearest_memory(topology, &topology->nodes[i]) == node)
                        add_cpus(spot, &topology->nodes[i]);
}

static int layout_init(
        struct layout *layout, enum placement_mode mode, const struct topology *topology)
{
        *layout = (struct layout){.mode = mode};
        layout->spots = calloc(topology->n_nodes + 1, sizeof *layout->spots);
        if (!layout->spots)
                return -ENOMEM;
        for (size_t i = 0; i < topology->n_nodes; i++) {
                struct spot *spot = &layout->spots[layout->n_spots];

                if (!topology->nodes[i].memory_bytes)
                        continue;
                fill_spot(spot, topology, &topology->nodes[i]);
                layout->n_spots += spot->n_cpus > 0;
        }
        return layout->n_spots ? 0 : -ENOENT;
}

unsigned placement_auto_places(const struct topology *topology)
{
        struct number_set nodes = {0};

        for (size_t i = 0; i < topology->n_nodes; i++) {
                const struct topology_node *node = &topology->nodes[i], *memory;

                memory = topology_nearest_memory(topology, node);
                if (memory && !number_set_is_empty(&node->cpus))
                        number_set_add(&nodes, memory->id);
        }
        return number_set_count(&nodes);
}

/* ---- a tile ---- */

/* With n more guests, would a be the less crowded of the two? */
static bool is_freer(
        const struct layout *layout, const struct spot *a, const struct spot *b, unsigned n)
{
        /* Filled up to one guest a CPU, then the next; when all are, up to two, and so on. */
        if (layout->mode == PLACEMENT_PACK)
                return (a->guests + n + a->n_cpus - 1) / a->n_cpus <
                       (b->guests + n + b->n_cpus - 1) / b->n_cpus;
        /* Guests a core; turns come out in proportion to the cores. */
        return (a->guests + n) * b->n_cores < (b->guests + n) * a->n_cores;
}

/* NULL: the memory of none of them has room for n guests together. */
static struct spot *choose(const struct layout *layout, unsigned n)
{
        struct spot *best = NULL;

        for (size_t i = 0; i < layout->n_spots; i++) {
                struct spot *spot = &layout->spots[(layout->first + i) % layout->n_spots];

                if (!layout->overfull && spot->room < n)
                        continue;
                if (!best || is_freer(layout, spot, best, n))
                        best = spot;
        }
        return best;
}

/* Guests first to first + n - 1: together, or else each half of them. The first half of a tile are
 * those that talk to each other. */
static void put(struct layout *layout, unsigned first, unsigned n, struct spot *ret[])
{
        struct spot *spot = choose(layout, n);

        if (!spot) {
                assert(n > 1); /* or it would be overfull */
                put(layout, first, n / 2, ret);
                put(layout, first + n / 2, n / 2, ret);
                return;
        }
        spot->guests += n;
        spot->room -= spot->room < n ? spot->room : n;
        for (unsigned i = first; i < first + n; i++)
                ret[i] = spot;
}

static void put_tile(struct layout *layout, unsigned turn, struct spot *ret[TILE_GUESTS])
{
        unsigned together = layout->mode == PLACEMENT_SPREAD ? 1 : TILE_GUESTS;
        uint64_t room = 0;

        static_assert((TILE_GUESTS & (TILE_GUESTS - 1)) == 0, "a tile is halved again and again");
        for (size_t i = 0; i < layout->n_spots; i++)
                room += MIN(layout->spots[i].room, (uint64_t)TILE_GUESTS);
        layout->overfull = room < TILE_GUESTS;
        /* Or the same guest of every tile would be on the same node, and the node with those that
         * work hardest would be the busiest. */
        layout->first = layout->mode == PLACEMENT_SPREAD ? (turn - 1) % layout->n_spots : 0;
        for (unsigned g = 0; g < TILE_GUESTS; g += together)
                put(layout, g, together, ret);
}

static int describe(const struct spot *spot, struct place *ret)
{
        struct number_set node = {0};

        number_set_add(&node, spot->node);
        *ret = (struct place){
                .nodes = number_set_text(&node),
                .cpus = number_set_text(&spot->cpus),
        };
        if (ret->nodes && ret->cpus)
                return 0;
        place_fini(ret);
        return -ENOMEM;
}

int placement_auto(struct place *ret, enum placement_mode mode, const struct topology *topology,
        unsigned turn, unsigned guest)
{
        struct spot *spots[TILE_GUESTS] = {0};
        struct layout layout;
        int r = layout_init(&layout, mode, topology);

        assert(turn >= 1 && guest >= 1 && guest <= TILE_GUESTS);
        for (unsigned t = 1; r == 0 && t <= turn; t++)
                put_tile(&layout, t, spots);
        if (r == 0)
                r = describe(spots[guest - 1], ret);
        free(layout.spots);
        return r;
}
