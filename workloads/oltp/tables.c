/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prepare and cleanup: the tables sbtest1 to sbtestN.
 *
 * A table's comment tells its state: made by us and being filled, or filled, with how many rows. It
 * is set to the latter as the last thing, so a prepare that was killed leaves a table that the next
 * one fills anew. A table without our comment is someone else's: it is neither used nor removed.
 */
#include "oltp.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define COMMENT_PREFIX  "tileload: "
#define COMMENT_FILLING COMMENT_PREFIX "being filled"
#define COMMENT_FILLED  COMMENT_PREFIX "filled, form 1, %" PRIu64 " rows"

/* An INSERT statement is sent when it has grown to this: well below every server's limit. */
#define STATEMENT_SIZE (512 * 1024)
#define ROW_SIZE       256 /* of one row's text in it, at most */

/* How many rows of a table that is there already have their content checked. */
#define SAMPLE_ROWS 1000

/* What is done for all tables with one connection. */
struct filler {
        const struct oltp_config *config;
        const struct stop *stop;
        struct connection connection;
        uint32_t table; /* the one at hand */
        char name[32];  /* its name */
        char *text;     /* [STATEMENT_SIZE] */
        size_t size;    /* of the statement in text */
};

static int run(struct filler *filler, MYSQL_RES **ret_result, struct why *why, const char *format,
        ...) _printf_(4, 5);

static int run(
        struct filler *filler, MYSQL_RES **ret_result, struct why *why, const char *format, ...)
{
        char sql[1024];
        va_list arguments;
        int size;

        va_start(arguments, format);
        size = vsnprintf(sql, sizeof(sql), format, arguments);
        va_end(arguments);
        if (size < 0 || (size_t)size >= sizeof(sql))
                return why_errno(why, -EMSGSIZE, filler->name, NULL);
        return connection_run(&filler->connection, filler->name, sql, (size_t)size, filler->stop,
                ret_result, why);
}

/* ---- filling ---- */

static int create_table(struct filler *filler, struct why *why)
{
        return run(filler, NULL, why,
                "CREATE TABLE %s ("
                "id INTEGER NOT NULL AUTO_INCREMENT, "
                "k INTEGER NOT NULL DEFAULT 0, "
                "c CHAR(120) NOT NULL DEFAULT '', "
                "pad CHAR(60) NOT NULL DEFAULT '', "
                "PRIMARY KEY (id)) ENGINE = InnoDB COMMENT = '" COMMENT_FILLING "'",
                filler->name);
}

static void append(struct filler *filler, const void *data, size_t size)
{
        memcpy(filler->text + filler->size, data, size);
        filler->size += size;
}

static void append_row(struct filler *filler, uint32_t id, struct rng *rng)
{
        char c[DRAW_C_SIZE], pad[DRAW_PAD_SIZE], numbers[64];
        uint64_t k = 1 + rng_below(rng, filler->config->table_size), text_seed = rng_u64(rng);
        int n;

        draw_c(c, filler->table, id, text_seed);
        draw_pad(pad, text_seed);
        n = snprintf(numbers, sizeof(numbers), "(%" PRIu32 ",%" PRIu64 ",'", id, k);
        append(filler, numbers, (size_t)n);
        append(filler, c, sizeof(c));
        append(filler, "','", 3);
        append(filler, pad, sizeof(pad));
        append(filler, "'),", 3);
}

/* The rows from *id on that fit into one statement; *id is then the next one. */
static int insert_rows(struct filler *filler, uint64_t *id, struct rng *rng, struct why *why)
{
        filler->size = (size_t)snprintf(filler->text, STATEMENT_SIZE,
                "INSERT INTO %s (id, k, c, pad) VALUES ", filler->name);
        while (*id <= filler->config->table_size && filler->size + ROW_SIZE < STATEMENT_SIZE)
                append_row(filler, (uint32_t)(*id)++, rng);
        filler->size--; /* the last comma */
        return connection_run(&filler->connection, filler->name, filler->text, filler->size,
                filler->stop, NULL, why);
}

/* The content of a table is always the same: it depends on its number and size only. */
static int fill_table(struct filler *filler, struct why *why)
{
        uint64_t id = 1;
        struct rng rng;
        int r;

        rng_init(&rng, filler->config->table_size, filler->table);
        r = create_table(filler, why);
        while (r == 0 && id <= filler->config->table_size)
                r = insert_rows(filler, &id, &rng, why);
        if (r == 0)
                r = run(filler, NULL, why, "CREATE INDEX k_%" PRIu32 " ON %s (k)", filler->table,
                        filler->name);
        if (r == 0)
                r = run(filler, NULL, why, "ALTER TABLE %s COMMENT = '" COMMENT_FILLED "'",
                        filler->name, filler->config->table_size);
        return r;
}

/* ---- what is there already ---- */

enum table_state {
        TABLE_ABSENT,
        TABLE_FOREIGN, /* not made by us */
        TABLE_OTHER,   /* ours, but half filled, or of another size or form */
        TABLE_FILLED,  /* says so: its content is still to be checked */
};

static int read_state(struct filler *filler, enum table_state *ret, struct why *why)
{
        MYSQL_RES *result;
        MYSQL_ROW row;
        char filled[80];
        int r;

        r = run(filler, &result, why,
                "SELECT TABLE_COMMENT FROM information_schema.TABLES "
                "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '%s'",
                filler->name);
        if (r < 0)
                return r;
        snprintf(filled, sizeof(filled), COMMENT_FILLED, filler->config->table_size);
        row = mysql_fetch_row(result);
        if (!row)
                *ret = TABLE_ABSENT;
        else if (!row[0] || strncmp(row[0], COMMENT_PREFIX, strlen(COMMENT_PREFIX)) != 0)
                *ret = TABLE_FOREIGN;
        else
                *ret = strcmp(row[0], filled) == 0 ? TABLE_FILLED : TABLE_OTHER;
        mysql_free_result(result);
        return 0;
}

/* The first field of the first row as a number, 0 without one; frees the result. */
static uint64_t take_number(MYSQL_RES *result)
{
        MYSQL_ROW row = mysql_fetch_row(result);
        uint64_t number = row && row[0] ? strtoull(row[0], NULL, 10) : 0;

        mysql_free_result(result);
        return number;
}

static int schema_right(struct filler *filler, bool *ret, struct why *why)
{
        uint64_t columns, indexes;
        MYSQL_RES *result;
        int r;

        r = run(filler, &result, why,
                "SELECT COUNT(*) FROM information_schema.COLUMNS "
                "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '%s' AND "
                "(COLUMN_NAME, DATA_TYPE, IFNULL(CHARACTER_MAXIMUM_LENGTH, 0)) IN "
                "(('id', 'int', 0), ('k', 'int', 0), ('c', 'char', 120), ('pad', 'char', 60))",
                filler->name);
        if (r < 0)
                return r;
        columns = take_number(result);
        r = run(filler, &result, why,
                "SELECT COUNT(*) FROM information_schema.STATISTICS "
                "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '%s' AND SEQ_IN_INDEX = 1 AND "
                "((INDEX_NAME = 'PRIMARY' AND COLUMN_NAME = 'id') OR "
                "(INDEX_NAME = 'k_%" PRIu32 "' AND COLUMN_NAME = 'k'))",
                filler->name, filler->table);
        if (r < 0)
                return r;
        indexes = take_number(result);
        *ret = columns == 4 && indexes == 2;
        return 0;
}

/* As many rows as there should be, the first and the last where they should be: ids being unique,
 * all are there. */
static int rows_right(struct filler *filler, bool *ret, struct why *why)
{
        MYSQL_RES *result;
        int r;

        r = run(filler, &result, why,
                "SELECT COUNT(*) = %" PRIu64 " AND MIN(id) = 1 AND MAX(id) = %" PRIu64 " FROM %s",
                filler->config->table_size, filler->config->table_size, filler->name);
        if (r < 0)
                return r;
        *ret = take_number(result) == 1;
        return 0;
}

/* Has someone else written into it (sysbench, for one, puts in texts of its own)? */
static int sample_right(struct filler *filler, bool *ret, struct why *why)
{
        uint64_t step = filler->config->table_size / SAMPLE_ROWS + 1;
        MYSQL_RES *result;
        MYSQL_ROW row;
        int r;

        r = run(filler, &result, why, "SELECT id, c FROM %s WHERE id %% %" PRIu64 " = 0",
                filler->name, step);
        if (r < 0)
                return r;
        *ret = true;
        while (*ret && (row = mysql_fetch_row(result)))
                *ret = row[0] && row[1] &&
                       draw_c_matches(row[1], strlen(row[1]), filler->table,
                               (uint32_t)strtoul(row[0], NULL, 10));
        mysql_free_result(result);
        return 0;
}

static int content_right(struct filler *filler, bool *ret, struct why *why)
{
        int r;

        r = schema_right(filler, ret, why);
        if (r == 0 && *ret)
                r = rows_right(filler, ret, why);
        if (r == 0 && *ret)
                r = sample_right(filler, ret, why);
        return r;
}

static int drop_table(struct filler *filler, struct why *why)
{
        return run(filler, NULL, why, "DROP TABLE %s", filler->name);
}

static int make_table(struct filler *filler, struct why *why)
{
        enum table_state state;
        bool right = false;
        int r;

        r = read_state(filler, &state, why);
        if (r < 0)
                return r;
        if (state == TABLE_FOREIGN)
                return why_set(why, -EEXIST, "table", filler->name,
                        "is there, but was not made by tileload: drop it, or name another "
                        "--database");
        if (state == TABLE_FILLED)
                r = content_right(filler, &right, why);
        if (r < 0 || right)
                return r;
        if (state != TABLE_ABSENT)
                r = drop_table(filler, why);
        return r < 0 ? r : fill_table(filler, why);
}

/* ---- the two verbs ---- */

static void filler_end(struct filler *filler)
{
        free(filler->text);
        connection_close(&filler->connection);
        connection_thread_end();
}

/* Of two that prepare one database, the second waits, and finds the tables made. The lock goes with
 * the connection. */
static int lock(struct filler *filler, struct why *why)
{
        snprintf(filler->name, sizeof(filler->name), "lock on the database");
        return run(filler, NULL, why, "DO GET_LOCK(CONCAT('tileload ', MD5(DATABASE())), 86400)");
}

static void choose_table(struct filler *filler, uint32_t table)
{
        filler->table = table;
        snprintf(filler->name, sizeof(filler->name), "sbtest%" PRIu32, table);
}

int oltp_prepare(const void *config, const struct stop *stop, struct why *why)
{
        _cleanup_(filler_end) struct filler filler = {.config = config, .stop = stop};
        int r;

        filler.text = malloc(STATEMENT_SIZE);
        if (!filler.text)
                return why_errno(why, -ENOMEM, "prepare", NULL);
        r = connection_open(&filler.connection, &filler.config->connection, true, why);
        if (r == 0)
                r = lock(&filler, why);
        for (uint32_t table = 1; table <= filler.config->tables && r == 0; table++) {
                choose_table(&filler, table);
                r = make_table(&filler, why);
        }
        return r;
}

/* Every table of ours that is there, also of a prepare with more tables. The database stays: that
 * it was made by prepare is nowhere written. */
int oltp_cleanup(const void *config, const struct stop *stop, struct why *why)
{
        _cleanup_(filler_end) struct filler filler = {.config = config, .stop = stop};
        MYSQL_RES *result;
        MYSQL_ROW row;
        int r;

        r = connection_open(&filler.connection, &filler.config->connection, false, why);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = lock(&filler, why);
        if (r < 0)
                return r;
        r = run(&filler, &result, why,
                "SELECT SUBSTRING(TABLE_NAME, 7) FROM information_schema.TABLES "
                "WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME REGEXP '^sbtest[0-9]+$' AND "
                "TABLE_COMMENT LIKE '" COMMENT_PREFIX "%%'");
        if (r < 0)
                return r;
        while (r == 0 && (row = mysql_fetch_row(result))) {
                choose_table(&filler, (uint32_t)strtoul(row[0], NULL, 10));
                r = drop_table(&filler, why);
        }
        mysql_free_result(result);
        return r;
}
