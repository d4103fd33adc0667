/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection to a MySQL or MariaDB server, by either's client library.
 *
 * The libraries reconnect by themselves only where asked to, which nothing here does: a connection
 * that was lost took its transaction and its prepared statements with it, so whoever uses it must
 * know.
 */
#pragma once

#include "fault.h"
#include "stop.h"
#include "why.h"

#include <mysql.h>

/* MariaDB's library still has the type of its own that MySQL 8 gave up for bool. */
#ifdef MARIADB_PACKAGE_VERSION
#define mysql_bool my_bool
#else
#define mysql_bool bool
#endif

struct connection_config {
        char *socket; /* a path; NULL: by TCP */
        char *host;
        uint64_t port;
        char *user;
        char *password; /* NULL: none */
        char *database;
        uint64_t connect_timeout_ns;
        uint64_t query_timeout_ns;
};

struct connection {
        MYSQL *mysql; /* NULL: none */
};

/* Are the address and the name of the database usable? Completes the default host. */
int connection_check(struct connection_config *config, struct why *why);

/* Returns 0 or -errno with *why saying what the user can mend; -ENOENT: there is no such database
 * there. With create, that one is made. */
int connection_open(struct connection *connection, const struct connection_config *config,
        bool create, struct why *why);
void connection_close(struct connection *connection);

/* A query without rows in its answer. */
enum fault connection_query(struct connection *connection, const char *sql);

/* As connection_query(), for those that may take minutes: waits for the answer as long as it takes,
 * or until stop. Returns 0, -ECANCELED (the connection is then only good for closing), or -EIO with
 * *why filled, `what` naming the thing that was to be done. With ret_result, the answer's rows: the
 * caller frees them. */
int connection_run(struct connection *connection, const char *what, const char *sql, size_t size,
        const struct stop *stop, MYSQL_RES **ret_result, struct why *why);

/* Ends the thread's use of the library, after its last connection_close(). */
void connection_thread_end(void);
