/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a guest's figures trustworthy: was the CPU there (steal, pressure), can its clock be
 * believed, and what did this process itself use.
 *
 * All values are totals since boot or process start: subtract two readings. A source that this
 * kernel lacks leaves its value 0 and its has_ flag false.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct guestinfo_cpu { /* /proc/stat, all CPUs together */
        uint64_t user_ns, nice_ns, system_ns, idle_ns, iowait_ns, irq_ns, softirq_ns, steal_ns;
};

struct guestinfo_psi { /* /proc/pressure, "total" */
        bool has;
        uint64_t cpu_some_us, io_some_us, io_full_us, memory_some_us, memory_full_us;
};

struct guestinfo_process {
        uint64_t user_ns, system_ns;
        uint64_t queued_ns; /* waited on a run queue: wanted a CPU, had none (schedstat) */
        uint64_t rss_bytes;
        uint64_t voluntary_switches, involuntary_switches;
        uint64_t threads;
};

struct guestinfo {
        unsigned vcpus;
        uint64_t memory_bytes, memory_available_bytes;
        char clocksource[32];
        struct guestinfo_cpu cpu;
        struct guestinfo_psi psi;
        struct guestinfo_process process;
};

void guestinfo_read(struct guestinfo *info);

/* One process, with all its threads; pid 0 is the caller. Returns 0, or -ESRCH when it is gone. */
int guestinfo_read_process(pid_t pid, struct guestinfo_process *ret);
void guestinfo_read_cpu(struct guestinfo_cpu *ret);
void guestinfo_read_psi(struct guestinfo_psi *ret);
