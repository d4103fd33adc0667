/* SPDX-License-Identifier: Apache-2.0 */
#include "differences.h"

#include "macro.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool has(const struct differences *list, const char *name)
{
        for (size_t i = 0; i < list->n; i++)
                if (strcmp(list->items[i].name, name) == 0)
                        return true;
        return false;
}

static void difference_fini(struct difference *d)
{
        free(d->name);
        free(d->before);
        free(d->after);
}

int differences_add(struct differences *list, enum difference_kind kind, const char *name,
        const char *before, const char *after)
{
        struct difference *items, d = {.kind = kind};

        if (has(list, name))
                return 0;
        d.name = strdup(name);
        d.before = before ? strdup(before) : NULL;
        d.after = after ? strdup(after) : NULL;
        items = reallocarray(list->items, list->n + 1, sizeof *items);
        if (items)
                list->items = items;
        if (!items || !d.name || !d.before != !before || !d.after != !after) {
                difference_fini(&d);
                return -ENOMEM;
        }
        items[list->n++] = d;
        return 0;
}

size_t differences_count(const struct differences *list, enum difference_kind kind)
{
        size_t n = 0;

        for (size_t i = 0; i < list->n; i++)
                n += list->items[i].kind == kind;
        return n;
}

void differences_fini(struct differences *list)
{
        for (size_t i = 0; i < list->n; i++)
                difference_fini(&list->items[i]);
        free(list->items);
        *list = (struct differences){0};
}
