/* SPDX-License-Identifier: Apache-2.0 */
#include "block.h"

#include "crc32c.h"
#include "macro.h"
#include "rng.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define HEADER_MAGIC   UINT64_C(0x656c6946644c6c54) /* "TlLdFile" */
#define HEADER_VERSION 2u                           /* 1 had no ledger */
#define BLOCK_MAGIC    0x6b624c54u                  /* "TLbk" */

struct raw_header {
        uint64_t magic;
        uint32_t version;
        uint32_t crc; /* of all that follows in the 4 KiB */
        uint64_t file_id;
        uint64_t size;
        uint32_t state;
        uint32_t block_size;
};

#define LANES         4
#define PAYLOAD_WORDS 508

struct raw_block {
        uint32_t magic;
        uint32_t crc; /* of all that follows */
        uint64_t file_id;
        uint64_t number;
        uint32_t generation;
        uint32_t reserved; /* 0 */
        uint64_t payload[PAYLOAD_WORDS];
};

_Static_assert(sizeof(struct raw_block) == DISK_BLOCK_SIZE, "a block is 4 KiB");
_Static_assert(PAYLOAD_WORDS % LANES == 0, "the payload is made in whole rows");

/* Both kinds have the CRC of all that is behind the field itself. */
static uint32_t crc_behind(const void *buffer, size_t crc_offset)
{
        size_t start = crc_offset + sizeof(uint32_t);

        return crc32c(0, (const char *)buffer + start, DISK_BLOCK_SIZE - start);
}

void disk_header_write(void *buffer, const struct disk_header *header)
{
        struct raw_header raw = {
                .magic = htole64(HEADER_MAGIC),
                .version = htole32(HEADER_VERSION),
                .file_id = htole64(header->file_id),
                .size = htole64(header->size),
                .state = htole32(header->state),
                .block_size = htole32(DISK_BLOCK_SIZE),
        };

        memset(buffer, 0, DISK_BLOCK_SIZE);
        memcpy(buffer, &raw, sizeof raw);
        raw.crc = htole32(crc_behind(buffer, offsetof(struct raw_header, crc)));
        memcpy(buffer, &raw, sizeof raw);
}

int disk_header_read(const void *buffer, struct disk_header *ret)
{
        struct raw_header raw;
        uint32_t state;

        memcpy(&raw, buffer, sizeof raw);
        if (le64toh(raw.magic) != HEADER_MAGIC)
                return -ENODATA;
        if (le32toh(raw.version) != HEADER_VERSION)
                return -EPROTONOSUPPORT;
        state = le32toh(raw.state);
        if (le32toh(raw.crc) != crc_behind(buffer, offsetof(struct raw_header, crc)) ||
                le32toh(raw.block_size) != DISK_BLOCK_SIZE ||
                (state != DISK_FILE_FILLING && state != DISK_FILE_COMPLETE))
                return -EBADMSG;
        *ret = (struct disk_header){
                .file_id = le64toh(raw.file_id),
                .size = le64toh(raw.size),
                .state = state,
        };
        return 0;
}

/* Xorshift (Marsaglia, "Xorshift RNGs", 2003) in independent lanes, which the compiler can turn
 * into vectors: content must cost little beside the I/O that carries it. */
static void payload_write(uint64_t *words, uint64_t key)
{
        uint64_t lanes[LANES];

        for (unsigned l = 0; l < LANES; l++)
                lanes[l] = rng_mix(key + l) | 1; /* 0 would stay 0 for ever */
        for (size_t i = 0; i < PAYLOAD_WORDS; i += LANES) {
                for (unsigned l = 0; l < LANES; l++) {
                        lanes[l] ^= lanes[l] << 13;
                        lanes[l] ^= lanes[l] >> 7;
                        lanes[l] ^= lanes[l] << 17;
                        words[i + l] = htole64(lanes[l]);
                }
        }
}

void disk_block_write(void *buffer, uint64_t file_id, uint64_t number, uint32_t generation)
{
        struct raw_block *raw = buffer;

        raw->magic = htole32(BLOCK_MAGIC);
        raw->file_id = htole64(file_id);
        raw->number = htole64(number);
        raw->generation = htole32(generation);
        raw->reserved = 0;
        payload_write(raw->payload, rng_mix(file_id ^ rng_mix(number ^ rng_mix(generation))));
        raw->crc = htole32(crc_behind(raw, offsetof(struct raw_block, crc)));
}

enum disk_fault disk_block_read(
        const void *buffer, uint64_t file_id, uint64_t number, uint32_t *ret_generation)
{
        const struct raw_block *raw = buffer;

        if (le32toh(raw->magic) != BLOCK_MAGIC ||
                le32toh(raw->crc) != crc_behind(raw, offsetof(struct raw_block, crc)))
                return DISK_CORRUPT;
        if (le64toh(raw->file_id) != file_id)
                return DISK_FOREIGN;
        if (le64toh(raw->number) != number)
                return DISK_MISPLACED;
        *ret_generation = le32toh(raw->generation);
        return DISK_SOUND;
}

uint32_t disk_block_generation(const void *buffer)
{
        const struct raw_block *raw = buffer;

        return le32toh(raw->generation);
}
