/* SPDX-License-Identifier: Apache-2.0 */
#include "placement_here.h"

#include "macro.h"
#include "targets.h"

#include <errno.h>
#include <string.h>

static struct placement_host this_machine(const struct placement_here *here)
{
        return (struct placement_host){.topology = &here->topology, .name = "this machine"};
}

static bool is_needed(const struct placement *placement, enum placement_here_who who)
{
        if (who == HERE_EXTERNAL)
                return placement_file_has_external(&placement->file);
        return placement->mode != PLACEMENT_NONE;
}

/* Tries it with all nodes that have memory. */
static int try_memory(const struct placement_here *here)
{
        struct number_set nodes = {0};
        _cleanup_free_ char *text = NULL;
        struct affinity affinity;
        struct place place = {.cpus = (char *)"0"};
        int r;

        for (size_t i = 0; i < here->topology.n_nodes; i++)
                if (here->topology.nodes[i].memory_bytes)
                        number_set_add(&nodes, here->topology.nodes[i].id);
        place.nodes = text = number_set_text(&nodes);
        if (!text)
                return -ENOMEM;
        if (!*text)
                return 0; /* nothing will be placed */
        r = affinity_init(&affinity, &place, true);
        return r == 0 ? affinity_try_memory(&affinity) : r;
}

int placement_here_init(struct placement_here *here, struct placement *placement,
        enum placement_here_who who, struct why *why)
{
        int r;

        *here = (struct placement_here){.placement = placement};
        if (!is_needed(placement, who))
                return 0;
        r = topology_read(&here->topology, "", why);
        if (r < 0)
                return r;
        r = try_memory(here);
        here->memory_free = r == -ENOSYS || r == -EPERM;
        if (r < 0 && !here->memory_free) {
                placement_here_fini(here);
                return why_set(why, r, "--placement", NULL, "memory cannot be bound to nodes: %s",
                        strerror(-r));
        }
        if (who == HERE_TILES)
                placement->memory_free = here->memory_free;
        return 0;
}

void placement_here_fini(struct placement_here *here)
{
        topology_fini(&here->topology);
        *here = (struct placement_here){0};
}

static int place_guest(const struct placement_here *here, unsigned tile, unsigned guest,
        struct place *ret, struct why *why)
{
        const struct placement_guest g = {.tile = tile, .guest = guest, .turn = tile};
        const struct placement_host host = this_machine(here);

        if (here->topology.n_nodes == 0)
                return 0;
        return placement_place(here->placement, &host, &g, ret, why);
}

int placement_here_check(const struct placement_here *here, enum placement_here_who who,
        unsigned first, unsigned last, struct why *why)
{
        unsigned guests = who == HERE_EXTERNAL ? GUEST_EXTERNAL : TILE_GUESTS;

        for (unsigned t = first; t <= last; t++)
                for (unsigned g = GUEST_EXTERNAL; g <= guests; g++) {
                        struct place place = {0};
                        int r = place_guest(here, t, g, &place, why);

                        place_fini(&place);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int placement_here_guest(struct placement_here *here, unsigned tile, unsigned guest,
        struct affinity *ret, struct why *why)
{
        struct place place = {0};
        int r = place_guest(here, tile, guest, &place, why);

        if (r > 0) {
                r = affinity_init(ret, &place, !here->memory_free);
                if (r == 0)
                        r = placement_record(here->placement, tile, guest, &place);
                r = r < 0 ? why_errno(why, r, "--placement", guest_name(guest)) : 1;
        }
        place_fini(&place);
        return r;
}

char *placement_here_note(const struct placement_here *here)
{
        const struct placement_host host = this_machine(here);
        _cleanup_free_ char *text = NULL;
        char *note;

        if (here->topology.n_nodes == 0)
                return strdup("");
        text = placement_note(here->placement, &host);
        if (!text)
                return NULL;
        if (!here->memory_free)
                return STEAL_PTR(text);
        if (asprintf(&note,
                    "%s; their memory comes from any node, since this machine does not let "
                    "us bind it (set_mempolicy)",
                    text) < 0)
                return NULL;
        return note;
}
