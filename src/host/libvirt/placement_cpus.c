/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPUs of NUMA nodes, from a host's capabilities as libvirt gives them:
 *
 *         <capabilities><host><topology><cells>
 *           <cell id='0'> <cpus> <cpu id='0' .../> ...
 */
#include "number_set.h"
#include "parse.h"
#include "placement.h"

#include <errno.h>
#include <expat.h>
#include <string.h>

struct topology {
        struct number_set wanted, nodes, cpus; /* asked for; there are; of those asked for */
        unsigned depth, cells, cell;           /* depths of open elements; 0: not in one */
        bool in_wanted;
        bool failed;
};

static bool number_of(const XML_Char **attributes, unsigned *ret)
{
        for (size_t i = 0; attributes[i]; i += 2) {
                uint64_t number;

                if (strcmp(attributes[i], "id") != 0)
                        continue;
                if (parse_u64(attributes[i + 1], &number) < 0 || number > NUMBER_SET_MAX)
                        return false;
                *ret = (unsigned)number;
                return true;
        }
        return false;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
        struct topology *topology = data;
        unsigned number;

        topology->depth++;
        if (!topology->cells) {
                if (strcmp(name, "cells") == 0)
                        topology->cells = topology->depth;
        } else if (topology->depth == topology->cells + 1 && strcmp(name, "cell") == 0) {
                if (!number_of(attributes, &number)) {
                        topology->failed = true;
                        return;
                }
                topology->cell = topology->depth;
                topology->in_wanted = number_set_has(&topology->wanted, number);
                number_set_add(&topology->nodes, number);
        } else if (topology->cell && topology->depth == topology->cell + 2 &&
                   strcmp(name, "cpu") == 0) {
                if (!number_of(attributes, &number))
                        topology->failed = true;
                else if (topology->in_wanted)
                        number_set_add(&topology->cpus, number);
        }
}

static void on_end(void *data, const XML_Char *name)
{
        struct topology *topology = data;

        if (topology->depth == topology->cells)
                topology->cells = 0;
        if (topology->depth == topology->cell)
                topology->cell = 0;
        topology->depth--;
}

static int read_topology(struct topology *topology, const char *capabilities)
{
        XML_Parser parser = XML_ParserCreate(NULL);
        enum XML_Status status;

        if (!parser)
                return -ENOMEM;
        XML_SetUserData(parser, topology);
        XML_SetElementHandler(parser, on_start, on_end);
        status = XML_Parse(parser, capabilities, (int)strlen(capabilities), XML_TRUE);
        XML_ParserFree(parser);
        return status == XML_STATUS_OK && !topology->failed ? 0 : -EINVAL;
}

/* The first one that is asked for and not there; NUMBER_SET_MAX + 1: all are. */
static unsigned missing(const struct topology *topology)
{
        unsigned n = 0;

        while (n <= NUMBER_SET_MAX &&
                (!number_set_has(&topology->wanted, n) || number_set_has(&topology->nodes, n)))
                n++;
        return n;
}

int placement_cpus(
        char **ret, const char *nodes, const char *capabilities, const char *uri, struct why *why)
{
        struct topology topology = {0};
        int r = number_set_parse(&topology.wanted, nodes);
        char *text;

        if (r < 0)
                return why_set(why, -EINVAL, "NUMA nodes", nodes, "not numbers and ranges");
        r = read_topology(&topology, capabilities);
        if (r < 0)
                return why_set(why, r, "capabilities of", uri,
                        "not understood: give CPUs in the placement file");
        if (number_set_is_empty(&topology.nodes))
                return why_set(why, -ENOENT, "placement file: NUMA nodes", nodes,
                        "%s says nothing of its nodes: give CPUs in the placement file", uri);
        if (missing(&topology) <= NUMBER_SET_MAX) {
                _cleanup_free_ char *there = number_set_text(&topology.nodes);

                return why_set(why, -ENOENT, "placement file: NUMA nodes", nodes,
                        "%s has no node %u; its nodes are %s", uri, missing(&topology),
                        there ? there : "others");
        }
        if (number_set_is_empty(&topology.cpus))
                return why_set(why, -ENOENT, "placement file: NUMA nodes", nodes,
                        "they have no CPUs on %s: give CPUs in the placement file", uri);
        text = number_set_text(&topology.cpus);
        if (!text)
                return why_errno(why, -ENOMEM, "NUMA nodes", nodes);
        *ret = text;
        return 0;
}
