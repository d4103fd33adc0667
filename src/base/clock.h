/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. Everywhere in tileload a time is nanoseconds in a uint64_t, and its name ends in _ns.
 */
#pragma once

#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* A due time that never comes. */
#define CLOCK_NEVER UINT64_MAX

/* CLOCK_MONOTONIC: what latencies and rates are measured by. */
uint64_t clock_now_ns(void);

/* CLOCK_REALTIME: for stamps that people read; never subtracted. */
uint64_t clock_real_ns(void);

/* CPU time that this process, with all its threads, has used. */
uint64_t clock_process_cpu_ns(void);

/* Milliseconds from now until due for poll(2) and epoll_wait(2), rounded up so that the caller
 * does not spin through the last one; -1 for CLOCK_NEVER, 0 when due has passed. */
int clock_poll_timeout_ms(uint64_t now_ns, uint64_t due_ns);
