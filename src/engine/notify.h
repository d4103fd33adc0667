/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service side of systemd's notify protocol (sd_notify(3)): one datagram to $NOTIFY_SOCKET.
 */
#pragma once

/* state is lines like "READY=1\nSTATUS=serving". Returns 1 when sent, 0 when nobody listens
 * ($NOTIFY_SOCKET is not set), or -errno; -EAGAIN when the socket's reader did not make room within
 * 200 ms. */
int notify_send(const char *state);
