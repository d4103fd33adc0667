/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was seen in a measured window: plain values, from which the verdict, the summary and
 * run.json are made.
 */
#pragma once

#include "bottleneck.h"
#include "clock.h"
#include "guestinfo.h"
#include "reading.h"
#include "scrape.h"
#include "targets.h"

#include <stdbool.h>
#include <stdint.h>

/* A brief reading within the window, as sums since the window's start. */
struct point {
        double t_s; /* since the guest's reading at the window's start, by our clock */
        uint64_t work, errors;
        uint64_t latency_count, latency_sum_ns; /* of the headline latency */
};

/* What whoever made a guest knows of its trouble. */
struct guest_trouble {
        char text[256]; /* completes "disk ...": "was destroyed (domain tileload-t1-disk)" */
        char *console;  /* the last lines of its console; NULL: none to be had. Free it */
};

struct guest_window {
        unsigned tile, guest;
        char role[16];
        char url[128];
        char problem[256]; /* empty: read at both ends, the same process all the time */
        char *console;     /* of a guest in trouble, its last lines; NULL: none to be had */
        bool restarted;
        unsigned polls, polls_answered; /* brief readings asked for, and got in time */
        bool last_poll_answered;
        char start_id[20];

        /* All that follows is 0 or NULL where there is a problem. */
        double seconds;     /* between the two readings, by our clock */
        double clock_ratio; /* the same by the guest's clock, divided by ours */
        double clock_error; /* of that, at most: what the readings' round trips leave open */
        struct count *counts;
        size_t n_counts;
        struct latency_window *latencies;
        size_t n_latencies;
        struct point *points;
        size_t n_points;

        unsigned vcpus;
        uint64_t memory_bytes;
        char clocksource[32], version[16];
        struct guestinfo_cpu cpu; /* of the whole guest (of the host, for a process) */
        struct guestinfo_psi psi;
        struct guestinfo_process process; /* the role's process; rss at the end */
        bool same_machine; /* a process here, not a guest of its own: cpu is the host's */
        bool local;        /* its processes are known, and the role is among them: */
        struct guestinfo_process local_sum; /* all of them together */
        uint64_t answering_ns; /* CPU of the role's main thread, which does nothing but that */
        json_t *config;
};

/* A poll that takes longer counts as not answered. */
#define WINDOW_POLL_TIMEOUT_NS (2 * NS_PER_S)

/* How the warm-up went: steady.h. */
struct settling {
        bool known; /* it was looked at; otherwise all that follows is 0 */
        bool settled;
        double bound;          /* share of its mean that a figure may change in a window */
        double window_s;       /* of the last look */
        char what[16];         /* "disk": what changed most, if it had not settled */
        double change_percent; /* within window_s */
};

struct step_window {
        unsigned n_tiles;
        unsigned repeat; /* of windows with as many tiles, from 1 */
        uint64_t started_real_ns;
        double warmup_s, seconds;
        struct settling settling;
        bool interrupted;            /* cut short: what is here is what there was until then */
        struct guest_window *guests; /* in the order of the targets */
        size_t n_guests;
        unsigned host_cpus;
        struct guestinfo_cpu host_cpu;
        struct usage usage;
        struct scrape_cost cost;
};

void step_window_fini(struct step_window *window);

/* CPU that all roles used for answering readings. NAN: not known of each. */
double step_window_answering_s(const struct step_window *window);

/* What the external clients used, out of their guest_windows. */
struct client_use step_window_clients(const struct step_window *window);

/* Fills guest from the readings at both ends. A reading that is missing or does not fit is noted in
 * guest->problem. pid is the role's process where the target names one, else 0. */
void guest_window_fill(struct guest_window *guest, const struct scraped *start,
        const struct scraped *end, pid_t pid);

/* Notes what the guest's launcher knows, before what the measurer found. Takes trouble->console. */
void guest_window_trouble(struct guest_window *guest, struct guest_trouble *trouble);

/* Appends a point. Returns 0 or -ENOMEM. */
int guest_window_point(
        struct guest_window *guest, const struct scraped *start, const struct scraped *now);

/* Longest time without any work between two readings that both say so, in seconds. */
double guest_window_standstill_s(const struct guest_window *guest);

/* Guests that are one and the same process are a problem, for all but the first of them. */
void step_window_find_twins(struct step_window *window);

/* 0 when there is none of that name. */
uint64_t guest_window_count(const struct guest_window *guest, const char *name);

/* What fell due in the window, be it that the guest has come to it or not: one that gets no CPU
 * cannot hide what it did not begin. */
double guest_window_offered(const struct guest_window *guest);

/* All counters of a kind together. */
uint64_t guest_window_sum(const struct guest_window *guest, enum counter_kind kind);

/* Work a second. */
double guest_window_rate(const struct guest_window *guest);

/* end - start, field by field; levels (rss, threads) as at the end. */
struct guestinfo_cpu cpu_difference(struct guestinfo_cpu start, struct guestinfo_cpu end);
struct guestinfo_psi psi_difference(struct guestinfo_psi start, struct guestinfo_psi end);
struct guestinfo_process process_difference(
        struct guestinfo_process start, struct guestinfo_process end);
uint64_t cpu_busy_ns(const struct guestinfo_cpu *cpu);
uint64_t cpu_total_ns(const struct guestinfo_cpu *cpu);
