/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The control endpoint that every role has: GET /metrics, /stats.json, /healthz.
 *
 * /healthz is one line, the state and what there is to say of it, with 200 when ready and 503
 * otherwise. /stats.json has 503 in state `failed`: who measures is not to take that for figures.
 */
#pragma once

#include "httpd.h"
#include "snapshot.h"

#define CONTROL_PORT 9477

/* Takes a snapshot for a request. *snapshot is zeroed; snapshot->sum is freed by the caller.
 * Returns 0 or -errno. */
typedef int control_take(void *context, enum snapshot_detail detail, struct snapshot *snapshot);

struct control {
        struct httpd httpd;
        control_take *take;
        void *context;
};

int control_start(struct control *control, const char *listen, control_take *take, void *context,
        struct why *why);
void control_stop(struct control *control);
