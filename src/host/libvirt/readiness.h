/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks roles whether they are ready: GET /healthz of many control endpoints at once, of each again
 * and again until it is.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum readiness_state {
        READINESS_SILENT,   /* no answer (yet) */
        READINESS_STARTING, /* its role is up, and not ready yet */
        READINESS_FAILED,   /* its role is not to be had: the text says why */
        READINESS_READY,    /* said so once, and is not asked any more */
};

enum {
        READINESS_MAX_FDS = 4,
};

struct readiness;

/* Returns 0, or -ENOMEM with *ret as it was. */
int readiness_new(struct readiness **ret);

/* NULL does no harm. */
void readiness_free(struct readiness *readiness);

/* url: without path. Returns its index, from 0 on in this order, or -ENOMEM. */
int readiness_add(struct readiness *readiness, const char *url);

/* Asks it no more; its state stays. */
void readiness_drop(struct readiness *readiness, size_t index);

/* *ret_text: the last answer, or why there was none; one line, valid until the next wait. */
enum readiness_state readiness_state(
        const struct readiness *readiness, size_t index, const char **ret_text);

/* Goes on asking until a state changed, one of the fds is readable, or due_ns: whatever comes
 * first. Returns 0 or -errno. */
int readiness_wait(struct readiness *readiness, const int *fds, size_t n_fds, uint64_t due_ns);
