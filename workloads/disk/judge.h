/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What became of a block, given what was promised of it: the question after a power cut.
 *
 * A write that was under way, or that no sync had covered yet, may leave its block old, new, or
 * torn: some of its sectors of one generation and some of another, as only a sector is written at
 * once. That keeps the contract as long as no sector is older than what was promised. As all
 * content follows from file, number and generation, every sector can be told: torn is proven, not
 * guessed, and anything else is damage. Pure.
 */
#pragma once

#include "block.h"

#include <stdint.h>

/* What every disk writes at once, at least. */
#define DISK_SECTOR_SIZE 512u

/* Generations that may be mixed in one block: as many writes of it in a row as no sync covered. */
#define DISK_TORN_REACH 16u

enum disk_verdict {
        DISK_KEPT = 0,
        DISK_KEPT_NEWER, /* than promised: written after the last sync */
        DISK_UNPROMISED, /* a write of it had failed: it may hold anything, and does */
        DISK_TORN,
        DISK_LOST, /* older than promised, or a part of it is */
        DISK_DAMAGED,
        DISK_STRANGE,    /* a sound block of another file */
        DISK_ASTRAY,     /* a sound block that belongs elsewhere in the file */
        DISK_UNREADABLE, /* the disk does not give it: buffer NULL */
        N_DISK_VERDICTS,
};

/* Faults are from here on; before, all is as it may be. */
#define DISK_FIRST_FAULT DISK_TORN

/* "torn", "lost", "corrupt", "of another file", "misplaced", "unreadable". */
const char *disk_verdict_name(enum disk_verdict verdict);

/* buffer may be NULL: the block could not be read. *ret_generation is set for kept and unpromised
 * blocks that are sound (else 0), for lost ones (the oldest part) and torn ones (the newest). */
enum disk_verdict disk_judge(const void *buffer, uint64_t file_id, uint64_t number,
        uint32_t promised, uint32_t *ret_generation);
