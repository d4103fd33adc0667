/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes guests: reads what the configuration names (template, placement, the image's root hash, the
 * hosts' pools) once, and defines one domain after the other from it.
 */
#pragma once

#include "domains.h"
#include "guest_plan.h"
#include "hosts.h"
#include "placement.h"

#include <stdbool.h>

struct guest_maker_host;

struct guest_maker {
        const struct launch_config *launch; /* with its libvirt_config */
        struct hosts *hosts;
        char *template; /* text; NULL: the one that is built in */
        struct placement placement;
        char usrhash[129]; /* "": the image is taken without dm-verity */
        struct guest_maker_host *by_host;
};

/* Reads the files. launch and hosts must outlive it. Returns 0 or -errno with *why naming the
 * file. */
int guest_maker_init(struct guest_maker *maker, const struct launch_config *launch,
        struct hosts *hosts, struct why *why);
void guest_maker_fini(struct guest_maker *maker);

/* Can the guests of tiles first..last be placed on their hosts? Better found out before any of them
 * is made. Returns 0 or -errno. */
int guest_maker_check_placement(
        struct guest_maker *maker, unsigned first, unsigned last, struct why *why);

/* A host as placement sees it; asked once. *ret belongs to maker. Returns 0 or -errno. */
int guest_maker_host(
        struct guest_maker *maker, size_t host, struct placement_host *ret, struct why *why);

/* Makes the guest of that plan as a domain with its volumes on its tile's host; see
 * domains_create(). */
int guest_maker_make(
        struct guest_maker *maker, const struct guest_plan *plan, bool *ret_made, struct why *why);

/* The plan of a guest (1 to 8); see guest_plan_init(). */
int guest_maker_plan(struct guest_maker *maker, struct guest_plan *ret, unsigned tile,
        unsigned guest, struct why *why);

/* Can all guests of these tiles be planned? A bad option is better found before the first of them
 * is made, and before the first of many steps is measured. Returns 0 or -errno. */
int guest_maker_check(struct guest_maker *maker, unsigned first, unsigned last, struct why *why);

/* Is this domain of a tile on the host where the tile would be made? 0 or -EEXIST. */
int guest_maker_check_host(struct hosts *hosts, const struct domain_info *domain, struct why *why);
