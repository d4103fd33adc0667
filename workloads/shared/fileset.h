/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The web servers' file set, known to server and client alike: names, sizes and contents follow
 * from three numbers, so a client can check any byte without being told it.
 *
 * The set is SPECweb96's and 99's: in each directory four classes of nine files, class c holding
 * files of i * 0.1 KB * 10^c for i = 1..9 (0.1-0.9, 1-9, 10-90, 100-900 KB; 1 KB = 1024 bytes): 36
 * files and about 5 MB. Request shares by class 35, 50, 14 and 1 %; directories by Zipf, alpha 1.
 * Paths: /dir00012/class2_7.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
        FILESET_CLASSES = 4,
        FILESET_FILES_PER_CLASS = 9,
        FILESET_FILES_PER_DIR = FILESET_CLASSES * FILESET_FILES_PER_CLASS,
        FILESET_MAX_DIRS = 99999,
        FILESET_PATH_SIZE = 32, /* enough for any path with its NUL */
};

/* Per cent of requests that go to each class. */
extern const unsigned fileset_class_share[FILESET_CLASSES];

struct fileset_name {
        unsigned dir;   /* 0 .. dirs-1 */
        unsigned class; /* 0 .. 3 */
        unsigned file;  /* 1 .. 9 */
};

char *fileset_path(char path[static FILESET_PATH_SIZE], struct fileset_name name);

/* The reverse; false for anything that fileset_path would not write, or dir >= dirs. */
bool fileset_parse(const char *path, unsigned dirs, struct fileset_name *ret);

size_t fileset_size(struct fileset_name name);

/* Content of [offset, offset + size) of a file: any part can be made or checked by itself. */
void fileset_fill(struct fileset_name name, size_t offset, void *to, size_t size);
bool fileset_check(struct fileset_name name, size_t offset, const void *data, size_t size);
