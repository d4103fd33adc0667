/* SPDX-License-Identifier: Apache-2.0 */
#include "fileset.h"

#include "macro.h"
#include "rng.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

const unsigned fileset_class_share[FILESET_CLASSES] = {35, 50, 14, 1};

char *fileset_path(char path[static FILESET_PATH_SIZE], struct fileset_name name)
{
        snprintf(path, FILESET_PATH_SIZE, "/dir%05u/class%u_%u", name.dir, name.class, name.file);
        return path;
}

bool fileset_parse(const char *path, unsigned dirs, struct fileset_name *ret)
{
        static const char form[] = "/dir#####/class#_#";
        unsigned dir = 0, class, file;

        /* The path has fixed width, so its digits stand at known places. */
        if (strlen(path) != sizeof form - 1)
                return false;
        for (size_t i = 0; form[i]; i++) {
                bool digit = path[i] >= '0' && path[i] <= '9';

                if (form[i] == '#' ? !digit : path[i] != form[i])
                        return false;
        }
        for (size_t i = 4; i < 9; i++)
                dir = dir * 10 + (unsigned)(path[i] - '0');
        class = (unsigned)(path[15] - '0');
        file = (unsigned)(path[17] - '0');
        if (dir >= dirs || class >= FILESET_CLASSES || file < 1 || file > FILESET_FILES_PER_CLASS)
                return false;
        *ret = (struct fileset_name){.dir = dir, .class = class, .file = file};
        return true;
}

size_t fileset_size(struct fileset_name name)
{
        size_t size = (size_t)name.file * 1024;

        for (unsigned i = 0; i < name.class; i++)
                size *= 10;
        return size / 10;
}

/*
 * A file is a sequence of 8-byte little-endian words, the i-th being rng_mix(key + i), where the
 * key is drawn from the name: counter mode, so that any part can be made without the ones before.
 */
static uint64_t key_of(struct fileset_name name)
{
        return rng_mix((uint64_t)name.dir << 16 | name.class << 8 | name.file);
}

/* Part of the one word at offset. Returns how many bytes of it were asked for. */
static size_t fill_part(uint64_t key, size_t offset, unsigned char *to, size_t size)
{
        uint64_t word = htole64(rng_mix(key + offset / 8));
        size_t skip = offset % 8, n = MIN(size, 8 - skip);

        memcpy(to, (const unsigned char *)&word + skip, n);
        return n;
}

void fileset_fill(struct fileset_name name, size_t offset, void *to, size_t size)
{
        uint64_t key = key_of(name);
        unsigned char *at = to;
        size_t n;

        if (offset % 8 && size > 0) {
                n = fill_part(key, offset, at, size);
                at += n, offset += n, size -= n;
        }
        for (; size >= 8; at += 8, offset += 8, size -= 8) {
                uint64_t word = htole64(rng_mix(key + offset / 8));

                memcpy(at, &word, 8);
        }
        if (size > 0)
                fill_part(key, offset, at, size);
}

bool fileset_check(struct fileset_name name, size_t offset, const void *data, size_t size)
{
        const unsigned char *at = data;
        unsigned char expected[1024];
        size_t n;

        /* Bytes that the file does not have can't be right. */
        if (offset > fileset_size(name) || size > fileset_size(name) - offset)
                return false;
        for (; size > 0; at += n, offset += n, size -= n) {
                n = MIN(size, sizeof expected);
                fileset_fill(name, offset, expected, n);
                if (memcmp(at, expected, n) != 0)
                        return false;
        }
        return true;
}
