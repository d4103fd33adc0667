/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a placement file: refused with a line number, or rules that come out the same when
 * they are written and read again. The same text as a host's capabilities does no harm.
 */
#include "fuzz.h"
#include "number_set.h"
#include "placement.h"

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

static char *write_rules(const struct placement *placement)
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

static void check_again(const struct placement *placement)
{
        struct placement again;
        char *text = write_rules(placement);

        CHECK(placement_parse(&again, text, "again", NULL) == 0);
        CHECK(again.n_rules == placement->n_rules);
        for (size_t i = 0; i < again.n_rules; i++) {
                const struct placement_rule *a = &again.rules[i], *b = &placement->rules[i];

                CHECK(strcmp(a->guests, b->guests) == 0);
                CHECK(strcmp(a->nodes, b->nodes) == 0);
                CHECK(!a->cpus == !b->cpus && (!a->cpus || strcmp(a->cpus, b->cpus) == 0));
        }
        placement_fini(&again);
        free(text);
}

static void check_rules(const struct placement *placement)
{
        const struct placement_rule *found =
                placement_find(placement, "tileload-t3-web1", "t3-web1");
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

static void check_capabilities(const char *text)
{
        char *cpus = NULL;
        int r = placement_cpus(&cpus, "0-1", text, "uri", NULL);

        CHECK(r == 0 || r == -EINVAL || r == -ENOENT);
        CHECK(!cpus == (r < 0));
        if (cpus)
                check_numbers(cpus);
        free(cpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);
        struct placement placement;
        struct why why = {0};
        int r;

        CHECK(text);
        r = placement_parse(&placement, text, "file", &why);
        if (r < 0) {
                CHECK(r == -EINVAL || r == -ERANGE);
                CHECK(strncmp(why.reason, "line ", strlen("line ")) == 0);
        } else {
                check_rules(&placement);
                check_again(&placement);
                placement_fini(&placement);
        }
        check_capabilities(text);
        free(text);
        return 0;
}
