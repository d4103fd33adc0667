/* SPDX-License-Identifier: Apache-2.0 */
#include "oltp.h"

/* sysbench tries a transaction again for ever; one that fails as often as this in a row meets
 * something else than bad luck. */
#define RETRIES_MAX 100

/* Between attempts to reach a server that is gone: doubled from the first to the last. */
#define BACKOFF_FIRST_NS (50 * NS_PER_MS)
#define BACKOFF_LAST_NS  (500 * NS_PER_MS)

static void answered(struct worker *worker, enum oltp_counter kind)
{
        worker_add(worker, QUERIES, 1);
        worker_add(worker, kind, 1);
}

/* BEGIN, COMMIT or ROLLBACK. */
static enum fault bracket(struct worker *worker, const char *sql)
{
        struct client *client = worker->state;
        enum fault fault;

        client->query_sent_ns = clock_now_ns();
        fault = connection_query(&client->connection, sql);
        if (fault == FAULT_NONE)
                answered(worker, OTHERS);
        return fault;
}

static enum fault run_operation(struct worker *worker, const struct operation *operation)
{
        struct client *client = worker->state;
        enum fault fault;

        client->query_sent_ns = clock_now_ns();
        fault = statements_run(&client->statements, operation);
        if (fault != FAULT_NONE)
                return fault;
        if (statement_reads(operation->statement)) {
                answered(worker, READS);
                worker_add(worker, ROWS_READ, operation->answer);
        } else {
                answered(worker, WRITES);
        }
        return FAULT_NONE;
}

static enum fault run_plan(struct worker *worker)
{
        struct client *client = worker->state;
        const struct plan *plan = &client->plan;
        enum fault fault = FAULT_NONE;

        if (plan->shape->bracketed)
                fault = bracket(worker, "BEGIN");
        for (unsigned i = 0; i < plan->n_operations && fault == FAULT_NONE; i++)
                fault = run_operation(worker, &plan->operations[i]);
        if (plan->shape->bracketed && fault == FAULT_NONE)
                fault = bracket(worker, "COMMIT");
        return fault;
}

/* Counts a transaction that came to nothing, in the one counter of its kind. */
static int failed(struct worker *worker, enum oltp_counter kind)
{
        worker_add(worker, kind, 1);
        return STEP_FAILED;
}

static void set_backoff(struct client *client)
{
        client->backoff_ns = client->backoff_ns == 0 ? BACKOFF_FIRST_NS
                                                     : MIN(2 * client->backoff_ns, BACKOFF_LAST_NS);
        client->retry_at_ns = clock_now_ns() + client->backoff_ns;
}

static void drop_connection(struct worker *worker)
{
        client_disconnect(worker->state);
        worker_set(worker, CONNECTIONS, 0);
}

/* True with a connection. Between two attempts a closed loop waits; an open loop's operations fall
 * due all the same, and fail at once. */
static bool reconnect(struct worker *worker)
{
        struct client *client = worker->state;

        if (client->connection.mysql)
                return true;
        if (client->retry_at_ns > clock_now_ns()) {
                if (worker->pace.config.mode == PACE_OPEN)
                        return false;
                if (stop_wait_until(worker->stop, client->retry_at_ns))
                        return false;
        }
        if (client_connect(client, worker->config, NULL) < 0) {
                set_backoff(client);
                return false;
        }
        client->backoff_ns = client->retry_at_ns = 0;
        worker_add(worker, RECONNECTS, 1);
        worker_set(worker, CONNECTIONS, 1);
        return true;
}

static int fail_lost(struct worker *worker)
{
        const struct oltp_config *config = worker->config;
        struct client *client = worker->state;
        bool waited = clock_now_ns() - client->query_sent_ns >= config->connection.query_timeout_ns;

        drop_connection(worker);
        return failed(worker, waited ? TIMEOUTS : CONNECTION_ERRORS);
}

/* Nothing of a transaction that failed may remain. A server that does not even roll back has lost
 * the connection or must: closing it rolls back too. */
static void undo(struct worker *worker)
{
        struct client *client = worker->state;

        if (client->plan.shape->bracketed && bracket(worker, "ROLLBACK") != FAULT_NONE)
                drop_connection(worker);
}

static void count_retry(struct worker *worker, enum fault fault)
{
        if (fault == FAULT_DEADLOCK)
                worker_add(worker, DEADLOCKS, 1);
        else if (fault == FAULT_LOCK_TIMEOUT)
                worker_add(worker, LOCK_TIMEOUTS, 1);
        else
                worker_add(worker, CONFLICTS, 1);
}

/* Sends the transaction again until it ends otherwise than in a deadlock and the like. */
static enum fault run_with_retries(struct worker *worker)
{
        struct client *client = worker->state;

        for (unsigned attempt = 0;; attempt++) {
                enum fault fault = run_plan(worker);

                if (fault == FAULT_NONE || fault == FAULT_LOST)
                        return fault;
                undo(worker);
                if (!fault_retryable(fault))
                        return fault;
                count_retry(worker, fault);
                if (!client->connection.mysql || attempt == RETRIES_MAX || worker_stopping(worker))
                        return fault;
        }
}

int oltp_step(struct worker *worker, struct why *why)
{
        struct client *client = worker->state;

        plan_draw(&client->plan, &client->plan_config, &worker->rng);
        if (!reconnect(worker))
                return worker_stopping(worker) ? STEP_FAILED : failed(worker, CONNECTION_ERRORS);
        switch (run_with_retries(worker)) {
        case FAULT_NONE:
                return STEP_DONE;
        case FAULT_LOST:
                return fail_lost(worker);
        case FAULT_QUERY:
                return failed(worker, QUERY_ERRORS);
        case FAULT_WRONG_COUNT:
                return failed(worker, WRONG_COUNTS);
        case FAULT_WRONG_ROW:
                return failed(worker, WRONG_ROWS);
        case FAULT_DEADLOCK:
        case FAULT_LOCK_TIMEOUT:
        case FAULT_CONFLICT:
                break;
        }
        /* Given up for a stop, it has not failed. */
        if (worker_stopping(worker))
                return STEP_FAILED;
        return failed(worker, client->connection.mysql ? RETRIES_EXHAUSTED : CONNECTION_ERRORS);
}
