/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's event loop, in a thread of its own: events and keepalive need one. There is one in a
 * process, and so is there one at a time here.
 */
#pragma once

/* After calls_load(), before the first connection. Returns 0 or -errno: -EBUSY when it runs. */
int event_loop_start(void);

/* After the last connection was closed: what libvirt put off until then is done, and no callback
 * runs any more when this returns. */
void event_loop_stop(void);
