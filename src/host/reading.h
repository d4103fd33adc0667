/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One guest's stats.json as it was read, and the difference of two of them.
 *
 * Readings describe themselves (names, kinds, units), so the measurer needs no knowledge of roles
 * and can read guests of another version.
 */
#pragma once

#include "counters.h"
#include "guestinfo.h"
#include "why.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A counter over a window; a gauge is its value at the end, with that at the start beside it. */
struct count {
        char name[48], unit[24];
        enum counter_kind kind;
        uint64_t value, start;
};

struct latency_window {
        char name[32];
        struct hist corrected, raw;
};

struct reading {
        json_t *json;            /* the document */
        uint64_t taken_ns;       /* our CLOCK_MONOTONIC: middle between request and answer */
        uint64_t taken_error_ns; /* it may have been this much earlier or later */
};

/* json was asked for at sent_ns and was there at done_ns. Takes ownership of it. -EPROTO: not a
 * stats.json that we understand (reason in *why). */
int reading_init(
        struct reading *reading, json_t *json, uint64_t sent_ns, uint64_t done_ns, struct why *why);
void reading_fini(struct reading *reading);

const char *reading_text(const struct reading *reading, const char *object, const char *key);
uint64_t reading_number(const struct reading *reading, const char *object, const char *key);

/* What a brief reading is for. -ENOENT when the guest has no such counter. */
int reading_counter(const struct reading *reading, const char *name, uint64_t *ret);

/* Sum of all counters of a kind: of WORK, ERROR and WRONG also in the shortest form. */
uint64_t reading_sum(const struct reading *reading, enum counter_kind kind);

/* The headline latency's count and sum; zeroes when the role has none. */
void reading_latency(const struct reading *reading, uint64_t *ret_count, uint64_t *ret_sum_ns);

/* end - start. -EPROTO with *why: the two are not of one start, or a counter went backwards, or a
 * histogram is not readable. Free the results with free(). */
int reading_counts(const struct reading *start, const struct reading *end, struct count **ret,
        size_t *ret_n, struct why *why);
int reading_latencies(const struct reading *start, const struct reading *end,
        struct latency_window **ret, size_t *ret_n, struct why *why);

/* Was it the same process all the time? */
bool reading_same_start(const struct reading *start, const struct reading *end);
