/* SPDX-License-Identifier: Apache-2.0 */
#include "turns.h"

#include "clock.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

int turns_init(struct turns *turns, size_t n_users)
{
        *turns = (struct turns){.heap = calloc(n_users, sizeof *turns->heap), .size = n_users};
        return turns->heap ? 0 : -ENOMEM;
}

void turns_fini(struct turns *turns)
{
        free(turns->heap);
        *turns = (struct turns){};
}

static bool before(const struct turn *a, const struct turn *b)
{
        return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->user < b->user;
}

void turns_push(struct turns *turns, uint64_t due_ns, unsigned user)
{
        struct turn turn = {.due_ns = due_ns, .user = user};
        size_t at = turns->n++;

        assert(turns->n <= turns->size);
        while (at > 0 && before(&turn, &turns->heap[(at - 1) / 2])) {
                turns->heap[at] = turns->heap[(at - 1) / 2];
                at = (at - 1) / 2;
        }
        turns->heap[at] = turn;
}

uint64_t turns_look(const struct turns *turns)
{
        return turns->n > 0 ? turns->heap[0].due_ns : CLOCK_NEVER;
}

struct turn turns_take(struct turns *turns)
{
        struct turn first = turns->heap[0], last;
        size_t at = 0, child;

        assert(turns->n > 0);
        last = turns->heap[--turns->n];
        while ((child = 2 * at + 1) < turns->n) {
                if (child + 1 < turns->n && before(&turns->heap[child + 1], &turns->heap[child]))
                        child++;
                if (!before(&turns->heap[child], &last))
                        break;
                turns->heap[at] = turns->heap[child];
                at = child;
        }
        turns->heap[at] = last;
        return first;
}
