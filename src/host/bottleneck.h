/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which resources were at their limit in a window. Pure arithmetic on what was used.
 *
 * External clients that cannot keep up look like a slow host. Two cases are told apart: a client at
 * the end of its own CPU (or that waits for one) while the host has CPU to spare was the limit
 * itself; one that waits because the CPUs that it shares with the guests are all busy was not, and
 * the host's CPU is named.
 */
#pragma once

#include "guestinfo.h"
#include "host_use.h"

#include <stdbool.h>

enum limit_resource {
        LIMIT_CPU,
        LIMIT_MEMORY,
        LIMIT_DISK,
        LIMIT_NETWORK,
        LIMIT_CLIENT,
};

/* "cpu", "memory", "disk", "network", "client". */
const char *limit_resource_name(enum limit_resource resource);

/* The external clients, all together. */
struct client_use {
        double late_share; /* of what fell due: sent over 1 ms late, or not yet looked at */
        double busiest_cpu_percent, busiest_queued_percent; /* of one CPU; of the time */
        bool here;                                          /* all on this machine */
        double busy_percent; /* CPUs of their machine, if not here; NAN: not known */
};

struct usage {
        struct host_use host;       /* of the measuring machine, */
        struct guestinfo_psi psi;   /* and its pressure in the window, */
        double seconds;             /* which was so long */
        struct remote_use *remotes; /* none: the guests are on this machine */
        size_t n_remotes;
        struct client_use clients;
};

void usage_fini(struct usage *usage);

struct limit_reached {
        enum limit_resource resource;
        char text[112]; /* "host CPU 99 %" */
};

enum {
        LIMITS_MAX = 12,
};

struct limits_reached {
        struct limit_reached items[LIMITS_MAX];
        size_t n_items;
};

/* Fills *ret, first what explains what comes after it: clients, memory, CPU, network, disk. */
void bottleneck_find(const struct usage *usage, struct limits_reached *ret);

/* Did clients wait for a CPU that all of this machine's work shares? Not their own limit, but to be
 * known by who reads response times. */
bool bottleneck_clients_starved(const struct usage *usage);
