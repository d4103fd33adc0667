/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest 7's database server: a MariaDB of our own in an empty directory, without accounts, reached
 * by nothing but a unix socket.
 *
 * It refuses to run as root, so root runs it as another user. That user need not be able to reach
 * the directory by its path (below a 0700 home, say): the server is started in it and knows it by
 * /proc/self/cwd.
 */
#pragma once

#include "why.h"

#include <stdint.h>
#include <sys/types.h>

enum {
        DATABASE_ARGUMENTS = 32,
};

struct database {
        char program[4096]; /* absolute path */
        char user[64];      /* "": the one that we are */
        uid_t uid;
        gid_t gid;
        char buffer_pool[64], log_file[64]; /* arguments; "": as in systemd/database-options */
};

/* Which program, as which user: looks in $TILELOAD_MARIADBD alone, or else in $PATH and where
 * distributions have it. Returns 0, or -errno: there is none, or no user to run it as. */
int database_find(struct database *database, struct why *why);

/* Has its buffer pool and its log file made with so many bytes instead. */
void database_set_memory(struct database *database, uint64_t bytes);

/* Prepares an empty directory for a server. Returns 0 or -errno. */
int database_prepare(const struct database *database, int directory_fd, struct why *why);

/* The server's arguments, for a working directory that database_prepare() prepared; its socket is
 * there. argv ends with NULL and points into *database. */
void database_arguments(const struct database *database, const char *argv[DATABASE_ARGUMENTS]);

/* struct child_config.enter, with the database as its context: goes to its data directory and
 * becomes its user. */
int database_enter(const void *database);
