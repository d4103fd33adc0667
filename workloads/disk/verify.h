/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload disk --verify-only`: the file and its ledger, looked at from end to end, and what is
 * torn or lost listed by offset. Nothing is written, and nothing need be known beforehand.
 */
#pragma once

#include "stop.h"
#include "why.h"

#include <stdint.h>
#include <stdio.h>

struct disk_verify_config {
        const char *path;
        uint64_t size;         /* what it should be, 0: any */
        uint64_t min_sequence; /* of the root; all the pages that it counts are checked by it */
        uint64_t max_lines;    /* of findings, 0: all of them */
};

/* As struct workload's audit. */
int disk_verify(const struct disk_verify_config *config, const struct stop *stop, FILE *findings,
        struct why *why);
