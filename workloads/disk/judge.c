/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include "ledger_page.h"

#include <string.h>

#define SECTORS     (DISK_BLOCK_SIZE / DISK_SECTOR_SIZE)
#define ALL_SECTORS ((1u << SECTORS) - 1)

const char *disk_verdict_name(enum disk_verdict verdict)
{
        static const char *const names[N_DISK_VERDICTS] = {
                [DISK_KEPT] = "kept",
                [DISK_KEPT_NEWER] = "newer",
                [DISK_UNPROMISED] = "unpromised",
                [DISK_TORN] = "torn",
                [DISK_LOST] = "lost",
                [DISK_DAMAGED] = "corrupt",
                [DISK_STRANGE] = "of another file",
                [DISK_ASTRAY] = "misplaced",
                [DISK_UNREADABLE] = "unreadable",
        };

        return names[verdict];
}

/* Which of the sectors are those of the block at a generation, as bits. */
static unsigned sectors_of(
        const char *buffer, uint64_t file_id, uint64_t number, uint32_t generation)
{
        uint64_t block[DISK_BLOCK_SIZE / sizeof(uint64_t)];
        unsigned found = 0;

        disk_block_write(block, file_id, number, generation);
        for (unsigned s = 0; s < SECTORS; s++)
                if (memcmp((const char *)block + s * DISK_SECTOR_SIZE,
                            buffer + s * DISK_SECTOR_SIZE, DISK_SECTOR_SIZE) == 0)
                        found |= 1u << s;
        return found;
}

/* Is every sector of some generation? They lie about that of the first one, which says it. */
static bool is_mixed(const char *buffer, uint64_t file_id, uint64_t number, uint32_t *ret_oldest,
        uint32_t *ret_newest)
{
        uint32_t said = disk_block_generation(buffer);
        unsigned found = sectors_of(buffer, file_id, number, said);

        if (!(found & 1))
                return false;
        *ret_oldest = *ret_newest = said;
        for (uint32_t d = 1; d <= DISK_TORN_REACH && found != ALL_SECTORS; d++) {
                unsigned older = sectors_of(buffer, file_id, number, said - d),
                         newer = sectors_of(buffer, file_id, number, said + d);

                if (older)
                        *ret_oldest = said - d;
                if (newer)
                        *ret_newest = said + d;
                found |= older | newer;
        }
        return found == ALL_SECTORS;
}

static enum disk_verdict judge_unsound(const char *buffer, uint64_t file_id, uint64_t number,
        uint32_t promised, uint32_t *ret_generation)
{
        uint32_t oldest, newest;

        if (!is_mixed(buffer, file_id, number, &oldest, &newest))
                return DISK_DAMAGED;
        if (disk_generation_older(oldest, promised)) {
                *ret_generation = oldest;
                return DISK_LOST;
        }
        *ret_generation = newest;
        return DISK_TORN;
}

enum disk_verdict disk_judge(const void *buffer, uint64_t file_id, uint64_t number,
        uint32_t promised, uint32_t *ret_generation)
{
        enum disk_fault fault;

        *ret_generation = 0;
        if (!buffer)
                return promised == DISK_NO_PROMISE ? DISK_UNPROMISED : DISK_UNREADABLE;
        fault = disk_block_read(buffer, file_id, number, ret_generation);
        if (promised == DISK_NO_PROMISE)
                return fault ? DISK_UNPROMISED : DISK_KEPT_NEWER;
        switch (fault) {
        case DISK_SOUND:
        case DISK_STALE: /* never by disk_block_read */
                break;
        case DISK_CORRUPT:
                return judge_unsound(buffer, file_id, number, promised, ret_generation);
        case DISK_FOREIGN:
                return DISK_STRANGE;
        case DISK_MISPLACED:
                return DISK_ASTRAY;
        }
        if (disk_generation_older(*ret_generation, promised))
                return DISK_LOST;
        return *ret_generation == promised ? DISK_KEPT : DISK_KEPT_NEWER;
}
