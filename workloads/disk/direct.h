/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct I/O on one regular file that nobody else works on.
 */
#pragma once

#include "stop.h"
#include "why.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens and locks the file, made empty first if it is not there and create is set. Returns the
 * descriptor, which holds the lock, or -errno with *why filled: -EBUSY when another has it. */
int disk_open_locked(const char *path, bool create, struct why *why);

/* Opens for reading only: direct if the file system can, and with a shared lock if it has locks. As
 * disk_open_locked(). */
int disk_open_reading(const char *path, struct why *why);

/* What reading behind the end of the file comes to. No disk fails with it, as one does with
 * ENODATA: so Linux calls a defect of the medium. */
#define DISK_END_OF_FILE ESPIPE

/* All of it, however many calls that takes: 0 or -errno; -DISK_END_OF_FILE at the end of the file.
 */
int disk_transfer(int fd, void *buffer, size_t size, uint64_t offset, bool write);

/* Looks at n pieces of 4 KiB, one after the other, from offset on. piece NULL: this one cannot be
 * read, and error says why. Returns 0, -ENOMEM, -ECANCELED after a stop request, or what `look`
 * returned if it was below 0, which ends the walk. */
int disk_walk(int fd, uint64_t offset, uint64_t n,
        int (*look)(void *context, uint64_t index, const void *piece, int error), void *context,
        const struct stop *stop);

/* Why a piece cannot be read, for a person. */
const char *disk_error_text(int error);

/* Memory for direct I/O, in huge pages where there are some: a 128 KiB operation is then one piece
 * for the device, not 32. Rounded up to 2 MiB, zeroed. NULL when there is none. Free it. */
void *disk_buffer_new(size_t size);
