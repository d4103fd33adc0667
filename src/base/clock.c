/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <limits.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
        struct timespec ts;

        clock_gettime(id, &ts);
        return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

uint64_t clock_now_ns(void)
{
        return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_real_ns(void)
{
        return read_ns(CLOCK_REALTIME);
}

uint64_t clock_process_cpu_ns(void)
{
        return read_ns(CLOCK_PROCESS_CPUTIME_ID);
}

int clock_poll_timeout_ms(uint64_t now_ns, uint64_t due_ns)
{
        uint64_t ms;

        if (due_ns == CLOCK_NEVER)
                return -1;
        if (due_ns <= now_ns)
                return 0;
        ms = (due_ns - now_ns - 1) / NS_PER_MS + 1;
        return ms > INT_MAX ? INT_MAX : (int)ms;
}
