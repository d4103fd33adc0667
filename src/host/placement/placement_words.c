/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readers of the results are told of a placement.
 */
#include "placement.h"

#include "fmt.h"
#include "macro.h"
#include "placement_auto.h"
#include "targets.h"

static void describe_nodes(const struct topology *topology, FILE *to)
{
        for (size_t i = 0; i < topology->n_nodes; i++) {
                const struct topology_node *node = &topology->nodes[i];
                _cleanup_free_ char *cpus = number_set_text(&node->cpus);
                char size[FMT_SIZE] = "of unknown size";

                if (node->memory_bytes != TOPOLOGY_MEMORY_UNKNOWN)
                        fmt_size(size, node->memory_bytes);
                fprintf(to, "%snode %u: ", i ? "; " : "", node->id);
                if (cpus && *cpus)
                        fprintf(to, "CPUs %s (%u core%s), ", cpus, number_set_count(&node->cores),
                                number_set_count(&node->cores) == 1 ? "" : "s");
                else
                        fputs("no CPUs, ", to);
                if (node->memory_bytes)
                        fprintf(to, "memory %s", size);
                else
                        fputs("no memory", to);
        }
}

char *placement_note(const struct placement *placement, const struct placement_host *host)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        if (!to)
                return NULL;
        if (placement->mode == PLACEMENT_FILE)
                fprintf(to, "guests of %s are placed by the file %s", host->name, placement->path);
        else
                fprintf(to, "guests of %s are placed by %s", host->name,
                        placement_mode_name(placement->mode));
        if (placement->mode != PLACEMENT_FILE && placement_auto_places(host->topology) == 1)
                fputs(", which makes no difference: there is only one node to choose from", to);
        fputs(": ", to);
        describe_nodes(host->topology, to);
        if (fclose(to) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

static int add_guest(json_t *guests, const struct placed *placed)
{
        char name[64];

        snprintf(name, sizeof name, "t%u-%s", placed->tile, guest_name(placed->guest));
        return json_object_set_new(guests, name,
                json_pack("{s:s, s:s}", "nodes", placed->place.nodes, "cpus", placed->place.cpus));
}

json_t *placement_json(const struct placement *placement)
{
        json_t *guests;
        int r = 0;

        if (placement->mode == PLACEMENT_NONE)
                return json_null();
        guests = json_object();
        for (size_t i = 0; guests && r == 0 && i < placement->n_placed; i++)
                r = add_guest(guests, &placement->placed[i]);
        if (!guests || r < 0) {
                json_decref(guests);
                return NULL;
        }
        return json_pack("{s:s, s:s?, s:b, s:o}", "mode", placement_mode_name(placement->mode),
                "path", placement->path, "memory_bound", !placement->memory_free, "guests", guests);
}
