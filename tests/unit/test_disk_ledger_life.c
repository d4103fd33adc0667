/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger among failing writes, failing syncs, kills and power cuts, on a model of a disk that
 * keeps its contract and uses all the freedom that it leaves: what no sync has covered is there, or
 * is not, or is torn, each piece for itself.
 *
 * Whatever happens, no promise may be false, none that was on record may be missing, and the ledger
 * must be found sound. And a disk that does break the contract must be found out.
 */
#include "unit.h"

#include "ledger.h"
#include "macro.h"
#include "rng.h"

#include <errno.h>
#include <string.h>

enum {
        SIZE = DISK_BLOCK_SIZE,
        SECTOR = 512,
        N = DISK_PAGE_BLOCKS,
        PAGES = 40, /* more than one write takes */
        BLOCKS = PAGES * N - 300,
        HEAD = 3 + 2 * PAGES, /* pieces before the data */
        VERSIONS = 12,
        WRITES = 6,
        RUN = 4,
        STEPS = 150000,
};

#define FILE_ID UINT64_C(0x5151)

/* ---- the disk ---- */

enum version_state {
        UNDER_WAY,
        DONE,
        MAYBE, /* failed, or dropped by a sync that failed: no sync makes it certain */
};

/* What was written to a piece. Of data only the generations, of the ledger all bytes. */
struct version {
        uint32_t oldest, newest; /* not the same: torn */
        unsigned char *bytes;
        enum version_state state;
        uint64_t done_at;
};

struct piece {
        unsigned n; /* 1: only what is durable, [0] */
        struct version *versions;
        unsigned char *before; /* of the ledger: what had been durable here before that */
};

struct disk {
        struct piece pieces[HEAD + BLOCKS];
        unsigned open[HEAD + BLOCKS]; /* those with more than one version */
        unsigned n_open;
        uint64_t clock, sync_at;
};

static void disk_write(struct disk *disk, unsigned at, uint32_t generation, const void *bytes)
{
        struct piece *piece = &disk->pieces[at];
        struct version *v;

        if (piece->n == VERSIONS) { /* one choice less */
                free(piece->versions[1].bytes);
                memmove(piece->versions + 1, piece->versions + 2,
                        (VERSIONS - 2) * sizeof *piece->versions);
                piece->n--;
        }
        if (piece->n == 1)
                disk->open[disk->n_open++] = at;
        v = &piece->versions[piece->n++];
        *v = (struct version){generation, generation, NULL, UNDER_WAY, 0};
        if (bytes)
                v->bytes = memcpy(malloc(SIZE), bytes, SIZE);
}

static void disk_written(struct disk *disk, unsigned at, bool well)
{
        struct version *v = &disk->pieces[at].versions[disk->pieces[at].n - 1];

        v->state = well ? DONE : MAYBE;
        v->done_at = disk->clock++;
}

/* The versions before the i-th are gone. */
static void make_durable(struct piece *piece, unsigned i)
{
        if (i == 0)
                return;
        free(piece->before);
        piece->before = piece->versions[i - 1].bytes;
        for (unsigned k = 0; k + 1 < i; k++)
                free(piece->versions[k].bytes);
        piece->n -= i;
        memmove(piece->versions, piece->versions + i, piece->n * sizeof *piece->versions);
}

static void close_pieces(struct disk *disk)
{
        unsigned n = 0;

        for (unsigned i = 0; i < disk->n_open; i++)
                if (disk->pieces[disk->open[i]].n > 1)
                        disk->open[n++] = disk->open[i];
        disk->n_open = n;
}

static void disk_synced(struct disk *disk, struct rng *rng, bool well)
{
        for (unsigned i = 0; i < disk->n_open; i++) {
                struct piece *piece = &disk->pieces[disk->open[i]];
                unsigned last = 0;

                for (unsigned k = 1; k < piece->n; k++) {
                        struct version *v = &piece->versions[k];

                        if (v->state == DONE && !well && rng_below(rng, 2))
                                v->state = MAYBE;
                        else if (v->state == DONE && v->done_at < disk->sync_at)
                                last = k;
                }
                if (well)
                        make_durable(piece, last);
        }
        close_pieces(disk);
}

/* Any of the versions, or some sectors of each. */
static void piece_cut(struct piece *piece, struct rng *rng)
{
        bool torn = rng_below(rng, 10) < 4;
        unsigned choice = (unsigned)rng_below(rng, piece->n);
        struct version end = piece->versions[choice];
        unsigned char bytes[SIZE];

        for (unsigned s = 0; s < SIZE / SECTOR; s++) {
                const struct version *v;

                if (torn && s > 0)
                        choice = (unsigned)rng_below(rng, piece->n);
                v = &piece->versions[choice];
                end.oldest = MIN(end.oldest, v->oldest);
                end.newest = MAX(end.newest, v->newest);
                if (v->bytes)
                        memcpy(bytes + s * SECTOR, v->bytes + s * SECTOR, SECTOR);
        }
        make_durable(piece, piece->n - 1);
        if (piece->versions[0].bytes)
                memcpy(piece->versions[0].bytes, bytes, SIZE);
        piece->versions[0].oldest = end.oldest;
        piece->versions[0].newest = end.newest;
}

static void power_cut(struct disk *disk, struct rng *rng)
{
        for (unsigned i = 0; i < disk->n_open; i++)
                piece_cut(&disk->pieces[disk->open[i]], rng);
        disk->n_open = 0;
}

/* Only the writer is gone: its last writes come in or not, and nothing more is durable. */
static void writer_killed(struct disk *disk, struct rng *rng)
{
        for (unsigned i = 0; i < disk->n_open; i++) {
                struct piece *piece = &disk->pieces[disk->open[i]];

                for (unsigned k = piece->n - 1; k > 0; k--) {
                        if (piece->versions[k].state == DONE)
                                continue;
                        if (rng_below(rng, 2)) {
                                piece->versions[k].state = DONE;
                                piece->versions[k].done_at = disk->clock++;
                                continue;
                        }
                        free(piece->versions[k].bytes);
                        memmove(piece->versions + k, piece->versions + k + 1,
                                (piece->n - k - 1) * sizeof *piece->versions);
                        piece->n--;
                }
        }
        close_pieces(disk);
}

/* What a reader sees. */
static const struct version *disk_read(const struct disk *disk, unsigned at)
{
        return &disk->pieces[at].versions[disk->pieces[at].n - 1];
}

/* ---- the role ---- */

struct write {
        uint64_t block;
        unsigned n;
};

struct life {
        struct rng rng;
        struct disk disk;
        struct disk_layout layout;
        struct disk_ledger ledger;
        struct disk_map map;
        struct write writes[WRITES];
        unsigned n_writes;
        struct disk_ledger_io io; /* kind NOTHING: none */
        bool failures;

        uint32_t recorded[BLOCKS]; /* promises that are known to be on record, */
        uint64_t sequence;         /* and by which round */
        bool failed[BLOCKS];       /* a write of it failed since */
        uint64_t n_promises, n_torn, n_unfinished, n_found_out;
};

static bool chance(struct life *l, unsigned percent)
{
        return rng_below(&l->rng, 100) < percent;
}

static unsigned at(uint64_t offset)
{
        return (unsigned)(offset / SIZE);
}

static unsigned at_block(uint64_t block)
{
        return HEAD + (unsigned)block;
}

static enum disk_ledger_fault load(struct life *l, struct disk_ledger *ledger)
{
        assert_int_equal(disk_ledger_init(ledger, &l->layout, FILE_ID), 0);
        for (unsigned slot = 0; slot < 2; slot++) {
                disk_ledger_take_root(
                        ledger, slot, disk_read(&l->disk, at(disk_layout_root(slot)))->bytes);
                for (uint64_t i = 0; i < PAGES; i++)
                        disk_ledger_take_page(ledger, i, slot,
                                disk_read(&l->disk, at(disk_layout_page(&l->layout, i, slot)))
                                        ->bytes);
        }
        return disk_ledger_conclude(ledger);
}

static void learn(struct life *l, uint64_t block)
{
        const struct version *v = disk_read(&l->disk, at_block(block));
        uint32_t promised = l->ledger.promised[block];

        if (promised != DISK_NO_PROMISE) {
                assert_case(v->oldest >= promised, "block %d: %u lost, %u promised", (int)block,
                        v->oldest, promised);
                l->n_promises += promised > 1;
        }
        assert_case(
                promised >= l->recorded[block] || (promised == DISK_NO_PROMISE && l->failed[block]),
                "block %d: %u recorded, %u promised", (int)block, l->recorded[block], promised);
        if (v->oldest == v->newest) {
                disk_map_learn(&l->map, block, v->newest);
                if (v->newest != promised)
                        disk_ledger_touch(&l->ledger, block, 1);
        } else {
                l->n_torn++;
                disk_map_learn_torn(&l->map, block, v->newest);
        }
        /* What is promised now may be taken back by a write that fails, and that only. */
        l->recorded[block] = MIN(l->recorded[block], promised);
        l->failed[block] = false;
}

static void start(struct life *l)
{
        disk_ledger_fini(&l->ledger);
        disk_map_fini(&l->map);
        assert_int_equal(load(l, &l->ledger), DISK_LEDGER_SOUND);
        assert_true(l->ledger.sequence >= l->sequence);
        l->n_unfinished += l->ledger.newest > l->ledger.sequence;
        l->disk.sync_at = l->disk.clock++;
        disk_synced(&l->disk, &l->rng, true);
        disk_ledger_adopt(&l->ledger);
        assert_int_equal(disk_map_init(&l->map, BLOCKS), 0);
        for (uint64_t b = 0; b < BLOCKS; b++)
                learn(l, b);
        l->n_writes = 0;
        l->io.kind = DISK_LEDGER_NOTHING;
        l->failures = chance(l, 50);
}

static void write_some(struct life *l)
{
        struct write *w = &l->writes[l->n_writes];

        if (l->n_writes == WRITES)
                return;
        /* few blocks, many times; across the ends of pages, too */
        w->block = (1 + rng_below(&l->rng, PAGES - 1)) * N - rng_below(&l->rng, 3);
        w->n = 1 + (unsigned)rng_below(&l->rng, RUN);
        if (!disk_map_is_free(&l->map, w->block, w->n))
                return;
        disk_map_claim(&l->map, w->block, w->n);
        for (unsigned i = 0; i < w->n; i++)
                disk_write(&l->disk, at_block(w->block + i), l->map.generations[w->block + i] + 1,
                        NULL);
        l->n_writes++;
}

static void end_write(struct life *l)
{
        unsigned i = (unsigned)rng_below(&l->rng, MAX(l->n_writes, 1u));
        struct write w = l->writes[i];
        bool well = !l->failures || !chance(l, 5);

        if (l->n_writes == 0)
                return;
        l->writes[i] = l->writes[--l->n_writes];
        for (unsigned k = 0; k < w.n; k++) {
                disk_written(&l->disk, at_block(w.block + k), well);
                l->failed[w.block + k] |= !well;
        }
        if (well) {
                disk_map_acknowledge(&l->map, w.block, w.n);
                disk_ledger_touch(&l->ledger, w.block, w.n);
        } else {
                disk_map_doubt(&l->map, w.block, w.n);
                disk_ledger_doubt(&l->ledger, w.block, w.n);
        }
        disk_map_release(&l->map, w.block, w.n);
}

static void begin_ledger(struct life *l)
{
        if (l->io.kind != DISK_LEDGER_NOTHING)
                return;
        l->io = disk_ledger_next(&l->ledger, &l->map, chance(l, 20));
        if (l->io.kind == DISK_LEDGER_SYNC)
                l->disk.sync_at = l->disk.clock++;
        if (l->io.kind == DISK_LEDGER_WRITE)
                for (size_t i = 0; i < l->io.size; i += SIZE)
                        disk_write(&l->disk, at(l->io.offset + i), 0, (char *)l->io.buffer + i);
}

static void end_ledger(struct life *l)
{
        bool well = !l->failures || !chance(l, 8);
        long result = well ? (long)l->io.size : chance(l, 50) ? -EIO : 512;

        if (l->io.kind == DISK_LEDGER_NOTHING)
                return;
        if (l->io.kind == DISK_LEDGER_SYNC) {
                disk_synced(&l->disk, &l->rng, well);
                result = well ? 0 : -EIO;
        } else {
                for (size_t i = 0; i < l->io.size; i += SIZE)
                        disk_written(&l->disk, at(l->io.offset + i), well);
        }
        l->io.kind = DISK_LEDGER_NOTHING;
        switch (disk_ledger_done(&l->ledger, &l->map, result)) {
        case DISK_LEDGER_RECORDED:
                memcpy(l->recorded, l->ledger.promised, sizeof l->recorded);
                memset(l->failed, 0, sizeof l->failed);
                break;
        case DISK_LEDGER_SYNCED:
                l->sequence = l->ledger.counted;
                break;
        default:
                break;
        }
}

/* ---- a disk that loses updates ---- */

/* A copy of a page that a root counts becomes what it was before: that is noticed. */
static void lose_update(struct life *l)
{
        uint64_t i = rng_below(&l->rng, PAGES);
        const struct disk_ledger_page *page = &l->ledger.pages[i];
        struct piece *piece = &l->disk.pieces[at(disk_layout_page(&l->layout, i, page->current))];
        uint64_t root =
                l->ledger.roots[l->ledger.roots[1].sequence > l->ledger.roots[0].sequence].sequence;
        struct disk_ledger ledger;
        unsigned char *now;

        if (piece->n != 1 || !piece->before || page->sequences[page->current] > root ||
                memcmp(piece->before, piece->versions[0].bytes, SIZE) == 0)
                return;
        now = piece->versions[0].bytes;
        piece->versions[0].bytes = piece->before;
        assert_int_not_equal(load(l, &ledger), DISK_LEDGER_SOUND);
        disk_ledger_fini(&ledger);
        piece->versions[0].bytes = now;
        l->n_found_out++;
}

/* ---- */

static void make_file(struct life *l)
{
        unsigned char bytes[SIZE] __attribute__((aligned(8))) = {0};

        for (unsigned p = 0; p < HEAD + BLOCKS; p++) {
                struct piece *piece = &l->disk.pieces[p];

                piece->n = 1;
                piece->versions = calloc(VERSIONS, sizeof *piece->versions);
                piece->versions[0] = (struct version){1, 1, NULL, DONE, 0};
                if (p < HEAD)
                        piece->versions[0].bytes = calloc(1, SIZE);
        }
        assert_int_equal(disk_ledger_init(&l->ledger, &l->layout, FILE_ID), 0);
        for (uint64_t i = 0; i < PAGES; i++) {
                disk_ledger_first_page(&l->ledger, i, bytes);
                memcpy(l->disk.pieces[at(disk_layout_page(&l->layout, i, 0))].versions[0].bytes,
                        bytes, SIZE);
        }
        disk_ledger_first_root(&l->ledger, bytes);
        memcpy(l->disk.pieces[at(disk_layout_root(0))].versions[0].bytes, bytes, SIZE);
        for (uint64_t b = 0; b < BLOCKS; b++)
                l->recorded[b] = 1;
        l->sequence = 1;
}

static void life_free(struct life *l)
{
        for (unsigned p = 0; p < HEAD + BLOCKS; p++) {
                for (unsigned k = 0; k < l->disk.pieces[p].n; k++)
                        free(l->disk.pieces[p].versions[k].bytes);
                free(l->disk.pieces[p].versions);
                free(l->disk.pieces[p].before);
        }
        disk_ledger_fini(&l->ledger);
        disk_map_fini(&l->map);
        free(l);
}

static void many_lives(void **state)
{
        struct life *l = calloc(1, sizeof *l);

        rng_init(&l->rng, 20, 0);
        l->layout = disk_layout(disk_layout_size(BLOCKS));
        assert_int_equal(l->layout.n_pages, PAGES);
        make_file(l);
        start(l);
        for (int i = 0; i < STEPS; i++) {
                switch (rng_below(&l->rng, 4)) {
                case 0:
                        write_some(l);
                        break;
                case 1:
                        end_write(l);
                        break;
                case 2:
                        begin_ledger(l);
                        break;
                case 3:
                        end_ledger(l);
                        break;
                }
                if (rng_below(&l->rng, 400) != 0)
                        continue;
                if (chance(l, 30))
                        writer_killed(&l->disk, &l->rng);
                else
                        power_cut(&l->disk, &l->rng);
                start(l);
                lose_update(l);
        }
        /* All of it has really happened. */
        print_message("%d promises, %d torn blocks, %d unfinished rounds, %d lost updates\n",
                (int)l->n_promises, (int)l->n_torn, (int)l->n_unfinished, (int)l->n_found_out);
        assert_true(l->sequence > 500);
        assert_true(l->n_promises > 1000);
        assert_true(l->n_torn > 100);
        assert_true(l->n_unfinished > 10);
        assert_true(l->n_found_out > 100);
        life_free(l);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(many_lives),
        };

        return cmocka_run_group_tests_name("disk_ledger_life", tests, NULL, NULL);
}
