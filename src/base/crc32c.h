/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32C (Castagnoli), as in iSCSI (RFC 3720, appendix B.4) and ext4: by the SSE4.2 instruction
 * where the CPU has it, by table elsewhere; both give the same value.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* crc is 0 at the start, or the value so far to continue. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* The portable way, for comparison in tests. */
uint32_t crc32c_table(uint32_t crc, const void *data, size_t size);
