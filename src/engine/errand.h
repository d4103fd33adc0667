/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A role's prepare or cleanup by itself: one thread to do it, the calling one to hear the user's
 * wish to end.
 */
#pragma once

#include "workload.h"

/* How long a thread may take to end once it is asked to: a role is gone within a second. */
#define ROLE_STOP_NS (900 * NS_PER_MS)

/* work is workload->prepare or workload->cleanup; signal_fd from signals_catch(). Returns 0 or
 * -errno with *why filled. *ret_hangs is set when the thread did not end after a signal: it still
 * reads the configuration then. */
int errand_run(int (*work)(const void *config, const struct stop *stop, struct why *why),
        const char *name, const void *config, int signal_fd, bool *ret_hangs, struct why *why);
