/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of roles. Explicit, as constructors in a static library vanish silently.
 */
#pragma once

#include "workload.h"

extern const struct workload *const workload_table[]; /* ends with NULL */

/* NULL when there is none of that name. */
const struct workload *workload_find(const char *name);
