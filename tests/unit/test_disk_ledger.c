/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's pages and roots as they stand on the disk, and its rounds one step at a time.
 * test_disk_ledger_life.c lets it live through thousands of power cuts.
 */
#include "unit.h"

#include "crc32c.h"
#include "ledger.h"
#include "macro.h"
#include "rng.h"

#include <errno.h>
#include <string.h>

enum {
        SIZE = DISK_BLOCK_SIZE,
        N = DISK_PAGE_BLOCKS,
        SMALL = 3 * N, /* blocks of the ledger under test: */
        PAGES = 3,
};

#define FILE_ID UINT64_C(0x1122334455667788)

struct piece {
        unsigned char bytes[SIZE];
} __attribute__((aligned(8)));

/* ---- pages and roots ---- */

static void fill_promises(uint32_t *promises)
{
        for (uint32_t i = 0; i < N; i++)
                promises[i] = i * 7 + 1;
}

static void pages_come_back(void **state)
{
        static const unsigned lengths[] = {1, 500, N};
        uint32_t promises[N], read[N];
        struct piece piece;

        fill_promises(promises);
        for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
                struct disk_page page = {FILE_ID, 421 + i, 419}, back;

                disk_page_write(piece.bytes, &page, 5, promises, lengths[i]);
                assert_int_equal(
                        disk_page_read(piece.bytes, FILE_ID, 5, &back, read, lengths[i]), 0);
                assert_int_equal(back.sequence, 421 + i);
                assert_int_equal(back.after, 419);
                assert_memory_equal(read, promises, lengths[i] * sizeof *read);
        }
}

/* Files outlive programs: the places of all fields are for ever. */
static void places_of_fields(void **state)
{
        static const unsigned char id[] = {0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11},
                                   sequence[] = {6, 5, 4, 3, 2, 1, 0, 0},
                                   index[] = {9, 0, 0, 0, 2, 0, 0, 0},
                                   promises[] = {3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0};
        struct disk_page page = {FILE_ID, UINT64_C(0x010203040506), UINT64_C(0x010203040504)};
        struct disk_root root = {FILE_ID, UINT64_C(0x010203040506), UINT64_C(0x0403)};
        uint32_t crc, list[] = {3, 4};
        struct piece piece;

        memset(&piece, 0xee, sizeof piece);
        disk_page_write(piece.bytes, &page, 9, list, 2);
        crc = crc32c_table(0, piece.bytes + 8, SIZE - 8);
        assert_memory_equal(piece.bytes, "TLlp", 4);
        assert_memory_equal(piece.bytes + 4, &crc, 4);
        assert_memory_equal(piece.bytes + 8, id, 8);
        assert_memory_equal(piece.bytes + 16, sequence, 8);
        assert_memory_equal(piece.bytes + 24, index, 8);
        assert_memory_equal(piece.bytes + 32, promises, 12);
        memset(&piece, 0xee, sizeof piece);
        disk_root_write(piece.bytes, &root);
        assert_memory_equal(piece.bytes, "TLlr", 4);
        assert_memory_equal(piece.bytes + 8, id, 8);
        assert_memory_equal(piece.bytes + 16, sequence, 8);
        assert_memory_equal(piece.bytes + 24, "\x03\x04\0\0\0\0\0\0\0\0", 10);
}

/* Any single bit, and any tear between two versions. */
static void damage_is_noticed(void **state)
{
        uint32_t promises[N], read[N];
        struct disk_page page = {FILE_ID, 4, 3}, back = {0};
        struct piece good, older, piece;
        struct disk_root root;

        fill_promises(promises);
        disk_page_write(good.bytes, &page, 1, promises, N);
        page.sequence = 2;
        page.after = 1;
        promises[N - 1]++; /* or a tear behind it would leave a sound page */
        disk_page_write(older.bytes, &page, 1, promises, N);
        piece = good;
        for (size_t bit = 0; bit < SIZE * 8; bit++) {
                piece.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
                assert_case(disk_page_read(piece.bytes, FILE_ID, 1, &back, read, N) == -EBADMSG,
                        "bit %zu", bit);
                piece.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        }
        for (size_t cut = 512; cut < SIZE; cut += 512) {
                memcpy(piece.bytes, older.bytes, cut);
                memcpy(piece.bytes + cut, good.bytes + cut, SIZE - cut);
                assert_case(disk_page_read(piece.bytes, FILE_ID, 1, &back, read, N) == -EBADMSG,
                        "cut at %zu", cut);
        }
        memset(&piece, 0, sizeof piece);
        assert_int_equal(disk_page_read(piece.bytes, 0, 0, &back, read, 0), -EBADMSG);
        assert_int_equal(disk_root_read(piece.bytes, 0, &root), -EBADMSG);
        assert_int_equal(disk_root_read(good.bytes, FILE_ID, &root), -EBADMSG);
        assert_int_equal(back.sequence, 0);
}

static void strangers_are_told_apart(void **state)
{
        uint32_t promises[N], read[N];
        struct disk_page page = {FILE_ID, 4, 3}, back = {0};
        struct disk_root root = {FILE_ID, 4, 0};
        struct piece piece;

        fill_promises(promises);
        disk_page_write(piece.bytes, &page, 1, promises, N);
        assert_int_equal(disk_page_read(piece.bytes, FILE_ID + 1, 1, &back, read, N), -EXDEV);
        assert_int_equal(disk_page_read(piece.bytes, FILE_ID, 2, &back, read, N), -EXDEV);
        assert_int_equal(
                disk_page_read(piece.bytes, FILE_ID, 1 + (UINT64_C(1) << 32), &back, read, N),
                -EXDEV);
        disk_root_write(piece.bytes, &root);
        assert_int_equal(disk_root_read(piece.bytes, FILE_ID + 1, &root), -EXDEV);
}

/* A page is torn, and what it lacks comes with another one that is torn as well: only the promises
 * would fit. */
static void two_torn_pages_make_no_whole_one(void **state)
{
        struct disk_page seven = {FILE_ID, 7, 6}, eight = {FILE_ID, 8, 6}, back;
        uint32_t promises[N], read[N];
        struct piece piece, next;

        fill_promises(promises);
        disk_page_write(piece.bytes, &seven, 1, promises, N);
        disk_page_write(next.bytes, &eight, 1, promises, N);
        for (size_t cut = 512; cut < SIZE; cut += 512) {
                struct piece torn = piece;

                memcpy(torn.bytes + cut, next.bytes + cut, SIZE - cut);
                assert_case(disk_page_read(torn.bytes, FILE_ID, 1, &back, read, N) == -EBADMSG,
                        "cut at %zu", cut);
        }
}

/* ---- rounds ---- */

/* A ledger, the map that it works for, and its part of the file. */
struct fixture {
        struct disk_layout layout;
        struct disk_ledger ledger, after; /* after: as it is read back */
        struct disk_map map;
        struct piece file[3 + 2 * PAGES];
};

static struct piece *at(struct fixture *f, uint64_t offset)
{
        return &f->file[offset / SIZE];
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);

        f->layout = disk_layout(disk_layout_size(SMALL));
        assert_int_equal(f->layout.n_pages, PAGES);
        assert_int_equal(disk_ledger_init(&f->ledger, &f->layout, FILE_ID), 0);
        assert_int_equal(disk_map_init(&f->map, SMALL), 0);
        for (uint64_t i = 0; i < PAGES; i++)
                disk_ledger_first_page(
                        &f->ledger, i, at(f, disk_layout_page(&f->layout, i, 0))->bytes);
        disk_ledger_first_root(&f->ledger, at(f, disk_layout_root(0))->bytes);
        for (uint64_t b = 0; b < SMALL; b++)
                disk_map_learn(&f->map, b, 1);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;

        disk_ledger_fini(&f->ledger);
        disk_ledger_fini(&f->after);
        disk_map_fini(&f->map);
        free(f);
        return 0;
}

static enum disk_ledger_fault read_back(struct fixture *f, struct disk_ledger *ledger)
{
        disk_ledger_fini(ledger);
        assert_int_equal(disk_ledger_init(ledger, &f->layout, FILE_ID), 0);
        for (unsigned slot = 0; slot < 2; slot++) {
                disk_ledger_take_root(ledger, slot, at(f, disk_layout_root(slot))->bytes);
                for (uint64_t i = 0; i < PAGES; i++)
                        disk_ledger_take_page(ledger, i, slot,
                                at(f, disk_layout_page(&f->layout, i, slot))->bytes);
        }
        return disk_ledger_conclude(ledger);
}

static void begin(struct fixture *f)
{
        assert_int_equal(read_back(f, &f->ledger), DISK_LEDGER_SOUND);
}

static void acknowledge(struct fixture *f, uint64_t block)
{
        disk_map_acknowledge(&f->map, block, 1);
        disk_ledger_touch(&f->ledger, block, 1);
}

static enum disk_ledger_event do_io(struct fixture *f, const struct disk_ledger_io *io)
{
        if (io->kind == DISK_LEDGER_WRITE)
                memcpy(at(f, io->offset), io->buffer, io->size);
        return disk_ledger_done(&f->ledger, &f->map, (long)io->size);
}

/* One step that ends well; what it was. */
static enum disk_ledger_step step(struct fixture *f)
{
        struct disk_ledger_io io = disk_ledger_next(&f->ledger, &f->map, true);
        enum disk_ledger_step step = f->ledger.step;

        do_io(f, &io);
        return step;
}

/* The next step of a kind ends with that result; those before it end well. */
static enum disk_ledger_event fail_step(struct fixture *f, enum disk_ledger_step which, long result)
{
        for (int i = 0; i < 10; i++) {
                struct disk_ledger_io io = disk_ledger_next(&f->ledger, &f->map, true);

                if (f->ledger.step == which)
                        return disk_ledger_done(&f->ledger, &f->map, result);
                do_io(f, &io);
        }
        fail_msg("no such step comes");
        return DISK_LEDGER_GOES_ON;
}

static void whole_round(struct fixture *f)
{
        do
                step(f);
        while (f->ledger.step != DISK_LEDGER_IDLE);
}

static void a_round(void **state)
{
        struct fixture *f = *state;

        begin(f);
        assert_int_equal(f->ledger.sequence, 1);
        acknowledge(f, 5);
        acknowledge(f, 2 * N);
        assert_int_equal(step(f), DISK_LEDGER_SYNC_DATA);
        acknowledge(f, 6); /* too late for this one */
        assert_int_equal(step(f), DISK_LEDGER_WRITE_PAGES);
        assert_int_equal(step(f), DISK_LEDGER_WRITE_PAGES); /* the page between is as it was */
        assert_int_equal(step(f), DISK_LEDGER_SYNC_PAGES);
        assert_int_equal(f->ledger.sequence, 2);
        assert_int_equal(step(f), DISK_LEDGER_WRITE_ROOT);
        assert_int_equal(f->ledger.step, DISK_LEDGER_IDLE);
        assert_int_equal(f->ledger.counted, 1); /* no sync has come after the root */

        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.newest, 2);
        for (uint64_t b = 0; b < SMALL; b++)
                assert_int_equal(f->after.promised[b], b == 5 || b == 2 * N ? 2 : 1);
        whole_round(f);
        assert_int_equal(f->ledger.counted, 2);
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.promised[6], 2);
}

static void nothing_new_nothing_written(void **state)
{
        struct fixture *f = *state;

        begin(f);
        assert_int_equal(disk_ledger_next(&f->ledger, &f->map, false).kind, DISK_LEDGER_NOTHING);
        assert_int_equal(step(f), DISK_LEDGER_SYNC_DATA);
        assert_int_equal(f->ledger.step, DISK_LEDGER_IDLE);
        assert_int_equal(f->ledger.sequence, 1);
}

/* What was acknowledged while a sync failed is not promised by the next one that succeeds. */
static void failed_sync(void **state)
{
        struct fixture *f = *state;

        begin(f);
        acknowledge(f, 5);
        assert_int_equal(fail_step(f, DISK_LEDGER_SYNC_DATA, -EIO), DISK_LEDGER_SYNC_FAILED);
        acknowledge(f, 6);
        assert_int_equal(step(f), DISK_LEDGER_WRITE_ROOT); /* it may have been dropped, too */
        whole_round(f);
        assert_int_equal(f->ledger.promised[5], 1);
        assert_int_equal(f->ledger.promised[6], 2);
        acknowledge(f, 5);
        whole_round(f);
        assert_int_equal(f->ledger.promised[5], 3);
}

/* The same of the sync that is for the pages: it takes the data's errors with it. */
static void failed_sync_of_pages(void **state)
{
        struct fixture *f = *state;

        begin(f);
        acknowledge(f, 5);
        step(f);
        acknowledge(f, 6);
        assert_int_equal(fail_step(f, DISK_LEDGER_SYNC_PAGES, -EIO), DISK_LEDGER_FAILED);
        assert_int_equal(f->ledger.sequence, 1);
        assert_int_equal(step(f), DISK_LEDGER_WRITE_ROOT);
        whole_round(f);
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.promised[5], 2);
        assert_int_equal(f->after.promised[6], 1);
}

static void failed_writes_of_the_ledger(void **state)
{
        struct fixture *f = *state;

        begin(f);
        acknowledge(f, 5);
        assert_int_equal(fail_step(f, DISK_LEDGER_WRITE_PAGES, -ENOSPC), DISK_LEDGER_FAILED);
        assert_int_equal(fail_step(f, DISK_LEDGER_WRITE_PAGES, 512), DISK_LEDGER_FAILED);
        whole_round(f);
        assert_int_equal(f->ledger.sequence, 4);
        acknowledge(f, 5);
        assert_int_equal(fail_step(f, DISK_LEDGER_WRITE_ROOT, -EIO), DISK_LEDGER_FAILED);
        assert_int_equal(step(f), DISK_LEDGER_WRITE_ROOT);
        assert_int_equal(f->ledger.sequence, 5);
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.promised[5], 3);
}

/* A write that fails takes the promise with it, also one that is about to be made. */
static void failed_write_of_a_block(void **state)
{
        struct fixture *f = *state;

        begin(f);
        acknowledge(f, 5);
        step(f);
        disk_map_doubt(&f->map, 5, 1);
        disk_ledger_doubt(&f->ledger, 5, 1);
        acknowledge(f, 5); /* written again, but no sync has covered that */
        whole_round(f);
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.promised[5], DISK_NO_PROMISE);
        whole_round(f);
        assert_int_equal(f->ledger.promised[5], 4);
}

static void tear(struct piece *piece)
{
        memset(piece->bytes + SIZE / 2, 0xaa, SIZE / 2);
}

static void torn_page_falls_back(void **state)
{
        struct fixture *f = *state;

        begin(f);
        acknowledge(f, 5);
        step(f);
        step(f);
        tear(at(f, disk_layout_page(&f->layout, 0, 1)));
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.promised[5], 1);
        assert_int_equal(f->after.newest, 1);
}

/* Pages of a round whose root never came are as good, and the next start finishes that round. */
static void unfinished_round(void **state)
{
        struct fixture *f = *state;

        begin(f);
        acknowledge(f, 5);
        for (int i = 0; i < 2; i++)
                step(f);
        assert_int_equal(read_back(f, &f->ledger), DISK_LEDGER_SOUND);
        assert_int_equal(f->ledger.newest, 2);
        assert_int_equal(f->ledger.sequence, 1);
        assert_int_equal(f->ledger.promised[5], 2);
        disk_ledger_adopt(&f->ledger);
        assert_int_equal(f->ledger.sequence, 2);
        assert_int_equal(f->ledger.counted, 1);
        assert_int_equal(step(f), DISK_LEDGER_WRITE_ROOT);
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.sequence, 2);
}

static void lost_pages(void **state)
{
        struct fixture *f = *state;

        tear(at(f, disk_layout_page(&f->layout, 1, 0)));
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_PAGE_LOST);
        for (uint64_t i = 0; i < PAGES; i++)
                assert_int_equal(disk_ledger_page_lost(&f->after, i), i == 1);
        assert_int_equal(f->after.promised[N], 1);
        tear(at(f, disk_layout_root(0)));
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_NO_ROOT);
}

/* A page, or the root, is put back to what it was two rounds before. */
static void lost_updates(void **state)
{
        struct fixture *f = *state;
        struct piece keep[3 + 2 * PAGES];

        begin(f);
        for (int i = 0; i < 3; i++) {
                acknowledge(f, 5);
                whole_round(f);
        }
        memcpy(keep, f->file, sizeof keep);
        for (int i = 0; i < 2; i++) {
                acknowledge(f, 5);
                whole_round(f);
        }
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_SOUND);
        assert_int_equal(f->after.newest, 6);
        for (unsigned slot = 0; slot < 2; slot++) {
                uint64_t offset = disk_layout_page(&f->layout, 0, slot);
                struct piece now = *at(f, offset);

                *at(f, offset) = keep[offset / SIZE];
                /* the older copy of the two is not needed any more */
                assert_int_equal(read_back(f, &f->after), f->ledger.pages[0].current == slot
                                                                  ? DISK_LEDGER_UPDATE_LOST
                                                                  : DISK_LEDGER_SOUND);
                *at(f, offset) = now;
        }
        *at(f, disk_layout_root(0)) = keep[1];
        *at(f, disk_layout_root(1)) = keep[2];
        assert_int_equal(read_back(f, &f->after), DISK_LEDGER_UPDATE_LOST);
        assert_int_equal(f->after.newest, 6);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pages_come_back),
                cmocka_unit_test(places_of_fields),
                cmocka_unit_test(damage_is_noticed),
                cmocka_unit_test(strangers_are_told_apart),
                cmocka_unit_test(two_torn_pages_make_no_whole_one),
                cmocka_unit_test_setup_teardown(a_round, setup, teardown),
                cmocka_unit_test_setup_teardown(nothing_new_nothing_written, setup, teardown),
                cmocka_unit_test_setup_teardown(failed_sync, setup, teardown),
                cmocka_unit_test_setup_teardown(failed_sync_of_pages, setup, teardown),
                cmocka_unit_test_setup_teardown(failed_writes_of_the_ledger, setup, teardown),
                cmocka_unit_test_setup_teardown(failed_write_of_a_block, setup, teardown),
                cmocka_unit_test_setup_teardown(torn_page_falls_back, setup, teardown),
                cmocka_unit_test_setup_teardown(unfinished_round, setup, teardown),
                cmocka_unit_test_setup_teardown(lost_pages, setup, teardown),
                cmocka_unit_test_setup_teardown(lost_updates, setup, teardown),
        };

        return cmocka_run_group_tests_name("disk_ledger", tests, NULL, NULL);
}
