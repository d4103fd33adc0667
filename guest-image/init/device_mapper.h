/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's device mapper, as far as one read-only device with one target needs it.
 */
#pragma once

#include "why.h"

#include <stddef.h>
#include <stdint.h>

/* Makes the device `name` of size_bytes (a multiple of 512) by a target ("verity") and its
 * parameters, and writes its path (/dev/dm-0) to device. */
int device_mapper_create(const char *name, const char *target, const char *parameters,
        uint64_t size_bytes, char *device, size_t size, struct why *why);
