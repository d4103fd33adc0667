/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run.json as plain values (docs/results.md): what reports and comparisons are made from.
 *
 * The file may come from anywhere: whatever is missing or not as it should be is an error that
 * names file, place and what was expected, and nothing else happens. What is here was checked, what
 * is borrowed for the kinds of its members, and no text has control characters: where there were
 * any, there are question marks.
 */
#pragma once

#include "hist.h"
#include "why.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        RUN_MAX_GUEST = 8, /* of a tile */
};

/* Times in ms; the mean is exact, the others are within the histogram's 0.8 %. */
struct run_quantiles {
        uint64_t count;
        double mean_ms, p50_ms, p90_ms, p95_ms, p99_ms, p999_ms, max_ms;
};

/* What one interval of about a second brought. */
struct run_second {
        double t_s; /* its end, since the window's start */
        uint64_t work, errors;
        double mean_ms; /* NAN: nothing ended in it */
};

struct run_guest {
        unsigned guest; /* 0: the external client */
        char name[16], role[16];
        char *problem;  /* NULL: measured. Otherwise what follows is 0, NAN or NULL */
        double seconds; /* its window */
        uint64_t work, errors;
        const json_t *error_kinds; /* borrowed: {"timeout": 3, ...}, those that happened */
        double rate_per_s;
        char work_unit[24];
        struct run_quantiles corrected, raw; /* of the headline latency; count 0: it has none */
        struct hist *hist;                   /* corrected; NULL: it has none */
        double cpu_share;     /* of one CPU that its processes used; NAN: not known */
        double queued_share;  /* of the time: its threads waited for a CPU; NAN: not known */
        double rss_bytes;     /* of its processes, at the end; NAN: not known */
        double steal_percent; /* of its machine; NAN: not known */
        struct run_second *series;
        size_t n_series;
        const json_t *config; /* of the role; borrowed; NULL: not known */
};

struct run_tile {
        unsigned tile;
        bool valid;
        char **reasons; /* why not */
        size_t n_reasons;
        uint64_t requests, errors, late, dropped;
        double rate_per_s, offered_per_s, fair_share, error_share;
        double achieved_share; /* NAN: nothing is known to have been offered */
        struct run_quantiles response, raw;
        struct run_guest *guests;
        size_t n_guests;
};

/* One measured window. */
struct run_step {
        unsigned tiles, repeat; /* repeat counts from 1 */
        bool valid, interrupted;
        bool broken; /* not valid for what is no chance; false if the file does not tell */
        char started[32];
        double warmup_s, duration_s;
        uint64_t requests, errors, guest_errors;
        double rate_per_s, offered_per_s;
        struct run_quantiles response, raw;
        double jain, worst_share;
        unsigned host_cpus;
        double host_cpu_busy_percent; /* NAN: not known */
        double harness_cpu_percent;   /* of the host, for measuring; NAN: not known */
        bool settled;                 /* true as well where the file does not tell */
        char *unsettled; /* what was still changing and how fast; NULL: nothing, or not told */
        char **limits;   /* resources at their limit, strongest first: "host CPU 100 %" */
        size_t n_limits;
        const json_t *resources; /* borrowed; NULL: not in the file */
        struct run_tile *tile_results;
        size_t n_tile_results;
};

struct run_file {
        char *path;   /* of run.json, as errors and reports show it */
        json_t *json; /* the document; what is borrowed is part of it. Without the bulk that is in
                       * the structs: histograms, series, counters */
        bool complete;
        char *incomplete_reason; /* NULL when complete */
        unsigned valid_tiles;
        char launch[16], profile[16];
        char *ended_by;          /* "host CPU 100 %"; NULL: it is not told */
        char ended_kind[16];     /* "last step", "invalid", "no gain", "search"; empty: not told */
        char ended_resource[16]; /* "cpu", "memory", "disk", "network", "client"; empty: none */
        const json_t *limits, *manifest, *notes; /* borrowed; members as in docs/results.md */
        const json_t *placement;                 /* borrowed; NULL: none */
        struct run_step *steps;
        size_t n_steps;
};

/* path: a results directory or a run.json. Returns 0, -ENOENT and the like, -EINVAL (not such a
 * file), -EFBIG (over 1 GiB) or -ENOMEM, with *why. */
int run_file_read(struct run_file *ret, const char *path, struct why *why);

/* The same from memory; path is for errors and reports. */
int run_file_parse(
        struct run_file *ret, const char *path, const char *text, size_t size, struct why *why);
void run_file_free(struct run_file *run);

/* NULL: it has no such one. */
const struct run_guest *run_tile_guest(const struct run_tile *tile, unsigned guest);
