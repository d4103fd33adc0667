/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the role does at its start: reads the whole file, learns what is in it, and refuses to go on
 * if anything that was promised is not there.
 */
#pragma once

#include "file.h"

/* Fills *ledger, and *map with every block's generation. Blocks that are torn are as doubtful as
 * after a failed write, so that the role's next visit writes them, but what was promised of them
 * stays so. *ret_torn counts them. Returns 0 or
 * -errno with *why filled; both are to be freed by their _fini() also then. */
int disk_scan(const struct disk_file *file, struct disk_ledger *ledger, struct disk_map *map,
        uint64_t *ret_torn, const struct stop *stop, struct why *why);
