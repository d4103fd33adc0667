/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger_page.h"

#include "crc32c.h"
#include "rng.h"

#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define PAGE_MAGIC 0x706c4c54u /* "TLlp" */
#define ROOT_MAGIC 0x726c4c54u /* "TLlr" */

/* Both begin so. */
struct raw_head {
        uint32_t magic;
        uint32_t crc; /* of all that follows in the 4 KiB */
        uint64_t file_id;
        uint64_t sequence;
};

#define SECTOR_WORDS  128u /* of 512 bytes */
#define SECTORS       (DISK_BLOCK_SIZE / 4 / SECTOR_WORDS)
#define FIRST_PROMISE 8u /* behind the head, the index and since_root */

/* Words of 4 bytes. The first one of each sector but the first sector is the sequence's lower half,
 * and all from FIRST_PROMISE on that are not are promises. */
union raw_page {
        struct {
                struct raw_head head;
                uint32_t index;
                uint32_t since_root; /* sequence - after */
        };
        uint32_t words[SECTORS][SECTOR_WORDS];
};

struct raw_root {
        struct raw_head head;
        uint64_t marks;
        uint8_t unused[DISK_BLOCK_SIZE - sizeof(struct raw_head) - 8]; /* 0 */
};

_Static_assert(sizeof(union raw_page) == DISK_BLOCK_SIZE, "a page is 4 KiB");
_Static_assert(offsetof(union raw_page, since_root) == (FIRST_PROMISE - 1) * 4, "no gaps");
_Static_assert(
        SECTORS *(SECTOR_WORDS - 1) - (FIRST_PROMISE - 1) == DISK_PAGE_BLOCKS, "all room is used");
_Static_assert(sizeof(struct raw_root) == DISK_BLOCK_SIZE, "a root is 4 KiB");

static uint32_t crc_of(const void *buffer)
{
        size_t start = offsetof(struct raw_head, crc) + sizeof(uint32_t);

        return crc32c(0, (const char *)buffer + start, DISK_BLOCK_SIZE - start);
}

static void head_write(struct raw_head *head, uint32_t magic, uint64_t file_id, uint64_t sequence)
{
        head->magic = htole32(magic);
        head->file_id = htole64(file_id);
        head->sequence = htole64(sequence);
}

static int head_read(const struct raw_head *head, uint32_t magic, uint64_t file_id)
{
        if (le32toh(head->magic) != magic || le32toh(head->crc) != crc_of(head) ||
                head->sequence == 0)
                return -EBADMSG;
        return le64toh(head->file_id) == file_id ? 0 : -EXDEV;
}

/* Where the promises of a sector are: words [ret, SECTOR_WORDS). */
static unsigned first_promise(unsigned sector)
{
        return sector == 0 ? FIRST_PROMISE : 1;
}

void disk_page_write(void *buffer, const struct disk_page *page, uint64_t index,
        const uint32_t *promises, unsigned n)
{
        union raw_page *raw = buffer;
        unsigned next = 0;

        for (unsigned s = 0; s < SECTORS; s++) {
                raw->words[s][0] = htole32((uint32_t)page->sequence);
                for (unsigned w = first_promise(s); w < SECTOR_WORDS; w++, next++)
                        raw->words[s][w] = next < n ? htole32(promises[next]) : 0;
        }
        head_write(&raw->head, PAGE_MAGIC, page->file_id, page->sequence);
        raw->index = htole32((uint32_t)index);
        raw->since_root = htole32((uint32_t)(page->sequence - page->after));
        raw->head.crc = htole32(crc_of(raw));
}

/* The CRC holds for all of it; this is about pages that were never written as they stand. */
static int check_page(const union raw_page *raw, uint64_t index)
{
        uint64_t sequence = le64toh(raw->head.sequence);

        for (unsigned s = 1; s < SECTORS; s++)
                if (le32toh(raw->words[s][0]) != (uint32_t)sequence)
                        return -EBADMSG;
        if (le32toh(raw->since_root) > sequence)
                return -EBADMSG;
        return le32toh(raw->index) == index ? 0 : -EXDEV;
}

int disk_page_read(const void *buffer, uint64_t file_id, uint64_t index, struct disk_page *ret,
        uint32_t *ret_promises, unsigned n)
{
        const union raw_page *raw = buffer;
        int r = head_read(&raw->head, PAGE_MAGIC, file_id);
        unsigned next = 0;

        if (r == 0)
                r = check_page(raw, index);
        if (r < 0)
                return r;
        for (unsigned s = 0; s < SECTORS; s++)
                for (unsigned w = first_promise(s); w < SECTOR_WORDS && next < n; w++)
                        ret_promises[next++] = le32toh(raw->words[s][w]);
        *ret = (struct disk_page){
                .file_id = file_id,
                .sequence = le64toh(raw->head.sequence),
        };
        ret->after = ret->sequence - le32toh(raw->since_root);
        return 0;
}

uint64_t disk_page_mark(uint64_t index, uint64_t sequence)
{
        return rng_mix(index ^ rng_mix(sequence));
}

void disk_root_write(void *buffer, const struct disk_root *root)
{
        struct raw_root *raw = buffer;

        memset(raw, 0, sizeof *raw);
        head_write(&raw->head, ROOT_MAGIC, root->file_id, root->sequence);
        raw->marks = htole64(root->marks);
        raw->head.crc = htole32(crc_of(raw));
}

int disk_root_read(const void *buffer, uint64_t file_id, struct disk_root *ret)
{
        const struct raw_root *raw = buffer;
        int r = head_read(&raw->head, ROOT_MAGIC, file_id);

        if (r < 0)
                return r;
        *ret = (struct disk_root){
                .file_id = le64toh(raw->head.file_id),
                .sequence = le64toh(raw->head.sequence),
                .marks = le64toh(raw->marks),
        };
        return 0;
}
