/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "option.h"

#include <jansson.h>

/* The present values of all options as {"name": "text as a user would write it"}; unset strings are
 * left out, secrets not shown. NULL when out of memory. The caller owns the result. */
json_t *option_sets_json(const struct option_set *sets, size_t n_sets);
