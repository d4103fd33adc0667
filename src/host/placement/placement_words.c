/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What readers of the results are told of a placement.
 */
#include "placement.h"

#include "fmt.h"
#include "macro.h"
#include "placement_auto.h"
#include "targets.h"

#include <errno.h>
#include <string.h>

enum {
        MAX_LINES_TEXT = 100,
};

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

static unsigned count_memory(const struct topology *topology)
{
        unsigned n = 0;

        for (size_t i = 0; i < topology->n_nodes; i++)
                n += topology->nodes[i].memory_bytes > 0;
        return n;
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
                fputs(count_memory(host->topology) == 1
                                ? ", which makes no difference: there is only one node to choose "
                                  "from"
                                : ", which is on one node, since no other one has CPUs",
                        to);
        fputs(": ", to);
        describe_nodes(host->topology, to);
        if (fclose(to) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* "lines 3,7-9 are ": as many of them as one likes to read. */
static void write_lines(const struct number_set *lines, FILE *to)
{
        _cleanup_free_ char *text = number_set_text(lines);
        size_t length = text ? strlen(text) : 0;
        unsigned n = number_set_count(lines);

        if (length > MAX_LINES_TEXT)
                for (length = MAX_LINES_TEXT; text[length] != ','; length--)
                        ;
        fprintf(to, "line%s %.*s%s %s ", n == 1 ? "" : "s", (int)length, text ? text : "",
                text && text[length] ? ",..." : "", n == 1 ? "is" : "are");
}

static void write_idle(const struct placement_idle *idle, unsigned first, unsigned last, FILE *to)
{
        bool nobody = !number_set_is_empty(&idle->nobody);

        if (nobody) {
                write_lines(&idle->nobody, to);
                fprintf(to, "for no guest of tile%s %u", first < last ? "s" : "", first);
                if (first < last)
                        fprintf(to, "-%u", last);
        }
        if (!number_set_is_empty(&idle->too_late)) {
                fputs(nobody ? "; " : "", to);
                write_lines(&idle->too_late, to);
                fputs("only for guests that earlier lines place", to);
        }
}

static bool is_idle(const struct placement_idle *idle)
{
        return !number_set_is_empty(&idle->nobody) || !number_set_is_empty(&idle->too_late);
}

char *placement_idle_note(const struct placement *placement, unsigned first, unsigned last)
{
        struct placement_idle idle;
        char *text = NULL;
        size_t size;
        FILE *to;

        placement_file_idle(&placement->file, first, last, &idle);
        if (placement->mode != PLACEMENT_FILE || (placement->file.n_rules && !is_idle(&idle)))
                return strdup("");
        to = open_memstream(&text, &size);
        if (!to)
                return NULL;
        fprintf(to, "placement file %s: ", placement->path);
        if (placement->file.n_rules == 0)
                fputs("there is no line in it", to);
        write_idle(&idle, first, last, to);
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

/* Those that were placed before, and those that are now. */
static json_t *all_guests(const struct placement *placement, const json_t *before)
{
        json_t *guests = json_is_object(before) ? json_deep_copy(before) : json_object();
        int r = 0;

        for (size_t i = 0; guests && r == 0 && i < placement->n_placed; i++)
                r = add_guest(guests, &placement->placed[i]);
        if (r == 0)
                return guests;
        json_decref(guests);
        return NULL;
}

static int check_before(const struct placement *placement, const json_t *guests,
        const json_t *before, struct why *why)
{
        const char *name, *option = placement->path;
        json_t *was;

        if (!option)
                option = placement_mode_name(placement->mode);
        json_object_foreach(json_object_get(before, "guests"), name,
                was) if (!json_equal(was, json_object_get(guests, name))) return why_set(why,
                -EXDEV, "--placement", option,
                "would have %s elsewhere than in the windows that are there "
                "already: start a new run",
                name);
        if (json_is_boolean(json_object_get(before, "memory_bound")) &&
                json_is_true(json_object_get(before, "memory_bound")) == placement->memory_free)
                return why_set(why, -EXDEV, "--placement", option,
                        "memory %s bound to nodes in the windows that are there already, and %s "
                        "now: start a new run",
                        placement->memory_free ? "was" : "was not",
                        placement->memory_free ? "cannot be" : "would be");
        return 0;
}

int placement_json(
        const struct placement *placement, const json_t *before, json_t **ret, struct why *why)
{
        json_t *guests, *json = NULL;
        int r = 0;

        if (placement->mode == PLACEMENT_NONE) {
                *ret = json_null();
                return 0;
        }
        guests = all_guests(placement, json_object_get(before, "guests"));
        if (guests)
                r = check_before(placement, guests, before, why);
        if (guests && r == 0)
                json = json_pack("{s:s, s:s?, s:b, s:O}", "mode",
                        placement_mode_name(placement->mode), "path", placement->path,
                        "memory_bound", !placement->memory_free, "guests", guests);
        json_decref(guests);
        if (r < 0)
                return r;
        if (!json)
                return why_errno(why, -ENOMEM, "--placement", NULL);
        *ret = json;
        return 0;
}
