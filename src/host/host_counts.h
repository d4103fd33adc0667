/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine has counted since it was started: CPUs, memory, swap, disks, network cards,
 * TCP. Two readings subtracted are what was used in between (host_use.h).
 *
 * The files are read below a root, so that tests can bring a tree of their own. What a machine does
 * not have, or does not show (a container), counts 0 or is not listed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of a counter. One that fell began anew: a machine that was started again, another device. */
static inline uint64_t grown(uint64_t end, uint64_t start)
{
        return end > start ? end - start : 0;
}

struct cpu_counts { /* /proc/stat, in clock ticks */
        unsigned number;
        uint64_t busy, steal, total;
};

struct disk_counts { /* /proc/diskstats: whole devices, no partitions */
        char name[32];
        uint64_t operations; /* reads and writes done */
        uint64_t read_bytes, written_bytes;
        uint32_t wait_ms, busy_ms; /* the kernel has 32 bits for these: they go round */
};

struct card_counts { /* /proc/net/dev: what has a device, so no bridges, taps and the like */
        char name[16];
        uint64_t speed_bits_per_s; /* 0: it does not know, as virtual cards do not */
        uint64_t received_bytes, sent_bytes;
        uint64_t drops; /* packets, in both directions */
};

struct tcp_counts { /* of our network namespace */
        uint64_t segments_sent, retransmitted, listen_overflows, listen_drops;
};

struct host_counts {
        struct cpu_counts *cpus;
        size_t n_cpus;
        struct disk_counts *disks;
        size_t n_disks;
        struct card_counts *cards;
        size_t n_cards;
        struct tcp_counts tcp;
        uint64_t memory_bytes;
        uint64_t swap_in_bytes, swap_out_bytes;
};

/* Another machine, as far as somebody tells of it. */
struct remote_counts {
        char name[64];
        uint64_t cpu_busy_ns, cpu_total_ns;            /* of all its CPUs; 0: not known */
        uint64_t memory_bytes, memory_available_bytes; /* 0: not known */
};

enum {
        REMOTES_MAX = 64,
};

/* root: "" for this machine. Returns 0 or -ENOMEM; *ret is to be given to host_counts_fini() in any
 * case. */
int host_counts_read(struct host_counts *ret, const char *root);
void host_counts_fini(struct host_counts *counts);

/* Memory that could be had without swapping at this moment, in bytes; 0: not known. */
uint64_t host_memory_available(const char *root);
