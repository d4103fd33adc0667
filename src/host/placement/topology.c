/* SPDX-License-Identifier: Apache-2.0 */
#include "topology.h"

#include "macro.h"

#include <errno.h>
#include <string.h>

void topology_fini(struct topology *topology)
{
        for (size_t i = 0; i < topology->n_nodes; i++)
                free(topology->nodes[i].distances);
        free(topology->nodes);
        *topology = (struct topology){0};
}

const struct topology_node *topology_find(const struct topology *topology, unsigned id)
{
        for (size_t i = 0; i < topology->n_nodes; i++)
                if (topology->nodes[i].id == id)
                        return &topology->nodes[i];
        return NULL;
}

/* What is not known is far. */
static unsigned distance(const struct topology_node *from, unsigned to)
{
        for (size_t i = 0; i < from->n_distances; i++)
                if (from->distances[i].to == to)
                        return from->distances[i].value;
        return UINT32_MAX;
}

const struct topology_node *topology_nearest_memory(
        const struct topology *topology, const struct topology_node *node)
{
        const struct topology_node *nearest = NULL;

        if (node->memory_bytes)
                return node;
        for (size_t i = 0; i < topology->n_nodes; i++) {
                const struct topology_node *other = &topology->nodes[i];

                if (other->memory_bytes &&
                        (!nearest || distance(node, other->id) < distance(node, nearest->id)))
                        nearest = other;
        }
        return nearest;
}

int topology_add_node(struct topology *topology, unsigned id, size_t *ret)
{
        struct topology_node *nodes;
        size_t at = 0;

        while (at < topology->n_nodes && topology->nodes[at].id < id)
                at++;
        *ret = at;
        if (at < topology->n_nodes && topology->nodes[at].id == id)
                return 0;
        nodes = reallocarray(topology->nodes, topology->n_nodes + 1, sizeof *nodes);
        if (!nodes)
                return -ENOMEM;
        memmove(&nodes[at + 1], &nodes[at], (topology->n_nodes - at) * sizeof *nodes);
        nodes[at] = (struct topology_node){.id = id};
        topology->nodes = nodes;
        topology->n_nodes++;
        return 0;
}

static bool meet(const struct number_set *a, const struct number_set *b)
{
        struct number_set both = *a;

        number_set_keep(&both, b);
        return !number_set_is_empty(&both);
}

void topology_add_cpu(
        struct topology *topology, size_t node, unsigned cpu, const struct number_set *siblings)
{
        struct topology_node *n = &topology->nodes[node];

        number_set_add(&topology->cpus, cpu);
        number_set_add(&topology->present, cpu);
        number_set_add(&n->cpus, cpu);
        if (!siblings || !meet(siblings, &n->cores))
                number_set_add(&n->cores, cpu);
}

int topology_add_distance(struct topology *topology, size_t node, unsigned to, unsigned value)
{
        struct topology_node *n = &topology->nodes[node];
        struct topology_distance *distances =
                reallocarray(n->distances, n->n_distances + 1, sizeof *distances);

        if (!distances)
                return -ENOMEM;
        distances[n->n_distances++] = (struct topology_distance){to, value};
        n->distances = distances;
        return 0;
}
