/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A transaction, drawn before it is sent: which statements, on which rows, with which answers.
 * Pure: no database here.
 *
 * It is drawn in one piece so that a transaction that the server rolled back (a deadlock) can be
 * sent again as it was, and so that a seed gives the same transactions whatever the server does.
 */
#pragma once

#include "draw.h"

/* The statements of sysbench's OLTP transactions, in the order in which a transaction has them. */
enum statement {
        POINT_SELECT,
        SIMPLE_RANGE,
        SUM_RANGE,
        ORDER_RANGE,
        DISTINCT_RANGE,
        INDEX_UPDATE,
        NON_INDEX_UPDATE,
        DELETE,
        INSERT,
        N_STATEMENTS,
};

enum transaction_kind {
        READ_WRITE,
        READ_ONLY,
        WRITE_ONLY,
        SINGLE_SELECT, /* one point select, not in BEGIN and COMMIT */
        N_TRANSACTION_KINDS,
};

/* The order is that of enum transaction_kind; ends with NULL. */
extern const char *const transaction_kind_names[];

struct transaction_shape {
        bool bracketed; /* in BEGIN and COMMIT */
        unsigned repeat[N_STATEMENTS];
};
extern const struct transaction_shape transaction_shapes[N_TRANSACTION_KINDS];

struct operation {
        enum statement statement;
        uint32_t table;     /* 1 .. n_tables */
        uint32_t id;        /* 1 .. n_rows */
        uint32_t last_id;   /* of a range; past the table's end as in sysbench, never clamped */
        uint32_t k;         /* INSERT */
        uint64_t text_seed; /* NON_INDEX_UPDATE and INSERT: of c and pad */
        uint32_t covered;   /* rows of the table that it reads or changes */
        uint32_t answer;    /* rows that the server must return, or report as changed: exact, as
                             * READ COMMITTED and all above it show a row that another transaction
                             * deletes and puts back at all times */
};

#define PLAN_MAX 20 /* the statements of the longest transaction, and some */

struct plan {
        const struct transaction_shape *shape;
        unsigned n_operations;
        struct operation operations[PLAN_MAX];
};

struct plan_config {
        enum transaction_kind kind;
        enum draw_distribution distribution;
        uint32_t n_tables;
        uint32_t n_rows;     /* of each table: their ids are 1 .. n_rows */
        uint32_t range_size; /* ids that a range spans */
        uint64_t text_salt;  /* goes into the texts written; into nothing else */
};

static inline bool statement_reads(enum statement statement)
{
        return statement <= DISTINCT_RANGE;
}

/*
 * The next transaction. It follows from *config and the state of *rng alone.
 *
 * Two runs of one seed on one table must differ in text_salt: the second would else write into a
 * row what the first one left there, which the server does not do, and reports as no row changed.
 */
void plan_draw(struct plan *plan, const struct plan_config *config, struct rng *rng);
