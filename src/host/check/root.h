/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading files below a root directory, which is / or a tree that stands for another host's.
 *
 * Paths are as on the host: "/proc/sys/fs/file-max". Links are followed within the root, also
 * absolute ones, where the kernel can do that (openat2, Linux 5.6); nothing is ever written.
 */
#pragma once

#include "why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct root {
        int fd;
        bool confined; /* not /: links must not lead out of it */
};

/* Returns 0, or -errno with *why: there is no such directory, or it is no host's root. */
int root_open(struct root *root, const char *path, struct why *why);
void root_close(struct root *root);

/* The file's text, NUL-terminated and without its last newline; cut at size - 1 bytes, and at a
 * NUL. Returns its length or -errno. */
ssize_t root_read(const struct root *root, const char *path, char *text, size_t size);

/* The whole file, to be freed, if it has at most max bytes: else -EFBIG. A NUL ends it. */
int root_read_whole(const struct root *root, const char *path, size_t max, char **ret);

/* A file that holds one decimal number. -EINVAL: something else stands there. */
int root_read_number(const struct root *root, const char *path, uint64_t *ret);

/* Follows links; false also for what may not be looked at. */
bool root_exists(const struct root *root, const char *path);

/* Where a symbolic link leads, as it is written. Returns its length or -errno. */
ssize_t root_read_link(const struct root *root, const char *path, char *text, size_t size);

/* The names in a directory, sorted as people would ("sda2" before "sda10"), but for . and .., and
 * for names with characters that cannot be printed. Free with root_names_free(). Returns 0 or
 * -errno; -ENOENT when there is no such directory. */
struct root_names {
        char **names;
        size_t n;
};

int root_list(const struct root *root, const char *path, struct root_names *ret);
void root_names_free(struct root_names *names);
