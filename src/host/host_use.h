/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of this machine was used in a window: the difference of two readings of its counters.
 */
#pragma once

#include "host_counts.h"

struct disk_use {
        char name[32];
        double busy_percent; /* of the time: something was under way */
        double read_bytes_per_s, written_bytes_per_s;
        double await_ms; /* mean time of a read or write, its wait included; 0: there was none */
};

struct card_use {
        char name[16];
        uint64_t speed_bits_per_s; /* 0: not known */
        double received_bits_per_s, sent_bits_per_s;
        uint64_t drops;
};

struct host_use {
        unsigned cpus;
        double cpu_busy_percent, cpu_steal_percent; /* of all CPUs together */
        double cpu_busiest_percent;                 /* of the busiest one */
        uint64_t memory_bytes;
        uint64_t memory_available_bytes; /* the least there was; 0: not known */
        double swap_in_bytes_per_s, swap_out_bytes_per_s;
        struct disk_use *disks; /* those that do something; loop devices in this window */
        size_t n_disks;
        struct card_use *cards;
        size_t n_cards;
        struct tcp_counts tcp;
};

/* Another machine that guests run on. */
struct remote_use {
        char name[64];
        double cpu_busy_percent;                       /* NAN: not known */
        uint64_t memory_bytes, memory_available_bytes; /* at the end; 0: not known */
};

/* end - start, seconds apart. Returns 0 or -ENOMEM; *ret is to be given to host_use_fini() in any
 * case. */
int host_use_fill(struct host_use *ret, const struct host_counts *start,
        const struct host_counts *end, double seconds);
void host_use_fini(struct host_use *use);

struct remote_use remote_use_of(const struct remote_counts *start, const struct remote_counts *end);
