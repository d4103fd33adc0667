/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host is, as libvirt there tells.
 */
#pragma once

#include "hosts.h"

/* virConnectGetCapabilities(): XML; free() it. Returns 0 or -errno. */
int host_capabilities(struct hosts *hosts, size_t host, char **ret, struct why *why);

/* "libvirt 9.0.0, QEMU 7.2.19": the daemon's and the hypervisor's, "unknown" where it does not
 * tell. Returns text. */
char *host_versions(struct hosts *hosts, size_t host, char *text, size_t size);

/* Why libvirt cannot be used on this machine: one line, or NULL. */
const char *libvirt_missing(void);
