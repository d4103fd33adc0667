/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Please end": one flag for code that computes, one file descriptor for code that waits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct stop {
        bool requested; /* relaxed atomic: read it with stop_requested() */
        int fd;         /* becomes and stays readable when a stop is requested: poll it */
};

/* Returns 0 or -errno. */
int stop_init(struct stop *stop);
void stop_fini(struct stop *stop);

/* Any thread, any number of times; safe in a signal handler. */
void stop_request(struct stop *stop);

bool stop_requested(const struct stop *stop);

/* Sleeps until due_ns (CLOCK_MONOTONIC, CLOCK_NEVER for ever) or until a stop is requested.
 * Returns true when it was the stop. */
bool stop_wait_until(const struct stop *stop, uint64_t due_ns);
