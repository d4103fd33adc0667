/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger.h"

#include "macro.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Pages in one write: no longer than the role's own sequential operations. */
#define RUN_PAGES 32u

/* A round that a power cut ended may have left nothing but parts of pages; with parts of later ones
 * they may become whole. So the rounds after a start begin well beyond any number tried before. */
#define LIFE_ROUNDS 1000u

int disk_ledger_init(struct disk_ledger *ledger, const struct disk_layout *layout, uint64_t file_id)
{
        *ledger = (struct disk_ledger){
                .layout = *layout,
                .file_id = file_id,
                .promised = calloc(layout->n_blocks, sizeof *ledger->promised),
                .noted = calloc(layout->n_blocks, sizeof *ledger->noted),
                .pages = calloc(layout->n_pages, sizeof *ledger->pages),
                .buffer = aligned_alloc(DISK_BLOCK_SIZE, RUN_PAGES * DISK_BLOCK_SIZE),
        };
        if (!ledger->promised || !ledger->noted || !ledger->pages || !ledger->buffer) {
                disk_ledger_fini(ledger);
                return -ENOMEM;
        }
        for (uint64_t b = 0; b < layout->n_blocks; b++)
                ledger->promised[b] = 1;
        return 0;
}

void disk_ledger_fini(struct disk_ledger *ledger)
{
        free(ledger->promised);
        free(ledger->noted);
        free(ledger->pages);
        free(ledger->buffer);
        *ledger = (struct disk_ledger){0};
}

static unsigned blocks_of(const struct disk_ledger *ledger, uint64_t index)
{
        return (unsigned)MIN(
                ledger->layout.n_blocks - index * DISK_PAGE_BLOCKS, (uint64_t)DISK_PAGE_BLOCKS);
}

/* ---- what is on the disk ---- */

void disk_ledger_take_root(struct disk_ledger *ledger, unsigned slot, const void *buffer)
{
        ledger->roots[slot] = (struct disk_root){0};
        if (buffer)
                disk_root_read(buffer, ledger->file_id, &ledger->roots[slot]);
}

void disk_ledger_take_page(
        struct disk_ledger *ledger, uint64_t index, unsigned slot, const void *buffer)
{
        struct disk_ledger_page *state = &ledger->pages[index];
        uint32_t *here = ledger->noted + index * DISK_PAGE_BLOCKS;
        unsigned n = blocks_of(ledger, index);
        struct disk_page page;

        if (!buffer || disk_page_read(buffer, ledger->file_id, index, &page, here, n) < 0)
                return;
        state->sequences[slot] = page.sequence;
        ledger->after = MAX(ledger->after, page.after);
        if (page.sequence < state->sequences[!slot])
                return;
        state->current = (uint8_t)slot;
        memcpy(ledger->promised + index * DISK_PAGE_BLOCKS, here, n * sizeof *here);
}

/* The version of a page that a root of a sequence has counted: the newest up to it, 0 for none. */
static uint64_t counted_version(const struct disk_ledger_page *page, uint64_t sequence)
{
        uint64_t version = 0;

        for (unsigned slot = 0; slot < 2; slot++)
                if (page->sequences[slot] <= sequence)
                        version = MAX(version, page->sequences[slot]);
        return version;
}

enum disk_ledger_fault disk_ledger_conclude(struct disk_ledger *ledger)
{
        unsigned slot = ledger->roots[1].sequence > ledger->roots[0].sequence;
        const struct disk_root *root = &ledger->roots[slot];
        uint64_t counted = 0, newest = root->sequence;
        bool lost = false;

        ledger->marks = 0;
        for (uint64_t i = 0; i < ledger->layout.n_pages; i++) {
                const struct disk_ledger_page *page = &ledger->pages[i];
                uint64_t current = page->sequences[page->current];

                lost |= disk_ledger_page_lost(ledger, i);
                newest = MAX(newest, current);
                ledger->marks += disk_page_mark(i, current);
                counted += disk_page_mark(i, counted_version(page, root->sequence));
        }
        ledger->sequence = root->sequence;
        ledger->root_slot = slot;
        ledger->newest = ledger->round = newest;
        if (root->sequence == 0)
                return DISK_LEDGER_NO_ROOT;
        if (lost)
                return DISK_LEDGER_PAGE_LOST;
        /* No page is written before the root of the round before it is durable. */
        if (ledger->after > root->sequence || counted != root->marks)
                return DISK_LEDGER_UPDATE_LOST;
        return DISK_LEDGER_SOUND;
}

void disk_ledger_first_page(const struct disk_ledger *ledger, uint64_t index, void *buffer)
{
        struct disk_page page = {.file_id = ledger->file_id, .sequence = 1};

        disk_page_write(buffer, &page, index, ledger->promised + index * DISK_PAGE_BLOCKS,
                blocks_of(ledger, index));
}

void disk_ledger_first_root(const struct disk_ledger *ledger, void *buffer)
{
        struct disk_root root = {.file_id = ledger->file_id, .sequence = 1};

        for (uint64_t i = 0; i < ledger->layout.n_pages; i++)
                root.marks += disk_page_mark(i, 1);
        disk_root_write(buffer, &root);
}

/* ---- at work ---- */

void disk_ledger_touch(struct disk_ledger *ledger, uint64_t block, size_t n)
{
        uint64_t last = (block + n - 1) / DISK_PAGE_BLOCKS;

        for (uint64_t i = block / DISK_PAGE_BLOCKS; i <= last; i++)
                ledger->pages[i].dirty = true;
}

/* Also in what was noted before: the block has changed since. */
void disk_ledger_doubt(struct disk_ledger *ledger, uint64_t block, size_t n)
{
        for (size_t i = 0; i < n; i++)
                ledger->promised[block + i] = ledger->noted[block + i] = DISK_NO_PROMISE;
        disk_ledger_touch(ledger, block, n);
}

static void note_page(struct disk_ledger *ledger, const struct disk_map *map, uint64_t index)
{
        uint64_t first = index * DISK_PAGE_BLOCKS, end = first + blocks_of(ledger, index);

        for (uint64_t b = first; b < end; b++)
                ledger->noted[b] =
                        disk_map_certain(map, b) ? map->generations[b] : ledger->promised[b];
        ledger->pages[index].noted = true;
        ledger->pages[index].dirty = false;
}

static struct disk_ledger_io sync_io(void)
{
        return (struct disk_ledger_io){.kind = DISK_LEDGER_SYNC};
}

static struct disk_ledger_io write_pages(struct disk_ledger *ledger)
{
        const struct disk_page page = {ledger->file_id, ledger->round, ledger->sequence};
        const struct disk_ledger_page *pages = ledger->pages;
        uint64_t i = ledger->cursor, first;
        unsigned slot;

        while (!pages[i].due)
                i++;
        first = i;
        slot = !pages[i].current;
        for (; i < ledger->layout.n_pages && i - first < RUN_PAGES; i++) {
                if (!pages[i].due || pages[i].current == slot)
                        break;
                disk_page_write((char *)ledger->buffer + (i - first) * DISK_BLOCK_SIZE, &page, i,
                        ledger->promised + i * DISK_PAGE_BLOCKS, blocks_of(ledger, i));
        }
        ledger->cursor = first;
        ledger->run = i - first;
        return (struct disk_ledger_io){
                .kind = DISK_LEDGER_WRITE,
                .buffer = ledger->buffer,
                .size = ledger->run * DISK_BLOCK_SIZE,
                .offset = disk_layout_page(&ledger->layout, first, slot),
        };
}

static struct disk_ledger_io write_root(struct disk_ledger *ledger)
{
        struct disk_root root = {ledger->file_id, ledger->sequence, ledger->marks};

        disk_root_write(ledger->buffer, &root);
        return (struct disk_ledger_io){
                .kind = DISK_LEDGER_WRITE,
                .buffer = ledger->buffer,
                .size = DISK_BLOCK_SIZE,
                .offset = disk_layout_root(ledger->root_slot),
        };
}

static void begin_round(struct disk_ledger *ledger, const struct disk_map *map)
{
        if (ledger->root_due) {
                ledger->step = DISK_LEDGER_WRITE_ROOT;
        } else {
                ledger->step = DISK_LEDGER_SYNC_DATA;
                for (uint64_t i = 0; i < ledger->layout.n_pages; i++)
                        if (ledger->pages[i].dirty)
                                note_page(ledger, map, i);
        }
}

struct disk_ledger_io disk_ledger_next(
        struct disk_ledger *ledger, const struct disk_map *map, bool begin)
{
        if (ledger->step == DISK_LEDGER_IDLE && begin)
                begin_round(ledger, map);
        switch (ledger->step) {
        case DISK_LEDGER_SYNC_DATA:
        case DISK_LEDGER_SYNC_PAGES:
                return sync_io();
        case DISK_LEDGER_WRITE_PAGES:
                return write_pages(ledger);
        case DISK_LEDGER_WRITE_ROOT:
                return write_root(ledger);
        case DISK_LEDGER_IDLE:
                break;
        }
        return (struct disk_ledger_io){.kind = DISK_LEDGER_NOTHING};
}

static bool any_due(const struct disk_ledger *ledger)
{
        for (uint64_t i = ledger->cursor; i < ledger->layout.n_pages; i++)
                if (ledger->pages[i].due)
                        return true;
        return false;
}

static void promise_noted(struct disk_ledger *ledger)
{
        for (uint64_t i = 0; i < ledger->layout.n_pages; i++) {
                uint64_t first = i * DISK_PAGE_BLOCKS;

                if (!ledger->pages[i].noted)
                        continue;
                memcpy(ledger->promised + first, ledger->noted + first,
                        blocks_of(ledger, i) * sizeof *ledger->promised);
                ledger->pages[i].noted = false;
                ledger->pages[i].due = true;
        }
        ledger->cursor = 0;
}

/* A sync failed. Also what was acknowledged after it was sent may have been dropped with the rest.
 */
static void forget_noted(struct disk_ledger *ledger, struct disk_map *map)
{
        for (uint64_t i = 0; i < ledger->layout.n_pages; i++) {
                uint64_t first = i * DISK_PAGE_BLOCKS, end = first + blocks_of(ledger, i);

                ledger->pages[i].dirty |= ledger->pages[i].noted;
                ledger->pages[i].noted = false;
                if (!ledger->pages[i].dirty)
                        continue;
                for (uint64_t b = first; b < end; b++)
                        if (map->generations[b] != ledger->promised[b])
                                disk_map_suspect(map, b);
        }
}

static void seal(struct disk_ledger *ledger)
{
        ledger->sequence = ledger->round;
        ledger->root_slot = !ledger->root_slot;
        for (uint64_t i = 0; i < ledger->layout.n_pages; i++) {
                struct disk_ledger_page *page = &ledger->pages[i];

                if (!page->due)
                        continue;
                ledger->marks -= disk_page_mark(i, page->sequences[page->current]);
                page->current = !page->current;
                page->sequences[page->current] = ledger->sequence;
                ledger->marks += disk_page_mark(i, ledger->sequence);
                page->due = false;
        }
        ledger->root_due = true;
}

void disk_ledger_adopt(struct disk_ledger *ledger)
{
        ledger->counted = ledger->sequence;
        if (ledger->newest > ledger->sequence)
                seal(ledger);
        ledger->round = (ledger->newest / LIFE_ROUNDS + 1) * LIFE_ROUNDS;
}

static enum disk_ledger_event done_failed(struct disk_ledger *ledger, struct disk_map *map)
{
        enum disk_ledger_step step = ledger->step;

        ledger->step = DISK_LEDGER_IDLE;
        if (step == DISK_LEDGER_SYNC_DATA || step == DISK_LEDGER_SYNC_PAGES) {
                ledger->root_due = true;
                forget_noted(ledger, map);
        }
        return step == DISK_LEDGER_SYNC_DATA ? DISK_LEDGER_SYNC_FAILED : DISK_LEDGER_FAILED;
}

enum disk_ledger_event disk_ledger_done(
        struct disk_ledger *ledger, struct disk_map *map, long result)
{
        bool pages = ledger->step == DISK_LEDGER_WRITE_PAGES,
             root = ledger->step == DISK_LEDGER_WRITE_ROOT;

        if (result < 0 || (pages && (uint64_t)result != ledger->run * DISK_BLOCK_SIZE) ||
                (root && result != DISK_BLOCK_SIZE))
                return done_failed(ledger, map);
        switch (ledger->step) {
        case DISK_LEDGER_SYNC_DATA:
                ledger->counted = ledger->sequence;
                promise_noted(ledger);
                ledger->step = DISK_LEDGER_IDLE;
                if (any_due(ledger)) {
                        ledger->step = DISK_LEDGER_WRITE_PAGES;
                        ledger->round++;
                }
                return DISK_LEDGER_SYNCED;
        case DISK_LEDGER_WRITE_PAGES:
                ledger->cursor += ledger->run;
                if (!any_due(ledger))
                        ledger->step = DISK_LEDGER_SYNC_PAGES;
                return DISK_LEDGER_GOES_ON;
        case DISK_LEDGER_SYNC_PAGES:
                seal(ledger);
                ledger->step = DISK_LEDGER_WRITE_ROOT;
                return DISK_LEDGER_RECORDED;
        case DISK_LEDGER_WRITE_ROOT:
                ledger->root_due = false;
                break;
        case DISK_LEDGER_IDLE:
                break;
        }
        ledger->step = DISK_LEDGER_IDLE;
        return DISK_LEDGER_GOES_ON;
}
