/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes and loads of a tile's guests, where they are not to be the roles' own defaults: one option
 * table for all commands that make guests.
 */
#pragma once

#include "launch.h"
#include "option.h"

/* 0, NULL: not given. */
struct guest_loads {
        uint64_t dirs, users, think_ns;
        uint64_t cpu_memory, cpu_threads, cpu_think_ns;
        char *cpu_operations;
        uint64_t disk_size;
        double disk_max_rate;
        uint64_t oltp_rows, oltp_threads, oltp_think_ns;
};

enum {
        N_GUEST_LOAD_OPTIONS = 12,
};
extern const struct option guest_load_options[N_GUEST_LOAD_OPTIONS]; /* fill a guest_loads */

struct guest_load_texts {
        char items[N_GUEST_LOAD_OPTIONS][32];
};

/* Into config as the roles' own option values: NULL where not given. They point into texts and
 * loads. */
void guest_loads_fill(struct launch_config *config, const struct guest_loads *loads,
        struct guest_load_texts *texts);
