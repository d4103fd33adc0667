/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a disk must be to serve as the image of /usr.
 */
#pragma once

#include "why.h"

#include <stdint.h>

#define USR_IMAGE_BLOCK 4096 /* bytes; of the file system, and of dm-verity's data and hashes */

/* How many bytes of the disk the erofs file system takes up. Refuses a disk that has none, or that
 * ends inside it. */
int usr_image_size(const char *disk, uint64_t *ret_size, struct why *why);

/* The same by the disk's first block alone. 0: no erofs file system with blocks of that size. */
uint64_t usr_image_superblock(const unsigned char block[USR_IMAGE_BLOCK]);
