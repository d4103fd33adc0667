/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A histogram as JSON: {"scheme": "log-linear-64", "sum_ns": N, "buckets": [index, count, ...]},
 * empty buckets left out, indexes rising.
 */
#pragma once

#include "hist.h"

#include <jansson.h>

/* NULL when out of memory. The caller owns the result. */
json_t *hist_to_json(const struct hist *hist);

/* Returns 0, or -EINVAL when it is not one of ours: another scheme, an index out of range or not
 * rising, a negative count, more than 2^63 - 1 values in all. *ret is undefined then. */
int hist_from_json(const json_t *json, struct hist *ret);
