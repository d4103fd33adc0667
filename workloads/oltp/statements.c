/* SPDX-License-Identifier: Apache-2.0 */
#include "statements.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define ERROR_NO_TABLE 1146

/* A bound parameter: which member of struct statements, and how. */
enum parameter {
        END,
        ID,
        LAST_ID,
        K,
        C,
        PAD,
};
#define PARAMETERS_MAX 4

static const struct sql {
        const char *before, *after; /* around the table's name */
        enum parameter parameters[PARAMETERS_MAX];
} sql[N_STATEMENTS] = {
        [POINT_SELECT] = {"SELECT c FROM ", " WHERE id = ?", {ID}},
        [SIMPLE_RANGE] = {"SELECT c FROM ", " WHERE id BETWEEN ? AND ?", {ID, LAST_ID}},
        [SUM_RANGE] = {"SELECT SUM(k) FROM ", " WHERE id BETWEEN ? AND ?", {ID, LAST_ID}},
        [ORDER_RANGE] = {"SELECT c FROM ", " WHERE id BETWEEN ? AND ? ORDER BY c", {ID, LAST_ID}},
        [DISTINCT_RANGE] = {"SELECT DISTINCT c FROM ", " WHERE id BETWEEN ? AND ? ORDER BY c",
                {ID, LAST_ID}},
        [INDEX_UPDATE] = {"UPDATE ", " SET k = k + 1 WHERE id = ?", {ID}},
        [NON_INDEX_UPDATE] = {"UPDATE ", " SET c = ? WHERE id = ?", {C, ID}},
        [DELETE] = {"DELETE FROM ", " WHERE id = ?", {ID}},
        [INSERT] = {"INSERT INTO ", " (id, k, c, pad) VALUES (?, ?, ?, ?)", {ID, K, C, PAD}},
};

static void bind_number(MYSQL_BIND *bind, uint32_t *number)
{
        bind->buffer_type = MYSQL_TYPE_LONG;
        bind->buffer = number;
        bind->is_unsigned = 1;
}

static void bind_text(MYSQL_BIND *bind, char *text, unsigned long capacity, unsigned long *size)
{
        bind->buffer_type = MYSQL_TYPE_STRING;
        bind->buffer = text;
        bind->buffer_length = capacity;
        bind->length = size;
}

static void bind_parameter(
        struct statements *statements, MYSQL_BIND *bind, enum parameter parameter)
{
        switch (parameter) {
        case ID:
                bind_number(bind, &statements->id);
                break;
        case LAST_ID:
                bind_number(bind, &statements->last_id);
                break;
        case K:
                bind_number(bind, &statements->k);
                break;
        case C:
                bind_text(bind, statements->c, sizeof(statements->c), &statements->c_size);
                break;
        case PAD:
                bind_text(bind, statements->pad, sizeof(statements->pad), &statements->pad_size);
                break;
        case END:
                break;
        }
}

/* Of the reads, only those that answer with one row are fetched: the others are counted. */
static bool fetches(enum statement statement)
{
        return statement == POINT_SELECT || statement == SUM_RANGE;
}

static bool bind_all(struct statements *statements, MYSQL_STMT *handle, enum statement s)
{
        MYSQL_BIND parameters[PARAMETERS_MAX] = {0};
        MYSQL_BIND result = {.is_null = &statements->got_null};

        for (unsigned i = 0; i < PARAMETERS_MAX && sql[s].parameters[i] != END; i++)
                bind_parameter(statements, &parameters[i], sql[s].parameters[i]);
        if (mysql_stmt_bind_param(handle, parameters) != 0)
                return false;
        if (!fetches(s))
                return true;
        if (s == SUM_RANGE) {
                result.buffer_type = MYSQL_TYPE_LONGLONG;
                result.buffer = &statements->got_sum;
        } else {
                bind_text(&result, statements->got_c, sizeof(statements->got_c),
                        &statements->got_c_size);
        }
        return mysql_stmt_bind_result(handle, &result) == 0;
}

static MYSQL_STMT **handle_of(struct statements *statements, unsigned table, enum statement s)
{
        return &statements->handles[(table - 1) * N_STATEMENTS + s];
}

static int why_prepare(struct why *why, MYSQL_STMT *handle, const char *table)
{
        if (mysql_stmt_errno(handle) == ERROR_NO_TABLE)
                return why_set(why, -ENOENT, "table", table,
                        "is not there: run \"tileload oltp prepare\" with the same options first");
        return why_set(why, -EIO, "table", table, "a statement on it cannot be prepared: %s",
                mysql_stmt_error(handle));
}

static int prepare_one(struct statements *statements, struct connection *connection, unsigned table,
        enum statement s, struct why *why)
{
        MYSQL_STMT *handle = mysql_stmt_init(connection->mysql);
        char name[32], text[160];

        if (!handle)
                return why_errno(why, -ENOMEM, "prepared statement", NULL);
        *handle_of(statements, table, s) = handle;
        snprintf(name, sizeof(name), "sbtest%u", table);
        snprintf(text, sizeof(text), "%s%s%s", sql[s].before, name, sql[s].after);
        if (mysql_stmt_prepare(handle, text, strlen(text)) != 0 || !bind_all(statements, handle, s))
                return why_prepare(why, handle, name);
        return 0;
}

int statements_open(struct statements *statements, struct connection *connection,
        const struct transaction_shape *shape, unsigned n_tables, struct why *why)
{
        int r = 0;

        *statements = (struct statements){
                .handles = calloc(n_tables * N_STATEMENTS, sizeof(*statements->handles)),
                .n_tables = n_tables,
                .c_size = DRAW_C_SIZE,
                .pad_size = DRAW_PAD_SIZE,
        };
        if (!statements->handles)
                return why_errno(why, -ENOMEM, "prepared statements", NULL);
        for (unsigned table = 1; table <= n_tables && r == 0; table++)
                for (enum statement s = 0; s < N_STATEMENTS && r == 0; s++)
                        if (shape->repeat[s] > 0)
                                r = prepare_one(statements, connection, table, s, why);
        if (r < 0)
                statements_close(statements);
        return r;
}

void statements_close(struct statements *statements)
{
        for (unsigned i = 0; statements->handles && i < statements->n_tables * N_STATEMENTS; i++)
                if (statements->handles[i])
                        mysql_stmt_close(statements->handles[i]);
        free(statements->handles);
        *statements = (struct statements){0};
}

static void fill_parameters(struct statements *statements, const struct operation *operation)
{
        statements->id = operation->id;
        statements->last_id = operation->last_id;
        statements->k = operation->k;
        if (operation->statement == NON_INDEX_UPDATE || operation->statement == INSERT)
                draw_c(statements->c, operation->table, operation->id, operation->text_seed);
        if (operation->statement == INSERT)
                draw_pad(statements->pad, operation->text_seed);
}

/* The one row that is fetched. */
static enum fault check_row(
        struct statements *statements, MYSQL_STMT *handle, const struct operation *operation)
{
        int r = mysql_stmt_fetch(handle);

        if (r == 1)
                return fault_of(mysql_stmt_errno(handle));
        if (r != 0 || statements->got_null)
                return FAULT_WRONG_ROW;
        /* k is 1 or more in every row, and is only ever counted up. */
        if (operation->statement == SUM_RANGE)
                return statements->got_sum >= operation->covered ? FAULT_NONE : FAULT_WRONG_ROW;
        return draw_c_matches(
                       statements->got_c, statements->got_c_size, operation->table, operation->id)
                       ? FAULT_NONE
                       : FAULT_WRONG_ROW;
}

static enum fault check_read(
        struct statements *statements, MYSQL_STMT *handle, const struct operation *operation)
{
        enum fault fault = FAULT_NONE;

        if (mysql_stmt_store_result(handle) != 0)
                return fault_of(mysql_stmt_errno(handle));
        if (mysql_stmt_num_rows(handle) != operation->answer)
                fault = FAULT_WRONG_COUNT;
        else if (fetches(operation->statement))
                fault = check_row(statements, handle, operation);
        mysql_stmt_free_result(handle);
        return fault;
}

enum fault statements_run(struct statements *statements, const struct operation *operation)
{
        MYSQL_STMT *handle = *handle_of(statements, operation->table, operation->statement);

        fill_parameters(statements, operation);
        if (mysql_stmt_execute(handle) != 0)
                return fault_of(mysql_stmt_errno(handle));
        if (statement_reads(operation->statement))
                return check_read(statements, handle, operation);
        return mysql_stmt_affected_rows(handle) == operation->answer ? FAULT_NONE
                                                                     : FAULT_WRONG_COUNT;
}
