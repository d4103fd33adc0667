/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signals that end a personality (SIGINT, SIGTERM, SIGHUP, SIGQUIT), as a descriptor to poll.
 *
 * Not a signalfd: that wakes its poller for every signal sent within the process, also for those
 * that a role sends to itself as its work.
 */
#pragma once

/* Catches them from now on, in the calling thread only once others are kept out of it by
 * signals_block(). SIGPIPE and SIGXFSZ are ignored, as is SIGHUP if it was. Call once. Returns the
 * descriptor, which belongs to this module, or -errno. */
int signals_catch(void);

/* Keeps them from the calling thread and those that it starts, or lets them through. */
void signals_block(void);
void signals_unblock(void);

/* Takes what has come: the last signal's number, 0 for none. */
int signals_take(void);
