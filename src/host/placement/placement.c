/* SPDX-License-Identifier: Apache-2.0 */
#include "placement.h"

#include "macro.h"
#include "placement_auto.h"
#include "targets.h"
#include "textfile.h"

#include <errno.h>
#include <string.h>

static const char *const mode_names[] = {
        [PLACEMENT_FILE] = "file",
        [PLACEMENT_AUTO] = "auto",
        [PLACEMENT_SPREAD] = "spread",
        [PLACEMENT_PACK] = "pack",
};

const char *placement_mode_name(enum placement_mode mode)
{
        return mode_names[mode];
}

void place_fini(struct place *place)
{
        free(place->nodes);
        free(place->cpus);
        *place = (struct place){0};
}

/* ---- what was asked for ---- */

static int read_placement(struct placement *placement, const char *path, struct why *why)
{
        _cleanup_free_ char *text = NULL;
        int r = textfile_load(&text, "--placement", path, why);

        if (r == -ENOENT && !strchr(path, '/'))
                return why_set(why, r, "--placement", path,
                        "neither auto, spread nor pack, nor a file that is there");
        if (r == 0)
                r = placement_file_parse(&placement->file, text, path, why);
        if (r < 0)
                return r;
        placement->path = strdup(path);
        return placement->path ? 0 : why_errno(why, -ENOMEM, "--placement", path);
}

int placement_init(struct placement *placement, const char *option, struct why *why)
{
        int r = 0;

        *placement = (struct placement){.mode = PLACEMENT_NONE};
        if (!option)
                return 0;
        placement->mode = PLACEMENT_FILE;
        for (unsigned m = PLACEMENT_AUTO; m < ARRAY_SIZE(mode_names); m++)
                if (strcmp(option, mode_names[m]) == 0)
                        placement->mode = m;
        if (placement->mode == PLACEMENT_FILE)
                r = read_placement(placement, option, why);
        if (r < 0)
                placement_fini(placement);
        return r;
}

void placement_fini(struct placement *placement)
{
        for (size_t i = 0; i < placement->n_placed; i++)
                place_fini(&placement->placed[i].place);
        free(placement->placed);
        free(placement->path);
        placement_file_fini(&placement->file);
        *placement = (struct placement){0};
}

/* ---- by a line of a file ---- */

/* A line under way. */
struct wish {
        const struct placement *placement;
        const struct placement_rule *rule;
        const struct placement_host *host;
        struct number_set nodes, cpus;
        struct why *why;
};

static int refuse(const struct wish *wish, const char *format, ...) _printf_(2, 3);

static int refuse(const struct wish *wish, const char *format, ...)
{
        char reason[400];
        va_list ap;

        va_start(ap, format);
        vsnprintf(reason, sizeof reason, format, ap);
        va_end(ap);
        return why_set(wish->why, -ENOENT, "placement file", wish->placement->path, "line %u: %s",
                wish->rule->line, reason);
}

/* All of them must be there; with memory at least one. */
static int check_nodes(const struct wish *wish, struct number_set *ret_memory)
{
        const struct topology *topology = wish->host->topology;
        struct number_set there = {0};
        unsigned missing;

        *ret_memory = (struct number_set){0};

        for (size_t i = 0; i < topology->n_nodes; i++) {
                const struct topology_node *node = &topology->nodes[i];

                number_set_add(&there, node->id);
                if (node->memory_bytes && number_set_has(&wish->nodes, node->id))
                        number_set_add(ret_memory, node->id);
        }
        missing = number_set_beyond(&wish->nodes, &there);
        if (missing != NUMBER_SET_NONE) {
                _cleanup_free_ char *text = number_set_text(&there);

                return refuse(wish, "%s has no node %u; its nodes are %s", wish->host->name,
                        missing, text ? text : "others");
        }
        if (number_set_is_empty(ret_memory))
                return refuse(wish, "node%s %s of %s: no memory that may be used",
                        number_set_count(&wish->nodes) == 1 ? "" : "s", wish->rule->nodes,
                        wish->host->name);
        return 0;
}

static int check_cpus(const struct wish *wish)
{
        const struct topology *topology = wish->host->topology;
        unsigned cpu = number_set_beyond(&wish->cpus, &topology->cpus);
        _cleanup_free_ char *text = number_set_text(&topology->cpus);

        if (cpu == NUMBER_SET_NONE)
                return 0;
        if (number_set_has(&topology->present, cpu))
                return refuse(wish, "%s: CPU %u may not be used (taskset, cpuset), but only %s",
                        wish->host->name, cpu, text ? text : "others");
        return refuse(wish, "%s has no CPU %u, or it is offline; there are %s", wish->host->name,
                cpu, text ? text : "others");
}

/* All CPUs of the nodes. */
static int take_cpus(struct wish *wish)
{
        const struct topology *topology = wish->host->topology;

        for (size_t i = 0; i < topology->n_nodes; i++)
                if (number_set_has(&wish->nodes, topology->nodes[i].id))
                        number_set_add_all(&wish->cpus, &topology->nodes[i].cpus);
        if (number_set_is_empty(&wish->cpus))
                return refuse(wish,
                        "node%s %s of %s: no CPUs that may be used: write some behind the nodes",
                        number_set_count(&wish->nodes) == 1 ? "" : "s", wish->rule->nodes,
                        wish->host->name);
        return 0;
}

static int follow(struct wish *wish)
{
        bool cpus = wish->rule->cpus != NULL;
        struct number_set memory;
        int r = number_set_parse(&wish->nodes, wish->rule->nodes);

        if (r == 0 && cpus)
                r = number_set_parse(&wish->cpus, wish->rule->cpus);
        if (r < 0) /* the file was read, so they are numbers */
                return refuse(wish, "not understood");
        if (wish->host->topology->n_nodes == 0) /* the host will say what it does not have */
                return cpus ? 0
                            : refuse(wish, "%s says nothing of its nodes: write CPUs behind them",
                                      wish->host->name);
        r = check_nodes(wish, &memory);
        if (r == 0)
                r = cpus ? check_cpus(wish) : take_cpus(wish);
        /* The others lend their CPUs. */
        wish->nodes = memory;
        return r;
}

static int place_by_file(const struct placement *placement, const struct placement_host *host,
        const struct placement_rule *rule, struct place *ret, struct why *why)
{
        struct wish wish = {.placement = placement, .rule = rule, .host = host, .why = why};
        int r = follow(&wish);

        if (r < 0)
                return r;
        *ret = (struct place){
                .nodes = number_set_text(&wish.nodes),
                .cpus = number_set_text(&wish.cpus),
        };
        if (ret->nodes && ret->cpus)
                return 1;
        place_fini(ret);
        return why_errno(why, -ENOMEM, "--placement", placement->path);
}

/* ---- a guest ---- */

static int place_by_mode(const struct placement *placement, const struct placement_host *host,
        const struct placement_guest *guest, struct place *ret, struct why *why)
{
        const char *mode = placement_mode_name(placement->mode);
        int r = placement_auto(ret, placement->mode, host->topology, guest->turn, guest->guest);

        if (r == -ENOENT && host->topology->n_nodes == 0)
                return why_set(why, r, "--placement", mode,
                        "%s says nothing of its nodes and CPUs: write a file with the CPUs",
                        host->name);
        if (r == -ENOENT)
                return why_set(why, r, "--placement", mode,
                        "%s has no node with both CPUs and memory that may be used", host->name);
        return r < 0 ? why_errno(why, r, "--placement", mode) : 1;
}

int placement_place(const struct placement *placement, const struct placement_host *host,
        const struct placement_guest *guest, struct place *ret, struct why *why)
{
        const struct placement_rule *rule;

        switch (placement->mode) {
        case PLACEMENT_NONE:
                return 0;
        case PLACEMENT_FILE:
                rule = placement_file_find(&placement->file, guest->tile, guest->guest);
                return rule ? place_by_file(placement, host, rule, ret, why) : 0;
        case PLACEMENT_AUTO:
        case PLACEMENT_SPREAD:
        case PLACEMENT_PACK:
                break;
        }
        /* The external client stands for a machine outside. */
        return guest->guest == GUEST_EXTERNAL ? 0 : place_by_mode(placement, host, guest, ret, why);
}

/* ---- what was done ---- */

static bool is_before(const struct placed *placed, unsigned tile, unsigned guest)
{
        return placed->tile < tile || (placed->tile == tile && placed->guest < guest);
}

int placement_record(
        struct placement *placement, unsigned tile, unsigned guest, const struct place *place)
{
        struct placed item = {tile, guest, {strdup(place->nodes), strdup(place->cpus)}};
        struct placed *placed =
                reallocarray(placement->placed, placement->n_placed + 1, sizeof *placed);
        size_t at = placement->n_placed;

        if (placed)
                placement->placed = placed;
        if (!placed || !item.place.nodes || !item.place.cpus) {
                place_fini(&item.place);
                return -ENOMEM;
        }
        while (at > 0 && !is_before(&placed[at - 1], tile, guest))
                at--;
        if (at < placement->n_placed && placed[at].tile == tile && placed[at].guest == guest) {
                place_fini(&placed[at].place);
        } else {
                memmove(&placed[at + 1], &placed[at], (placement->n_placed - at) * sizeof *placed);
                placement->n_placed++;
        }
        placed[at] = item;
        return 0;
}
