/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's topology, from its capabilities as libvirt gives them:
 *
 *         <capabilities><host><topology><cells>
 *           <cell id='0'>
 *             <memory unit='KiB'>16384000</memory>
 *             <distances><sibling id='0' value='10'/> ...
 *             <cpus> <cpu id='0' siblings='0,4' .../> ...
 */
#include "macro.h"
#include "parse.h"
#include "topology.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <string.h>

struct reader {
        struct topology *topology;
        unsigned depth, cells, cell, memory; /* depths of open elements; 0: not in one */
        size_t node;                         /* that the open cell is */
        char kib[24];                        /* text of the open memory element */
        size_t n_kib;
        int error;
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
        for (size_t i = 0; attributes[i]; i += 2)
                if (strcmp(attributes[i], name) == 0)
                        return attributes[i + 1];
        return NULL;
}

static int number_of(const XML_Char **attributes, const char *name, unsigned max, unsigned *ret)
{
        const char *text = attribute(attributes, name);
        uint64_t number;

        if (!text || parse_u64(text, &number) < 0 || number > max)
                return -EINVAL;
        *ret = (unsigned)number;
        return 0;
}

static int begin_cell(struct reader *reader, const XML_Char **attributes)
{
        unsigned id;
        int r = number_of(attributes, "id", NUMBER_SET_MAX, &id);

        if (r == 0)
                r = topology_add_node(reader->topology, id, &reader->node);
        if (r < 0)
                return r;
        reader->cell = reader->depth;
        /* Until it tells. */
        reader->topology->nodes[reader->node].memory_bytes = TOPOLOGY_MEMORY_UNKNOWN;
        return 0;
}

/* Always in KiB; from any other unit nothing is concluded. */
static void begin_memory(struct reader *reader, const XML_Char **attributes)
{
        const char *unit = attribute(attributes, "unit");

        if (unit && strcmp(unit, "KiB") != 0)
                return;
        reader->memory = reader->depth;
        reader->n_kib = 0;
}

static void end_memory(struct reader *reader)
{
        uint64_t kib;

        reader->memory = 0;
        reader->kib[reader->n_kib] = '\0';
        if (parse_u64(reader->kib, &kib) == 0 && kib < TOPOLOGY_MEMORY_UNKNOWN / 1024)
                reader->topology->nodes[reader->node].memory_bytes = kib * 1024;
}

static int take_cpu(struct reader *reader, const XML_Char **attributes)
{
        const char *text = attribute(attributes, "siblings");
        struct number_set siblings;
        unsigned cpu;
        int r = number_of(attributes, "id", NUMBER_SET_MAX, &cpu);

        if (r < 0)
                return r;
        if (text && number_set_parse(&siblings, text) < 0)
                text = NULL;
        topology_add_cpu(reader->topology, reader->node, cpu, text ? &siblings : NULL);
        return 0;
}

static int take_distance(struct reader *reader, const XML_Char **attributes)
{
        unsigned to, value;
        int r = number_of(attributes, "id", NUMBER_SET_MAX, &to);

        if (r == 0)
                r = number_of(attributes, "value", INT_MAX, &value);
        if (r == 0)
                r = topology_add_distance(reader->topology, reader->node, to, value);
        return r;
}

static int take_element(struct reader *reader, const char *name, const XML_Char **attributes)
{
        if (!reader->cells) {
                if (strcmp(name, "cells") == 0)
                        reader->cells = reader->depth;
        } else if (reader->depth == reader->cells + 1) {
                if (strcmp(name, "cell") == 0)
                        return begin_cell(reader, attributes);
        } else if (!reader->cell) {
                return 0;
        } else if (reader->depth == reader->cell + 1) {
                if (strcmp(name, "memory") == 0)
                        begin_memory(reader, attributes);
        } else if (reader->depth == reader->cell + 2) {
                if (strcmp(name, "cpu") == 0)
                        return take_cpu(reader, attributes);
                if (strcmp(name, "sibling") == 0)
                        return take_distance(reader, attributes);
        }
        return 0;
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
        struct reader *reader = data;

        reader->depth++;
        if (reader->error == 0)
                reader->error = take_element(reader, name, attributes);
}

static void on_text(void *data, const XML_Char *text, int n)
{
        struct reader *reader = data;

        if (reader->memory != reader->depth || !reader->memory)
                return;
        /* What is too long is no number: cut, it must not become one. */
        for (int i = 0; i < n; i++)
                if (reader->n_kib < sizeof reader->kib - 1)
                        reader->kib[reader->n_kib++] = text[i];
}

static void on_end(void *data, const XML_Char *name)
{
        struct reader *reader = data;

        if (reader->depth == reader->memory)
                end_memory(reader);
        if (reader->depth == reader->cells)
                reader->cells = 0;
        if (reader->depth == reader->cell)
                reader->cell = 0;
        reader->depth--;
}

static int read_capabilities(struct reader *reader, const char *capabilities)
{
        XML_Parser parser = XML_ParserCreate(NULL);
        size_t length = strlen(capabilities);
        enum XML_Status status;

        if (!parser)
                return -ENOMEM;
        XML_SetUserData(parser, reader);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
        status = length > INT_MAX ? XML_STATUS_ERROR
                                  : XML_Parse(parser, capabilities, (int)length, XML_TRUE);
        XML_ParserFree(parser);
        if (reader->error < 0)
                return reader->error;
        return status == XML_STATUS_OK ? 0 : -EINVAL;
}

int topology_capabilities(
        struct topology *ret, const char *capabilities, const char *uri, struct why *why)
{
        struct topology topology = {0};
        struct reader reader = {.topology = &topology};
        int r = read_capabilities(&reader, capabilities);

        if (r < 0)
                topology_fini(&topology);
        if (r == -ENOMEM)
                return why_errno(why, r, "capabilities of", uri);
        if (r < 0)
                return why_set(why, r, "capabilities of", uri,
                        "not understood: it cannot be told where guests can be placed");
        *ret = topology;
        return 0;
}
