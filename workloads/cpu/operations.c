/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of operations, how one is run and checked, and the order they come in.
 */
#include "operation.h"

#include "parse.h"

#include <errno.h>
#include <math.h>
#include <string.h>

const struct operation operation_table[N_OPERATIONS] = {
#define X(n, f, w, s) \
        { \
                .name = #n, \
                .family = FAMILY_##f, \
                .weight = w, \
                .summary = s, \
                .run = op_##n, \
                .expected = &op_##n##_answer, \
        },
        OPERATIONS(X)
#undef X
};

static const char *const family_names[N_FAMILIES] = {
        [FAMILY_INTEGER] = "integer",
        [FAMILY_FLOATING] = "floating",
        [FAMILY_MEMORY] = "memory",
        [FAMILY_SYSTEM] = "system",
};

static bool right(const struct answer *answer, const struct expected *expected)
{
        double off = fabs(answer->real - expected->real);

        /* So written that a NaN is wrong. */
        return answer->integer == expected->integer &&
               off <= expected->tolerance * fabs(expected->real);
}

int operation_run(const struct operation *operation, struct workbench *bench)
{
        struct answer answer = {0};
        int r = operation->run(bench, &answer);

        if (r < 0)
                return r;
        return right(&answer, operation->expected) ? 0 : -EBADMSG;
}

/* Returns the number of operations that go by this name, and selects them. */
static unsigned select_name(const char *name, bool selected[static N_OPERATIONS])
{
        unsigned n = 0;

        for (unsigned i = 0; i < N_OPERATIONS; i++) {
                if (strcmp(name, "all") != 0 && strcmp(name, operation_table[i].name) != 0 &&
                        strcmp(name, family_names[operation_table[i].family]) != 0)
                        continue;
                selected[i] = true;
                n++;
        }
        return n;
}

static const char *nearest_name(const char *name)
{
        const char *nearest = "all";
        unsigned best = parse_distance(name, nearest);

        for (unsigned i = 0; i < N_OPERATIONS + N_FAMILIES; i++) {
                const char *candidate =
                        i < N_OPERATIONS ? operation_table[i].name : family_names[i - N_OPERATIONS];
                unsigned distance = parse_distance(name, candidate);

                if (distance < best) {
                        best = distance;
                        nearest = candidate;
                }
        }
        return nearest;
}

int operations_select(const char *list, bool selected[static N_OPERATIONS], struct why *why)
{
        _cleanup_free_ char *copy = strdup(list);
        char *rest = copy, *name;

        if (!copy)
                return why_errno(why, -ENOMEM, "--operations", list);
        memset(selected, 0, N_OPERATIONS * sizeof *selected);
        while ((name = strsep(&rest, ","))) {
                if (!*name)
                        return why_set(why, -EINVAL, "--operations", list,
                                "an empty name: give names with one comma between them, or all");
                if (select_name(name, selected) == 0)
                        return why_set(why, -EINVAL, "--operations", name,
                                "unknown: the nearest valid one is %s", nearest_name(name));
        }
        return 0;
}

void rounds_init(struct rounds *rounds, const bool selected[static N_OPERATIONS])
{
        *rounds = (struct rounds){0};
        for (unsigned i = 0; i < N_OPERATIONS; i++)
                if (selected[i])
                        for (unsigned k = 0; k < operation_table[i].weight; k++)
                                rounds->deck[rounds->n++] = (uint8_t)i;
        rounds->drawn = rounds->n;
}

/* Fisher and Yates's way, as Durstenfeld gave it (CACM 7, 1964, algorithm 235). */
static void shuffle(struct rounds *rounds, struct rng *rng)
{
        for (unsigned i = rounds->n; i > 1; i--) {
                unsigned j = (unsigned)rng_below(rng, i);
                uint8_t card = rounds->deck[j];

                rounds->deck[j] = rounds->deck[i - 1];
                rounds->deck[i - 1] = card;
        }
}

enum operation_id rounds_draw(struct rounds *rounds, struct rng *rng)
{
        if (rounds->drawn == rounds->n) {
                shuffle(rounds, rng);
                rounds->drawn = 0;
        }
        return rounds->deck[rounds->drawn++];
}

bool rounds_at_end(const struct rounds *rounds)
{
        return rounds->drawn == rounds->n;
}
