/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk by its serial number, which is how the guest tells its disks apart.
 */
#pragma once

#include "why.h"

#include <stddef.h>

#define DISK_PATH_SIZE 64

/* The path (/dev/vda) of the disk with that serial. Waits up to so many seconds for it. Returns 0
 * or -ENODEV. */
int disk_wait(const char *serial, unsigned seconds, char *path, size_t size, struct why *why);
