/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage pools and the volumes in them.
 */
#pragma once

#include "hosts.h"
#include "why.h"

#include <stdint.h>

struct template_volume;
struct _virStoragePool;

/* The directory that an active pool keeps its volumes in (malloc'd), for the guests' console logs;
 * NULL when it is of a kind that has none. Returns 0 or -errno: -ENOENT when there is no such pool
 * or it is not active, with how to make it. */
int volumes_pool_directory(
        struct hosts *hosts, size_t host, const char *pool, char **ret, struct why *why);

/* ---- for the files of this room ---- */

/* 1 with its size, 0 when the (active) pool has none of that name, or -errno. */
int volumes_find(struct hosts *hosts, size_t host, const char *pool, const char *name,
        uint64_t *ret_capacity, struct why *why);

/* Raw, and sparse where the pool has files. -EEXIST when there is one of that name. */
int volumes_make(
        struct hosts *hosts, size_t host, const struct template_volume *volume, struct why *why);

/* 0 also when there is none; -ENOENT when the pool is not there or not active, so that nobody can
 * tell. */
int volumes_remove(
        struct hosts *hosts, size_t host, const char *pool, const char *name, struct why *why);

/* The active pool whose directory a file lies in: 1 with *ret to be freed, 0 when there is none, or
 * -errno. */
int volumes_pool_of_file(struct hosts *hosts, size_t host, const char *path,
        struct _virStoragePool **ret, struct why *why);
