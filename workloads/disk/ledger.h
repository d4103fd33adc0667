/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which generation of which block may be promised, and how the promises get to the disk.
 *
 * It goes in rounds, one for each sync, and a step begins only when the one before it has ended:
 *
 *   1. note what is acknowledged now; fdatasync. If it succeeds, what was noted is promised.
 *   2. write the pages that changed, each over the older of its two copies
 *   3. fdatasync: the pages are durable
 *   4. write the root that counts them, over the older root. The next round's first sync makes it
 *      durable before another page is written.
 *
 * So a power cut at any point leaves every promise true, and every page with a version that the
 * last durable root counts. A step that fails ends the round; what it may have spoilt is written
 * again before anything that relies on it. A sync that fails leaves what was written since the last
 * good one without a new promise until it is written once more: the kernel may have dropped it.
 *
 * Pure, and of one thread: the caller does the I/O that disk_ledger_next() asks for.
 */
#pragma once

#include "ledger_page.h"
#include "map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_ledger_step {
        DISK_LEDGER_IDLE,
        DISK_LEDGER_SYNC_DATA,
        DISK_LEDGER_WRITE_PAGES,
        DISK_LEDGER_SYNC_PAGES,
        DISK_LEDGER_WRITE_ROOT,
};

struct disk_ledger_page {
        uint64_t sequences[2]; /* of its copies; 0: not readable */
        uint8_t current;       /* the newer copy: the other one is written next */
        bool dirty;            /* changed since it was last noted */
        bool noted;            /* in the round's first step */
        bool due;              /* promises more than is on the disk */
};

struct disk_ledger {
        struct disk_layout layout;
        uint64_t file_id;
        uint32_t *promised; /* [n_blocks] */
        uint32_t *noted;    /* [n_blocks], meaningful in noted pages */
        struct disk_ledger_page *pages;
        struct disk_root roots[2]; /* as they were read; sequence 0: not readable */

        uint64_t after;    /* as it was found: the newest root that a page was written after */
        uint64_t newest;   /* likewise, the newest round of which something is there */
        uint64_t sequence; /* of the last round that is durable */
        uint64_t counted;  /* of the last one whose root is, too: no update of it can hide */
        uint64_t round;    /* of the last one that was begun: none is ever given twice */
        unsigned root_slot;
        uint64_t marks; /* sum over the current copies of all pages */
        enum disk_ledger_step step;
        uint64_t cursor, run; /* WRITE_PAGES: the next page, and how many are being written */
        bool root_due;        /* the last root may not be on the disk */
        void *buffer;         /* of what is being written */
};

/* Every block is promised at generation 1, and nothing is on the disk. Returns 0 or -ENOMEM. */
int disk_ledger_init(
        struct disk_ledger *ledger, const struct disk_layout *layout, uint64_t file_id);
void disk_ledger_fini(struct disk_ledger *ledger);

/* ---- what is on the disk ---- */

/* Every root and both copies of every page, in any order; buffer NULL: cannot be read. Then
 * disk_ledger_conclude(), once. */
void disk_ledger_take_root(struct disk_ledger *ledger, unsigned slot, const void *buffer);
void disk_ledger_take_page(
        struct disk_ledger *ledger, uint64_t index, unsigned slot, const void *buffer);

enum disk_ledger_fault {
        DISK_LEDGER_SOUND = 0,
        DISK_LEDGER_NO_ROOT,     /* neither of them is readable */
        DISK_LEDGER_PAGE_LOST,   /* there is a page of which no copy is */
        DISK_LEDGER_UPDATE_LOST, /* a page or the root is an old version of itself */
};

/* What is promised is as good as it can be had even if there is a fault: a page that is lost
 * promises generation 1, which every block had once. */
enum disk_ledger_fault disk_ledger_conclude(struct disk_ledger *ledger);

static inline bool disk_ledger_page_lost(const struct disk_ledger *ledger, uint64_t index)
{
        return ledger->pages[index].sequences[0] == 0 && ledger->pages[index].sequences[1] == 0;
}

/* The first version of a page's first copy, and of the first root. */
void disk_ledger_first_page(const struct disk_ledger *ledger, uint64_t index, void *buffer);
void disk_ledger_first_root(const struct disk_ledger *ledger, void *buffer);

/* ---- at work ---- */

/* Before the first round: the file has been synced, so all that was found is durable. A round that
 * was not finished is as good as one that was, but for its root. */
void disk_ledger_adopt(struct disk_ledger *ledger);

/* Writes of a run of blocks were acknowledged, */
void disk_ledger_touch(struct disk_ledger *ledger, uint64_t block, size_t n);

/* or have failed: nothing is promised of them any more. */
void disk_ledger_doubt(struct disk_ledger *ledger, uint64_t block, size_t n);

enum disk_ledger_io_kind {
        DISK_LEDGER_NOTHING,
        DISK_LEDGER_SYNC, /* fdatasync */
        DISK_LEDGER_WRITE,
};

struct disk_ledger_io {
        enum disk_ledger_io_kind kind;
        void *buffer; /* the ledger's; must stay as it is until the write has ended */
        size_t size;
        uint64_t offset;
};

/* What is to be done now. begin: a new round may begin. The caller does it, and then calls
 * disk_ledger_done() with what it returned (bytes, 0, or -errno) before it asks again. */
struct disk_ledger_io disk_ledger_next(
        struct disk_ledger *ledger, const struct disk_map *map, bool begin);

enum disk_ledger_event {
        DISK_LEDGER_GOES_ON,
        DISK_LEDGER_SYNCED,      /* the data is durable */
        DISK_LEDGER_SYNC_FAILED, /* and this one says nothing of it */
        DISK_LEDGER_RECORDED,    /* the promises are durable: `sequence` has grown */
        DISK_LEDGER_FAILED,      /* a write or a sync of the ledger itself */
};

enum disk_ledger_event disk_ledger_done(
        struct disk_ledger *ledger, struct disk_map *map, long result);
