/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a placement file: refused with a line number, or rules that come out the same when
 * they are written and read again. The same text as a host's capabilities: refused, or a topology
 * in which everybody is placed on what is there.
 */
#include "fuzz.h"
#include "number_set.h"
#include "placement.h"
#include "placement_auto.h"
#include "targets.h"

#include <errno.h>
#include <string.h>

static void check_numbers(const char *text)
{
        struct number_set set, again;
        char *written;

        CHECK(number_set_parse(&set, text) == 0);
        CHECK(!number_set_is_empty(&set));
        written = number_set_text(&set);
        CHECK(written && number_set_parse(&again, written) == 0);
        CHECK(memcmp(&set, &again, sizeof set) == 0);
        free(written);
}

static char *write_rules(const struct placement_file *placement)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        CHECK(to);
        for (size_t i = 0; i < placement->n_rules; i++) {
                const struct placement_rule *rule = &placement->rules[i];

                fprintf(to, "%s %s %s\n", rule->guests, rule->nodes, rule->cpus ? rule->cpus : "");
        }
        CHECK(fclose(to) == 0);
        return text;
}

static void check_again(const struct placement_file *placement)
{
        struct placement_file again;
        char *text = write_rules(placement);

        CHECK(placement_file_parse(&again, text, "again", NULL) == 0);
        CHECK(again.n_rules == placement->n_rules);
        for (size_t i = 0; i < again.n_rules; i++) {
                const struct placement_rule *a = &again.rules[i], *b = &placement->rules[i];

                CHECK(strcmp(a->guests, b->guests) == 0);
                CHECK(strcmp(a->nodes, b->nodes) == 0);
                CHECK(!a->cpus == !b->cpus && (!a->cpus || strcmp(a->cpus, b->cpus) == 0));
        }
        placement_file_fini(&again);
        free(text);
}

static void check_rules(const struct placement_file *placement)
{
        const struct placement_rule *found = placement_file_find(placement, 3, GUEST_WEB1);
        unsigned line = 0;

        CHECK(!found ||
                (found >= placement->rules && found < placement->rules + placement->n_rules));
        for (size_t i = 0; i < placement->n_rules; i++) {
                const struct placement_rule *rule = &placement->rules[i];

                CHECK(rule->line > line);
                line = rule->line;
                CHECK(*rule->guests);
                check_numbers(rule->nodes);
                if (rule->cpus)
                        check_numbers(rule->cpus);
        }
}

/* A line places somebody, or it is named as one that does not. */
static void check_idle(const struct placement_file *placement)
{
        struct placement_idle idle;
        struct number_set both;

        placement_file_idle(placement, 3, 4, &idle);
        both = idle.nobody;
        number_set_keep(&both, &idle.too_late);
        CHECK(number_set_is_empty(&both));
        for (unsigned t = 3; t <= 4; t++)
                for (unsigned g = GUEST_EXTERNAL; g <= TILE_GUESTS; g++) {
                        const struct placement_rule *rule = placement_file_find(placement, t, g);

                        CHECK(!rule || rule->line > NUMBER_SET_MAX ||
                                (!number_set_has(&idle.nobody, rule->line) &&
                                        !number_set_has(&idle.too_late, rule->line)));
                }
}

static void check_place(const struct topology *topology, enum placement_mode mode, unsigned guest)
{
        struct number_set cpus;
        struct place place;
        int r = placement_auto(&place, mode, topology, 3, guest);

        CHECK(r == 0 || r == -ENOENT);
        if (r < 0)
                return;
        check_numbers(place.nodes);
        check_numbers(place.cpus);
        CHECK(number_set_parse(&cpus, place.cpus) == 0);
        CHECK(number_set_beyond(&cpus, &topology->cpus) == NUMBER_SET_NONE);
        CHECK(topology_find(topology, (unsigned)atoi(place.nodes))->memory_bytes > 0);
        place_fini(&place);
}

static void check_capabilities(const char *text)
{
        struct topology topology;
        int r = topology_capabilities(&topology, text, "uri", NULL);

        CHECK(r == 0 || r == -EINVAL);
        if (r < 0)
                return;
        for (size_t i = 1; i < topology.n_nodes; i++)
                CHECK(topology.nodes[i].id > topology.nodes[i - 1].id);
        for (unsigned g = GUEST_WEB1; g <= TILE_GUESTS; g++)
                check_place(&topology, PLACEMENT_AUTO + g % 3, g);
        topology_fini(&topology);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);
        struct placement_file placement;
        struct why why = {0};
        int r;

        CHECK(text);
        r = placement_file_parse(&placement, text, "file", &why);
        if (r < 0) {
                CHECK(r == -EINVAL || r == -ERANGE);
                CHECK(strncmp(why.reason, "line ", strlen("line ")) == 0);
        } else {
                check_rules(&placement);
                check_idle(&placement);
                check_again(&placement);
                placement_file_fini(&placement);
        }
        check_capabilities(text);
        free(text);
        return 0;
}
