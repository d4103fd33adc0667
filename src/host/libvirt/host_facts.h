/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host is, as libvirt there tells.
 */
#pragma once

#include "host_counts.h"
#include "hosts.h"

#include <stdbool.h>

/* virConnectGetCapabilities(): XML; free() it. Returns 0 or -errno. */
int host_capabilities(struct hosts *hosts, size_t host, char **ret, struct why *why);

/* "libvirt 9.0.0, QEMU 7.2.19": the daemon's and the hypervisor's, "unknown" where it does not
 * tell. Returns text. */
char *host_versions(struct hosts *hosts, size_t host, char *text, size_t size);

/* Are all of them this machine? By their URIs: "qemu:///system" is, "qemu+ssh://host/system" is
 * not. */
bool hosts_all_here(const struct hosts *hosts);

/* A host's counters as they are now; what it does not tell is left 0. Memory that is free, or used
 * for what may be dropped, counts as available. */
void host_counters(struct hosts *hosts, size_t host, struct remote_counts *ret);

/* Why libvirt cannot be used on this machine: one line, or NULL. */
const char *libvirt_missing(void);
