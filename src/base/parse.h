/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text to number. All return 0, -EINVAL (not of the form) or -ERANGE (does not fit), take the
 * whole text or nothing, and set *ret only on success.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits only. */
int parse_u64(const char *text, uint64_t *ret);

/* Bytes: digits, optionally a binary K, M, G or T (either case), optionally "iB" or "B" after. */
int parse_size(const char *text, uint64_t *ret_bytes);

/* A decimal number, fraction allowed, with ns, us, ms, s, m or h; a bare number is seconds. */
int parse_duration_ns(const char *text, uint64_t *ret_ns);

/* A finite, non-negative decimal number. */
int parse_number(const char *text, double *ret);

/* A share: "10%" or "0.1", 0 to 1 inclusive. */
int parse_share(const char *text, double *ret);

/* yes/no, true/false, on/off, 1/0. */
int parse_bool(const char *text, bool *ret);

/* "4" (from = to = 4) or "1-4"; 1 <= from <= to. */
int parse_range(const char *text, unsigned *ret_from, unsigned *ret_to);

/* Edit distance between two words, for "did you mean": insertions, deletions, replacements and
 * swaps of neighbours each cost 1. Words are cut at 63 characters. */
unsigned parse_distance(const char *a, const char *b);
