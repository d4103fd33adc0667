/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oltp: what its files share.
 *
 *         oltp.c        options, counters, setup and teardown
 *         transaction.c one step: a transaction with its retries, its errors by kind
 *         statements.c  server-side prepared statements, their answers checked
 *         connection.c  one connection: connect, time-outs, plain queries
 *         tables.c      prepare and cleanup
 *         plan.c draw.c fault.c   pure: what a transaction is, its ids and texts, error numbers
 */
#pragma once

#include "connection.h"
#include "plan.h"
#include "statements.h"
#include "workload.h"

struct oltp_config {
        struct connection_config connection;
        uint64_t tables, table_size, range_size;
        unsigned distribution; /* enum draw_distribution */
        unsigned transaction;  /* enum transaction_kind */
};

enum oltp_counter {
        TRANSACTIONS,
        QUERIES,
        READS,
        WRITES,
        OTHERS,
        ROWS_READ,
        DEADLOCKS,
        LOCK_TIMEOUTS,
        CONFLICTS,
        RECONNECTS,
        CONNECTIONS,
        CONNECTION_ERRORS,
        TIMEOUTS,
        QUERY_ERRORS,
        RETRIES_EXHAUSTED,
        WRONG_COUNTS,
        WRONG_ROWS,
        N_OLTP_COUNTERS,
};

/* A worker's state: one connection, and the transaction at hand. */
struct client {
        struct plan_config plan_config;
        struct plan plan;
        struct connection connection;
        struct statements statements;
        uint64_t query_sent_ns; /* when the query under way was sent */
        uint64_t backoff_ns;    /* of the last failed attempt to connect; 0: none failed */
        uint64_t retry_at_ns;   /* not before then is another attempt made */
};

/* Connects and prepares the statements. */
int client_connect(struct client *client, const struct oltp_config *config, struct why *why);
void client_disconnect(struct client *client);

/* transaction.c: the role's step. */
int oltp_step(struct worker *worker, struct why *why);

/* tables.c. Tables that it did not make, it neither uses nor removes. */
int oltp_prepare(const void *config, const struct stop *stop, struct why *why);
int oltp_cleanup(const void *config, const struct stop *stop, struct why *why);
