/* SPDX-License-Identifier: Apache-2.0 */
/*
 * idle: does nothing. The eighth guest of a tile, whose cost to the host is the price of merely
 * existing; also the frame's own test and noise floor, and the template for a new role.
 */
#include "workload.h"

static int idle_loop(struct worker *worker, struct why *why)
{
        stop_wait_until(worker->stop, CLOCK_NEVER);
        return 0;
}

extern const struct workload workload_idle;
const struct workload workload_idle = {
        .name = "idle",
        .summary = "nothing at all, but answers its control endpoint",
        .loop = idle_loop,
};
