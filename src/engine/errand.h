/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a personality does instead of a role's work: a prepare, a cleanup or an audit by itself. One
 * thread to do it, the calling one to hear the user's wish to end.
 */
#pragma once

#include "workload.h"

/* How long a thread may take to end once it is asked to: a role is gone within a second. */
#define ROLE_STOP_NS (900 * NS_PER_MS)

/* One of workload->prepare and ->cleanup (work), or ->audit with the stream that it writes to. */
struct errand {
        const char *name; /* the role's */
        const void *config;
        int (*work)(const void *config, const struct stop *stop, struct why *why);
        int (*audit)(const void *config, const struct stop *stop, FILE *findings, struct why *why);
        FILE *findings;
};

/* signal_fd is from signals_catch(). Returns what the errand returns: 0, an audit's 1, or -errno,
 * with *why filled unless it is 0. *ret_hangs is set when the thread did not end after a signal: it
 * still uses the configuration and `findings` then. */
int errand_run(const struct errand *errand, int signal_fd, bool *ret_hangs, struct why *why);
