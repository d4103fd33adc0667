/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One guest's XML: what its plan, the configuration and its placement put into the template.
 */
#pragma once

#include "guest_plan.h"
#include "template.h"

/* Strings belong to the caller. NULL: none. */
struct guest_place {
        const char *nodes;   /* NUMA nodes: "0-1" */
        const char *cpus;    /* CPUs: "0-3"; needs no nodes */
        const char *console; /* path of its console log on the host */
};

/* text and path of the template; text NULL: the one that is built in. Returns as template_fill().
 */
int guest_xml(struct domain_xml *ret, const struct guest_plan *plan,
        const struct libvirt_config *config, const struct guest_place *place, const char *text,
        const char *path, struct why *why);
