/* SPDX-License-Identifier: Apache-2.0 */
/*
 * oltp: database transactions as sysbench's oltp_read_write has them, on its schema, so that its
 * figures and ours can stand side by side.
 */
#include "oltp.h"

#include <errno.h>
#include <stddef.h>

#define AT(member) offsetof(struct oltp_config, member)

/*
 * Ids are uniform where sysbench 1.0's default is "special", three quarters of whose draws fall on
 * 1 % of the rows: waits for locks would then set the pace, more than the host that is measured
 * does. sysbench itself has turned to uniform after 1.0.
 */
static const struct option options[] = {
        {"socket", OPTION_STRING, AT(connection.socket), NULL, "PATH",
                "unix socket of the database server"},
        {"host", OPTION_STRING, AT(connection.host), NULL, "HOST",
                "address of the database server, by TCP; without --socket 127.0.0.1"},
        {"port", OPTION_COUNT, AT(connection.port), "3306", "PORT", "its TCP port", .min = 1,
                .max = 65535},
        {"user", OPTION_STRING, AT(connection.user), "sbtest", "NAME", "database user"},
        {"password", OPTION_STRING, AT(connection.password), NULL, "TEXT",
                "its password; never shown", .secret = true},
        {"database", OPTION_STRING, AT(connection.database), "sbtest", "NAME",
                "database; prepare makes it if there is none of that name"},
        {"tables", OPTION_COUNT, AT(tables), "1", "N", "tables sbtest1 to sbtestN", .min = 1,
                .max = 10000},
        {"table-size", OPTION_COUNT, AT(table_size), "10000", "N", "rows in each table", .min = 1,
                .max = INT32_MAX},
        {"range-size", OPTION_COUNT, AT(range_size), "100", "N", "rows that a range query spans",
                .min = 1, .max = 1000000},
        {"distribution", OPTION_CHOICE, AT(distribution), "uniform", NULL, "how row ids are drawn",
                .choices = draw_distribution_names},
        {"transaction", OPTION_CHOICE, AT(transaction), "read-write", NULL,
                "what a transaction consists of", .choices = transaction_kind_names},
        {"connect-timeout", OPTION_DURATION, AT(connection.connect_timeout_ns), "5s", NULL,
                "longest wait for a connection, in whole seconds", .min = NS_PER_S,
                .max = 3600 * NS_PER_S},
        {"query-timeout", OPTION_DURATION, AT(connection.query_timeout_ns), "10s", NULL,
                "longest wait for an answer, in whole seconds", .min = NS_PER_S,
                .max = 3600 * NS_PER_S},
};

static const struct counter counters[N_OLTP_COUNTERS] = {
        [TRANSACTIONS] = {"transactions", COUNTER_WORK, "transactions",
                "Transactions committed, with every answer as expected."},
        [QUERIES] = {"queries", COUNTER_EVENT, "queries",
                "Queries answered as expected: reads, writes and others."},
        [READS] = {"reads", COUNTER_EVENT, "queries", "SELECT queries answered as expected."},
        [WRITES] = {"writes", COUNTER_EVENT, "queries",
                "UPDATE, DELETE and INSERT queries answered as expected."},
        [OTHERS] = {"others", COUNTER_EVENT, "queries",
                "BEGIN, COMMIT and ROLLBACK queries answered."},
        [ROWS_READ] = {"rows_read", COUNTER_EVENT, "rows", "Rows in the answers of reads."},
        [DEADLOCKS] = {"deadlocks", COUNTER_EVENT, "transactions",
                "Transactions rolled back for a deadlock, and sent again."},
        [LOCK_TIMEOUTS] = {"lock_timeouts", COUNTER_EVENT, "transactions",
                "Transactions rolled back for a long wait for a lock, and sent again."},
        [CONFLICTS] = {"conflicts", COUNTER_EVENT, "transactions",
                "Transactions rolled back for a row changed since their snapshot, and sent again."},
        [RECONNECTS] = {"reconnects", COUNTER_EVENT, "connections",
                "Connections made in place of lost ones."},
        [CONNECTIONS] = {"connections", COUNTER_GAUGE, "connections", "Connections open."},
        [CONNECTION_ERRORS] = {"connection_errors", COUNTER_ERROR, "transactions",
                "Transactions that failed as the connection was lost, or none could be made."},
        [TIMEOUTS] = {"timeouts", COUNTER_ERROR, "transactions",
                "Transactions with a query not answered within the query time-out."},
        [QUERY_ERRORS] = {"query_errors", COUNTER_ERROR, "transactions",
                "Transactions with a query that the server answered with an error."},
        [RETRIES_EXHAUSTED] = {"retries_exhausted", COUNTER_ERROR, "transactions",
                "Transactions given up after 100 retries."},
        [WRONG_COUNTS] = {"wrong_counts", COUNTER_WRONG, "transactions",
                "Transactions with an answer of more or fewer rows than the table has."},
        [WRONG_ROWS] = {"wrong_rows", COUNTER_WRONG, "transactions",
                "Transactions with a row that is not the one asked for, or is damaged."},
};

static const struct latency latencies[] = {
        {"transaction", "Time of a transaction, its retries included."},
};

static int oltp_check(void *data, struct why *why)
{
        struct oltp_config *config = data;

        return connection_check(&config->connection, why);
}

int client_connect(struct client *client, const struct oltp_config *config, struct why *why)
{
        int r;

        r = connection_open(&client->connection, &config->connection, false, why);
        if (r < 0)
                return r;
        r = statements_open(&client->statements, &client->connection,
                &transaction_shapes[config->transaction], (unsigned)config->tables, why);
        if (r < 0)
                connection_close(&client->connection);
        return r;
}

void client_disconnect(struct client *client)
{
        statements_close(&client->statements);
        connection_close(&client->connection);
}

static int oltp_setup(struct worker *worker, struct why *why)
{
        const struct oltp_config *config = worker->config;
        struct client *client;
        int r;

        client = calloc(1, sizeof(*client));
        if (!client)
                return why_errno(why, -ENOMEM, "database connection", NULL);
        client->plan_config = (struct plan_config){
                .kind = config->transaction,
                .distribution = config->distribution,
                .n_tables = (uint32_t)config->tables,
                .n_rows = (uint32_t)config->table_size,
                .range_size = (uint32_t)config->range_size,
                .text_salt = rng_mix(clock_real_ns()),
        };
        worker->state = client;
        r = client_connect(client, config, why);
        if (r == 0)
                worker_set(worker, CONNECTIONS, 1);
        return r;
}

static void oltp_teardown(struct worker *worker)
{
        if (worker->state) {
                client_disconnect(worker->state);
                free(worker->state);
                worker->state = NULL;
        }
        connection_thread_end();
}

extern const struct workload workload_oltp;
const struct workload workload_oltp = {
        .name = "oltp",
        .summary = "database transactions, sysbench's read/write mix",
        .flags = WORKLOAD_PACED | WORKLOAD_THREADS,
        .options = options,
        .n_options = ARRAY_SIZE(options),
        .config_size = sizeof(struct oltp_config),
        .counters = counters,
        .n_counters = N_OLTP_COUNTERS,
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .check = oltp_check,
        .prepare = oltp_prepare,
        .cleanup = oltp_cleanup,
        .setup = oltp_setup,
        .teardown = oltp_teardown,
        .step = oltp_step,
};
