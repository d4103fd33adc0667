/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under which circumstances was this run made? What a reader needs in order to believe, or to
 * repeat, a result.
 */
#pragma once

#include "option.h"

#include <jansson.h>

/* Host, software and command line. The sets are the command's options, shown as "options".
 * NULL when out of memory. The caller owns the result. */
json_t *manifest_json(int argc, char *const argv[], const struct option_set *sets, size_t n_sets);

/* An ISO 8601 time in UTC with milliseconds: "2026-01-31T12:00:00.123Z". */
char *manifest_time(char text[static 32], uint64_t real_ns);
