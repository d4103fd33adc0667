/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dm-verity over usr.erofs: every block that is read must be the one that the image was built with.
 *
 * The image built with --verity is the erofs file system, then cryptsetup's verity header (one
 * block), then the tree of hashes. Where the header is, the file system's own size says
 * (usr_image.h).
 */
#pragma once

#include "why.h"

#include <stddef.h>
#include <stdint.h>

#define VERITY_HASH_SIZE   64  /* characters of a SHA-256 hash */
#define VERITY_HEADER_SIZE 512 /* bytes */
#define VERITY_TABLE_SIZE  1024

/* Opens the verified device of a disk and reads all of it once, so that a disk that differs in any
 * block is refused before anything runs from it. offset is where the file system ends; hash is the
 * root hash in hexadecimal digits. Writes the device's path (/dev/dm-0). */
int verity_open(const char *disk, uint64_t offset, const char *hash, char *device, size_t size,
        struct why *why);

/* The parameters of the device mapper's verity target by the header found at `offset` of the disk,
 * and how many bytes the verified device has. Returns 0 or -EINVAL. */
int verity_table(const unsigned char header[VERITY_HEADER_SIZE], const char *disk, uint64_t offset,
        const char *hash, char table[VERITY_TABLE_SIZE], uint64_t *ret_size, struct why *why);
