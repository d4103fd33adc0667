/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a window uses of machines: of this one, and of others that guests run on as far as somebody
 * tells of them. Counters are read at both ends, and in between what is no counter is looked at.
 */
#pragma once

#include "bottleneck.h"

struct meter {
        /* Who knows of other machines (launch.h); NULL: there are none. Set by the caller. */
        size_t (*remotes_read)(void *context, struct remote_counts *ret, size_t max);
        void *context;

        /* At the start. */
        struct guestinfo_cpu cpu;
        struct guestinfo_psi psi;
        struct host_counts host;
        struct remote_counts *remotes;
        size_t n_remotes;

        uint64_t memory_available_bytes; /* the least there was; 0: not known */
};

/* Returns 0 or -ENOMEM; to be given to meter_fini() in any case. */
int meter_begin(struct meter *meter);

/* From time to time. */
void meter_look(struct meter *meter);

/* Fills what was used since meter_begin(), `seconds` ago, but for usage->clients; ret_cpu is the
 * whole machine's. May be called again, when an end turned out not to be the last one. Returns 0 or
 * -ENOMEM; usage is to be given to usage_fini() in any case. */
int meter_end(
        struct meter *meter, double seconds, struct usage *usage, struct guestinfo_cpu *ret_cpu);
void meter_fini(struct meter *meter);
