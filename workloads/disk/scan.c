/* SPDX-License-Identifier: Apache-2.0 */
#include "scan.h"

#include "direct.h"
#include "judge.h"
#include "macro.h"

#include <errno.h>
#include <inttypes.h>

/* Of a block whose generation nobody knows any more, the next ones are to be new: no block of the
 * file has been written so many times more than the one that was written most. */
#define LEAP (1u << 16)

struct scan {
        const struct disk_file *file;
        struct disk_ledger *ledger;
        struct disk_map *map;
        uint32_t newest;
        uint64_t n_torn;
        struct why *why;
};

#define WAY_OUT \
        "`tileload disk --verify-only` lists all that is wrong, `tileload disk cleanup` removes " \
        "the file so that the role can begin anew"

static int refuse(const struct scan *scan, uint64_t block, enum disk_verdict verdict,
        uint32_t generation, int error)
{
        uint64_t offset = disk_layout_block(&scan->file->layout, block);
        const char *path = scan->file->path;

        switch (verdict) {
        case DISK_LOST:
                return why_set(scan->why, -EBADMSG, "--file", path,
                        "the disk has lost what it had acknowledged: the block at offset %" PRIu64
                        " has generation %" PRIu32 " where %" PRIu32 " was synced; " WAY_OUT,
                        offset, generation, scan->ledger->promised[block]);
        case DISK_UNREADABLE:
                return why_set(scan->why, error, "--file", path,
                        "cannot be read at offset %" PRIu64 ": %s", offset, disk_error_text(error));
        default:
                return why_set(scan->why, -EBADMSG, "--file", path,
                        "the block at offset %" PRIu64
                        " is %s: the disk cannot be trusted, or somebody wrote to the "
                        "file; " WAY_OUT,
                        offset, disk_verdict_name(verdict));
        }
}

static int look_at_block(void *context, uint64_t block, const void *piece, int error)
{
        struct scan *scan = context;
        uint32_t promised = scan->ledger->promised[block], generation;
        enum disk_verdict verdict = disk_judge(piece, scan->file->id, block, promised, &generation);

        switch (verdict) {
        case DISK_KEPT:
        case DISK_KEPT_NEWER:
                disk_map_learn(scan->map, block, generation);
                if (generation != promised)
                        disk_ledger_touch(scan->ledger, block, 1);
                break;
        case DISK_TORN:
                scan->n_torn++;
                disk_map_learn_torn(scan->map, block, generation);
                break; /* no part is older than what was promised: that stays */
        case DISK_UNPROMISED:
                generation = scan->newest + LEAP;
                disk_map_learn_torn(scan->map, block, generation);
                return 0;
        default:
                return refuse(scan, block, verdict, generation, error);
        }
        if (disk_generation_older(scan->newest, generation))
                scan->newest = generation;
        return 0;
}

static int check_ledger(const struct scan *scan, enum disk_ledger_fault fault)
{
        static const char *const texts[] = {
                [DISK_LEDGER_NO_ROOT] = "its ledger has no readable root",
                [DISK_LEDGER_PAGE_LOST] = "its ledger has a page of which no copy is readable",
                [DISK_LEDGER_UPDATE_LOST] = "the disk has lost an update of its ledger",
        };

        if (fault == DISK_LEDGER_SOUND)
                return 0;
        return why_set(
                scan->why, -EBADMSG, "--file", scan->file->path, "%s; " WAY_OUT, texts[fault]);
}

int disk_scan(const struct disk_file *file, struct disk_ledger *ledger, struct disk_map *map,
        uint64_t *ret_torn, const struct stop *stop, struct why *why)
{
        struct scan scan = {.file = file, .ledger = ledger, .map = map, .newest = 1, .why = why};
        enum disk_ledger_fault fault;
        int r;

        *map = (struct disk_map){0};
        r = disk_file_ledger(file, ledger, stop, &fault, why);
        if (r == 0)
                r = check_ledger(&scan, fault);
        if (r < 0)
                return r;
        if (disk_map_init(map, file->layout.n_blocks) < 0)
                return why_errno(why, -ENOMEM, "--file", file->path);
        r = disk_walk(file->fd, file->layout.data_offset, file->layout.n_blocks, look_at_block,
                &scan, stop);
        /* What a killed role had written may still be on its way. */
        if (r == 0 && fdatasync(file->fd) < 0)
                return why_errno(why, -errno, "--file", file->path);
        if (r == 0) {
                disk_ledger_adopt(ledger);
                *ret_torn = scan.n_torn;
        } else if (r == -ECANCELED || r == -ENOMEM) { /* of the walk itself */
                why_errno(why, r, "--file", file->path);
        }
        return r;
}
