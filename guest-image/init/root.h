/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's root file system: a tmpfs with the shared /usr in it.
 */
#pragma once

#include "why.h"

/* /dev, /proc and /sys of the initrd. */
int root_mount_kernel(struct why *why);

/* Mounts a tmpfs at path (which exists), puts directories and the links to /usr in it, and mounts
 * device on its /usr, read-only. */
int root_make(const char *path, const char *device, struct why *why);

/* Makes path the root of all, takes /dev, /proc and /sys there, and frees the initrd's memory. */
int root_switch(const char *path, struct why *why);
