/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of libvirt, waited for only so long: a daemon that hangs, or a host that drops what
 * is sent to it, would hold its caller for ever, and no signal ends that.
 */
#pragma once

#include "why.h"

#include <stdint.h>

struct _virConnect;

/* Returns 0 with a connection to be closed, or -errno with *why naming the URI as `shown`:
 * -ETIMEDOUT, -EINTR as soon as interrupt_fd (-1: none) is readable, or what calls_why() makes of
 * libvirt's own error. A try that is given up goes on in a thread of its own, and closes what it
 * may still come to. */
int host_connect(struct _virConnect **ret, const char *uri, const char *shown, uint64_t timeout_ns,
        int interrupt_fd, struct why *why);
