/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains that were there before a run that uses them: their definitions, to be put back when it is
 * over.
 */
#pragma once

#include "domains.h"

struct borrowed_domain;
struct guests;

struct borrowed {
        struct borrowed_domain *items;
        size_t n_items;
};

/* Keeps its definition as it is now. Returns 0 or -errno. */
int borrowed_add(struct borrowed *borrowed, struct hosts *hosts, const struct domain_info *domain,
        struct why *why);

bool borrowed_has(const struct borrowed *borrowed, size_t host, const char *name);

/* Puts the definitions of tiles first..last back, but for domains that are not there any more, and
 * forgets them. One that cannot be put back is saved as logs/DOMAIN.xml of the results. Goes on
 * after an error and returns the first. */
int borrowed_return(struct borrowed *borrowed, struct guests *guests, unsigned first, unsigned last,
        struct why *why);

void borrowed_fini(struct borrowed *borrowed);
