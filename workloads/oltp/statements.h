/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The transaction's statements, prepared on the server once a connection, and run with every answer
 * checked: its number of rows, and the content where one row was asked for.
 */
#pragma once

#include "connection.h"
#include "plan.h"

struct statements {
        MYSQL_STMT **handles; /* [n_tables * N_STATEMENTS]; NULL where the shape has none */
        unsigned n_tables;

        /* What every statement's parameters and results are bound to. */
        uint32_t id, last_id, k;
        char c[DRAW_C_SIZE], pad[DRAW_PAD_SIZE];
        unsigned long c_size, pad_size;
        char got_c[DRAW_C_SIZE + 1]; /* one more, so that a text too long is seen as such */
        unsigned long got_c_size;
        int64_t got_sum;
        mysql_bool got_null;
};

/* Those of a transaction of this shape. Returns 0 or -errno with *why filled. */
int statements_open(struct statements *statements, struct connection *connection,
        const struct transaction_shape *shape, unsigned n_tables, struct why *why);
void statements_close(struct statements *statements);

enum fault statements_run(struct statements *statements, const struct operation *operation);
