/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --profile: named sets of guests' sizes and loads. Each is a list of options as a user would give
 * them; whatever is given besides is stronger. What was run with two of them is not comparable.
 *
 *         standard   guests of full size that work as fast as they can
 *         small      small working sets and long pauses, so that many tiles fit on a small machine:
 *                    to see how the host, and this program, carry their number
 */
#pragma once

#include "option.h"

extern const char *const profile_names[]; /* ends with NULL */

/* Sets the options of the profile (its index in profile_names) that the sets know. Returns 0 or
 * -errno. */
int profile_apply(unsigned profile, const struct option_set *sets, size_t n_sets, struct why *why);
