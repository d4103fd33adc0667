/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file set in memory, with a prepared response for each file.
 *
 * Served from memory and by one reused response a file, a request costs about half of what it costs
 * from a file descriptor (docs/architecture.md). The set is made from names alone (fileset.h), so
 * it needs no disk.
 */
#pragma once

#include "fileset.h"
#include "stop.h"
#include "web.h"

struct file {
        struct MHD_Response *response; /* also for HEAD and 304: the library leaves out the body */
        size_t size;
        char etag[32]; /* with its quotes; strong: of the content */
};

struct files {
        unsigned dirs;
        unsigned char *memory;
        size_t memory_size;
        struct file *files; /* [dirs * FILESET_FILES_PER_DIR] */
};

/* *files is zeroed before. Returns 0, -ENOMEM, or -ECANCELED for a stop; then call files_fini(). */
int files_init(struct files *files, unsigned dirs, const struct stop *stop, struct why *why);

/* After the server that sent them has stopped. */
void files_fini(struct files *files);

/* NULL: there is no such file. */
const struct file *files_find(const struct files *files, const char *path);

/* Has the client (its request's conditions) got the file? */
bool file_unchanged(const struct file *file, struct MHD_Connection *connection);
