/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Did two runs do the same work? Their figures can only be compared if they did: profile, what each
 * role was told (rates, sizes, threads, ...), the database's memory, which guests there were,
 * warm-up and window, the limits that tiles were judged by, and the version of tileload. Why each
 * of them: docs/compare.md.
 *
 * The seed is not among it: other requests of the same kind are the same workload. Nor is where
 * guests run and what they are reached by: that may well be what is compared.
 */
#pragma once

#include "differences.h"
#include "run_file.h"

/* Adds to *list, as DIFFERENCE_WORKLOAD. Returns 0 or -ENOMEM. */
int comparable_check(
        struct differences *list, const struct run_file *before, const struct run_file *after);

/* "cpu.memory 512M and 1G, duration 30s and 1m, 3 more": as many as fit. Returns text. */
char *comparable_line(const struct differences *list, char *text, size_t size);
