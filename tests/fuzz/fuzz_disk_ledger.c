/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger of a disk role's file with bytes changed anywhere, also so that its checksums are right
 * again: whatever it says then, it is read to the end, and what is called sound goes on being so.
 *
 * Every four bytes of the input are one change: the piece of 4 KiB (with the highest bit: and put
 * its checksum right afterwards), the place in it (two bytes), the new value.
 */
#include "fuzz.h"

#include "crc32c.h"
#include "ledger.h"

#include <endian.h>
#include <string.h>

enum {
        SIZE = DISK_BLOCK_SIZE,
        BLOCKS = DISK_PAGE_BLOCKS + 100,
        PAGES = 2,
        PIECES = 3 + 2 * PAGES,
        MEND = 0x80,
};

#define FILE_ID UINT64_C(0x1234)

struct piece {
        unsigned char bytes[SIZE];
} __attribute__((aligned(8)));

struct file {
        struct disk_layout layout;
        struct disk_map map;
        struct piece pieces[PIECES];
};

static unsigned char *at(struct file *file, uint64_t offset)
{
        return file->pieces[offset / SIZE].bytes;
}

static enum disk_ledger_fault load(struct file *file, struct disk_ledger *ledger)
{
        CHECK(disk_ledger_init(ledger, &file->layout, FILE_ID) == 0);
        for (unsigned slot = 0; slot < 2; slot++) {
                disk_ledger_take_root(ledger, slot, at(file, disk_layout_root(slot)));
                for (uint64_t i = 0; i < PAGES; i++)
                        disk_ledger_take_page(ledger, i, slot,
                                at(file, disk_layout_page(&file->layout, i, slot)));
        }
        return disk_ledger_conclude(ledger);
}

static void one_round(struct file *file, struct disk_ledger *ledger)
{
        bool begin = true;

        for (;; begin = false) {
                struct disk_ledger_io io = disk_ledger_next(ledger, &file->map, begin);

                if (io.kind == DISK_LEDGER_NOTHING)
                        return;
                if (io.kind == DISK_LEDGER_WRITE) {
                        CHECK(io.offset >= SIZE && io.offset + io.size <= PIECES * SIZE);
                        memcpy(at(file, io.offset), io.buffer, io.size);
                }
                CHECK(disk_ledger_done(ledger, &file->map, (long)io.size) < DISK_LEDGER_FAILED);
        }
}

static void acknowledge(struct file *file, struct disk_ledger *ledger, uint64_t block)
{
        disk_map_acknowledge(&file->map, block, 1);
        disk_ledger_touch(ledger, block, 1);
}

/* Three rounds old. */
static void make(struct file *file)
{
        struct disk_ledger ledger;

        file->layout = disk_layout(disk_layout_size(BLOCKS));
        CHECK(disk_map_init(&file->map, BLOCKS) == 0);
        for (uint64_t b = 0; b < BLOCKS; b++)
                disk_map_learn(&file->map, b, 1);
        CHECK(disk_ledger_init(&ledger, &file->layout, FILE_ID) == 0);
        for (uint64_t i = 0; i < PAGES; i++)
                disk_ledger_first_page(&ledger, i, at(file, disk_layout_page(&file->layout, i, 0)));
        disk_ledger_first_root(&ledger, at(file, disk_layout_root(0)));
        disk_ledger_fini(&ledger);
        CHECK(load(file, &ledger) == DISK_LEDGER_SOUND);
        for (uint64_t round = 0; round < 3; round++) {
                acknowledge(file, &ledger, round);
                acknowledge(file, &ledger, DISK_PAGE_BLOCKS + round / 2);
                one_round(file, &ledger);
        }
        CHECK(ledger.sequence == 4);
        disk_ledger_fini(&ledger);
}

static void change(struct file *file, const uint8_t *data, size_t size)
{
        for (; size >= 4; data += 4, size -= 4) {
                unsigned char *piece = file->pieces[1 + (data[0] & ~MEND) % (PIECES - 1)].bytes;
                uint32_t crc;

                piece[(data[1] | data[2] << 8) % SIZE] = data[3];
                if (!(data[0] & MEND))
                        continue;
                crc = htole32(crc32c(0, piece + 8, SIZE - 8));
                memcpy(piece + 4, &crc, sizeof crc);
        }
}

/* One more round, and the same is read back. Numbers that are about to overflow are no finding. */
static void go_on(struct file *file, struct disk_ledger *ledger)
{
        struct disk_ledger after;

        disk_ledger_adopt(ledger);
        one_round(file, ledger); /* the root of a round that was not finished */
        acknowledge(file, ledger, 7);
        one_round(file, ledger);
        CHECK(load(file, &after) == DISK_LEDGER_SOUND);
        CHECK(after.newest == ledger->sequence);
        CHECK(after.promised[7] == file->map.generations[7]);
        CHECK(memcmp(after.promised, ledger->promised, BLOCKS * sizeof *after.promised) == 0);
        disk_ledger_fini(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct file file;
        struct disk_ledger ledger;
        enum disk_ledger_fault fault;

        memset(&file, 0, sizeof file);
        make(&file);
        change(&file, data, size);
        fault = load(&file, &ledger);
        CHECK(fault <= DISK_LEDGER_UPDATE_LOST);
        if (size < 4)
                CHECK(fault == DISK_LEDGER_SOUND && ledger.newest == 4);
        CHECK(ledger.newest >= ledger.sequence);
        if (fault == DISK_LEDGER_SOUND && ledger.newest < UINT32_MAX)
                go_on(&file, &ledger);
        disk_ledger_fini(&ledger);
        disk_map_fini(&file.map);
        return 0;
}
