/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk role's file: made, filled, opened, removed.
 *
 * Nothing but a file of this role's own (or an empty one) is ever written to or removed. A file is
 * locked as long as it is open, so that two roles never share one. While it is being filled its
 * header says so: a file that was left half-made, even by kill -9, is filled again, and one that
 * could not be finished is removed. All I/O is direct.
 */
#pragma once

#include "layout.h"
#include "ledger.h"
#include "stop.h"
#include "why.h"

struct disk_file {
        int fd;
        const char *path; /* borrowed */
        uint64_t id;
        struct disk_layout layout;
};

/* What all of these return: 0 or -errno with *why filled; -ECANCELED after a stop request. */

/* Makes the file with all its blocks at generation 1, and the ledger that promises so, unless a
 * complete one of this size is there. size is a multiple of DISK_BLOCK_SIZE, with room for one
 * block at least. */
int disk_file_prepare(const char *path, uint64_t size, const struct stop *stop, struct why *why);

/* Opens and locks a complete file. */
int disk_file_open(struct disk_file *file, const char *path, uint64_t size, struct why *why);

/* The same to look at it only, whatever its size: the layout is that of its header, and
 * *ret_length how long it really is. */
int disk_file_open_reading(
        struct disk_file *file, const char *path, uint64_t *ret_length, struct why *why);

void disk_file_close(struct disk_file *file);

/* Reads the ledger into *ledger, which is to be freed by disk_ledger_fini() also after an error.
 * *ret_fault is what disk_ledger_conclude() found. */
int disk_file_ledger(const struct disk_file *file, struct disk_ledger *ledger,
        const struct stop *stop, enum disk_ledger_fault *ret_fault, struct why *why);

/* No file is no error. */
int disk_file_remove(const char *path, struct why *why);
