/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits for sockets and for a moment, to the nanosecond: epoll's own timeout counts milliseconds,
 * which at 10,000 requests/s would send ten at a time.
 */
#pragma once

#include "stop.h"

#include <stdint.h>
#include <sys/epoll.h>

struct waiter {
        int epoll_fd;
        int timer_fd;
        int stop_fd;       /* not ours */
        uint64_t armed_ns; /* when the timer will go off; CLOCK_NEVER: not at all */
};

/* Returns 0 or -errno. */
int waiter_init(struct waiter *waiter, const struct stop *stop);
void waiter_fini(struct waiter *waiter);

/* Waits for events on sockets added to epoll_fd (data.fd being the socket), until due_ns, or for a
 * stop, whichever is first; it may also return early for no reason. Returns the number of socket
 * events put into events, or -errno. */
int waiter_wait(struct waiter *waiter, uint64_t now_ns, uint64_t due_ns, struct epoll_event *events,
        int n_events);
