/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's NUMA nodes, their CPUs and their memory, as far as guests may use them: of this machine
 * from /sys, of any host from what libvirt there tells.
 */
#pragma once

#include "number_set.h"
#include "why.h"

#include <stddef.h>

/* topology_node.memory_bytes: the host does not tell. */
#define TOPOLOGY_MEMORY_UNKNOWN UINT64_MAX

/* From one node to another: 10 is its own memory, 20 is twice as far. */
struct topology_distance {
        unsigned to, value;
};

struct topology_node {
        unsigned id;
        struct number_set cpus;
        struct number_set cores; /* one CPU of each core, so that SMT siblings count once */
        uint64_t memory_bytes;   /* 0: it has none, or none that may be used */
        struct topology_distance *distances; /* in any order; none where they are not known */
        size_t n_distances;
};

struct topology {
        struct topology_node *nodes; /* by id; none where the host does not tell */
        size_t n_nodes;
        struct number_set cpus;    /* of all nodes */
        struct number_set present; /* online, whether or not they may be used */
};

/* Of this machine: CPUs that are online and that this process may run on, memory that it may use.
 * Where the kernel knows no NUMA nodes, the machine is node 0. root is what /sys and /proc are
 * below: "" but in tests. Returns 0, -ENOENT (no CPUs), -EINVAL or -ERANGE (a file is not as it
 * should be) or another -errno. */
int topology_read(struct topology *ret, const char *root, struct why *why);

/* Of the host that uri names, from its virConnectGetCapabilities(). One that says nothing of nodes
 * comes out without any. Returns 0, -EINVAL (not such text) or -ENOMEM. */
int topology_capabilities(
        struct topology *ret, const char *capabilities, const char *uri, struct why *why);

void topology_fini(struct topology *topology);

/* NULL: there is no such node. */
const struct topology_node *topology_find(const struct topology *topology, unsigned id);

/* The node with memory that is nearest to this one: itself, unless it has none. NULL: no node has
 * any. */
const struct topology_node *topology_nearest_memory(
        const struct topology *topology, const struct topology_node *node);

/* ---- for who makes one ---- */

/* Adds a node, or finds it; *ret is its index until the next one is added. Returns 0 or -ENOMEM. */
int topology_add_node(struct topology *topology, unsigned id, size_t *ret);

/* siblings: the CPUs of its core, itself among them; NULL: not known, a core of its own. */
void topology_add_cpu(
        struct topology *topology, size_t node, unsigned cpu, const struct number_set *siblings);

/* Returns 0 or -ENOMEM. */
int topology_add_distance(struct topology *topology, size_t node, unsigned to, unsigned value);
