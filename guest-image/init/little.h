/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as disks have them, in as many bytes, the lowest first.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t little(const unsigned char *p, size_t size)
{
        uint64_t value = 0;

        while (size-- > 0)
                value = value << 8 | p[size];
        return value;
}
