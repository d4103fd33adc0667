/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a domain's XML says of its being ours: the mark in its <metadata> (template.h has its form),
 * and what else of it is needed to look after it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct mark_volume {
        char *pool, *name;
};

struct mark {
        char *name; /* of the domain */

        /* The mark is there, and the domain is named as we name that guest: a copy of a domain of
         * ours has its mark, but the volumes that this lists are not the copy's. */
        bool ours;
        unsigned tile, guest;
        char address[64];
        struct mark_volume *volumes;
        size_t n_volumes;

        char *console; /* path of the first serial port's log; NULL: none */
        size_t inside; /* offset of what follows <domain ...> */
        bool has_uuid;
};

/* Returns 0, -EBADMSG (not the XML of a domain) or -ENOMEM. */
int mark_parse(struct mark *ret, const char *xml);
void mark_fini(struct mark *mark);

bool mark_has_volume(const struct mark *mark, const char *pool, const char *name);
