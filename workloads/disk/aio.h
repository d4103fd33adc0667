/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux asynchronous I/O: libaio's submission, and completions taken straight out of the ring that
 * the kernel shares with us, which saves a system call wherever some are there already.
 */
#pragma once

#include "why.h"

#include <libaio.h>
#include <stdint.h>

struct disk_aio_ring;

struct disk_aio {
        io_context_t context;
        struct disk_aio_ring *ring; /* the context's memory; NULL: not of a layout we know */
};

/* For up to n operations in flight. Returns 0 or -errno with *why filled. */
int disk_aio_init(struct disk_aio *aio, unsigned n, struct why *why);

/* Waits for whatever is in flight: buffers may be freed after this, not before. */
void disk_aio_fini(struct disk_aio *aio);

/* Returns how many of the n were taken, from the front; 0 when the kernel has no room now; -errno
 * when the first of them is not acceptable at all. */
int disk_aio_submit(struct disk_aio *aio, struct iocb **iocbs, unsigned n);

/* Takes up to max completions; sleeps for at most wait_ns (CLOCK_NEVER: for ever) until there is
 * one. Returns their number, 0 for none (also when a signal came), or -errno. */
int disk_aio_reap(struct disk_aio *aio, struct io_event *events, unsigned max, uint64_t wait_ns);
