/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webclient: HTTP load on a web server, closed or open loop. As guest 3 of a tile it saturates web
 * server 2; as the external client it is what is measured.
 *
 * One thread, one epoll loop. What is asked is mix.c's, when is the frame's pace (and turns.c's for
 * users), how is transfer.c's, and whether the answer is right is answer.c's.
 */
#include "mix.h"
#include "target.h"
#include "transfer.h"
#include "turns.h"
#include "waiter.h"
#include "workload.h"

#include <errno.h>
#include <sys/resource.h>

/* Sends in a row before answers are looked at again: after a stall thousands can be due at once,
 * and answers that are there meanwhile must not wait for all of them to be sent. */
#define SEND_BATCH 8

/* Socket events taken at a time. */
#define EVENT_BATCH 64

/* File descriptors for anything but connections to the server: control endpoint, logs, epoll. */
#define FILES_BESIDES 128

struct webclient_config {
        char *target;
        uint64_t users;
        uint64_t max_in_flight;
        uint64_t dirs;
        double dynamic;
        double verify;
        double zipf_alpha;
        uint64_t timeout_ns;
        uint64_t retry_wait_ns;
};

#define FIELD(member) offsetof(struct webclient_config, member)

static const struct option options[] = {
        {"target", OPTION_STRING, FIELD(target), NULL, "URL",
                "web server to load: http://HOST, port 8080 unless the URL has one"},
        {"users", OPTION_COUNT, FIELD(users), "8", NULL,
                "closed loop: users, each with one request at a time", .min = 1, .max = 100000},
        {"max-in-flight", OPTION_COUNT, FIELD(max_in_flight), "1000", NULL,
                "open loop: requests under way at a time; what falls due beyond is dropped",
                .min = 1, .max = 1000000},
        {"dirs", OPTION_COUNT, FIELD(dirs), "8", NULL,
                "directories of the file set: the server's --dirs", .min = 1,
                .max = FILESET_MAX_DIRS},
        {"dynamic", OPTION_SHARE, FIELD(dynamic), "30%", NULL,
                "share of requests that are for dynamic pages"},
        {"verify", OPTION_SHARE, FIELD(verify), "10%", NULL,
                "share of answers whose body is compared byte by byte (status and length of all "
                "are)"},
        {"zipf-alpha", OPTION_NUMBER, FIELD(zipf_alpha), "1", NULL,
                "how strongly low directories are preferred; 0: all alike", .max = 10},
        {"timeout", OPTION_DURATION, FIELD(timeout_ns), "10s", NULL,
                "a request without its whole answer by then has failed", .min = NS_PER_MS,
                /* libcurl gives up connecting after this. */
                .max = 300 * NS_PER_S},
        {"retry-wait", OPTION_DURATION, FIELD(retry_wait_ns), "100ms", NULL,
                "closed loop: a user without an answer waits at least this before the next request",
                .min = NS_PER_MS, .max = 3600 * NS_PER_S},
};

enum {
        REQUESTS,
        STATIC_REQUESTS,
        DYNAMIC_REQUESTS,
        BODIES_VERIFIED,
        BYTES,
        CONNECTIONS,
        RESENT,
        CONNECT_ERRORS,
        TIMEOUT_ERRORS,
        TRANSPORT_ERRORS,
        STATUS_ERRORS,
        WRONG_LENGTHS,
        WRONG_BODIES,
        IN_FLIGHT,
        USERS,
};

static const struct counter counters[] = {
        [REQUESTS] = {"requests", COUNTER_WORK, "requests", "Requests answered, and rightly."},
        [STATIC_REQUESTS] = {"static_requests", COUNTER_EVENT, "requests",
                "Of these, requests for files."},
        [DYNAMIC_REQUESTS] = {"dynamic_requests", COUNTER_EVENT, "requests",
                "Of these, requests for dynamic pages."},
        [BODIES_VERIFIED] = {"bodies_verified", COUNTER_EVENT, "requests",
                "Of these, answers whose body was compared byte by byte."},
        [BYTES] = {"bytes", COUNTER_EVENT, "bytes",
                "Bytes of body received, of wrong and broken answers too."},
        [CONNECTIONS] = {"connections", COUNTER_EVENT, "connections",
                "Connections opened, also those that failed."},
        [RESENT] = {"resent", COUNTER_EVENT, "requests",
                "Requests sent again, as a kept connection had died under them."},
        [CONNECT_ERRORS] = {"connect_errors", COUNTER_ERROR, "requests",
                "Requests without a connection to the server."},
        [TIMEOUT_ERRORS] = {"timeout_errors", COUNTER_ERROR, "requests",
                "Requests without a whole answer within the timeout."},
        [TRANSPORT_ERRORS] = {"transport_errors", COUNTER_ERROR, "requests",
                "Requests whose connection broke before the answer's end, or was not HTTP."},
        [STATUS_ERRORS] = {"status_errors", COUNTER_ERROR, "requests",
                "Requests answered with another status than 200."},
        [WRONG_LENGTHS] = {"wrong_lengths", COUNTER_WRONG, "requests",
                "Requests answered with status 200 and too many or too few bytes."},
        [WRONG_BODIES] = {"wrong_bodies", COUNTER_WRONG, "requests",
                "Requests answered with the right number of bytes, but others."},
        [IN_FLIGHT] = {"in_flight", COUNTER_GAUGE, "requests", "Requests under way."},
        [USERS] = {"users", COUNTER_GAUGE, "users", "Users of a closed loop."},
};

static const unsigned counter_of[N_TRANSFER_RESULTS] = {
        [TRANSFER_RIGHT] = REQUESTS,
        [TRANSFER_NO_CONNECTION] = CONNECT_ERRORS,
        [TRANSFER_TIMED_OUT] = TIMEOUT_ERRORS,
        [TRANSFER_BROKEN] = TRANSPORT_ERRORS,
        [TRANSFER_WRONG_STATUS] = STATUS_ERRORS,
        [TRANSFER_WRONG_LENGTH] = WRONG_LENGTHS,
        [TRANSFER_WRONG_BODY] = WRONG_BODIES,
};

enum {
        LATENCY_REQUEST,
        LATENCY_STATIC,
        LATENCY_DYNAMIC,
};

static const struct latency latencies[] = {
        [LATENCY_REQUEST] = {"request", "Time to the last byte of a right answer."},
        [LATENCY_STATIC] = {"static", "The same, of files alone."},
        [LATENCY_DYNAMIC] = {"dynamic", "The same, of dynamic pages alone."},
};

/* All that the one worker has. */
struct client {
        struct worker *worker;
        const struct webclient_config *config;
        struct mix mix;
        struct waiter waiter;
        struct transfers transfers;
        uint64_t connections_counted;
        struct turns turns; /* closed loop: users that are thinking */
        struct rng *users;  /* their generators; open loop: one for all */
};

static bool is_open(const struct client *client)
{
        return client->worker->pace.config.mode == PACE_OPEN;
}

static int webclient_check(void *config, struct why *why)
{
        const struct webclient_config *c = config;
        CURLU *url;
        int r;

        if (!c->target)
                return why_set(why, -EINVAL, "--target", NULL,
                        "missing; name the web server to load, as in http://127.1.1.1:8080");
        r = target_parse(c->target, &url, why);
        if (r == 0)
                curl_url_cleanup(url);
        return r;
}

static size_t n_transfers(const struct client *client)
{
        return is_open(client) ? client->config->max_in_flight : client->config->users;
}

/* Connections need file descriptors, and the usual soft limit is 1024. */
static int raise_file_limit(uint64_t n_connections, const char *what, struct why *why)
{
        rlim_t needed = n_connections + FILES_BESIDES;
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return why_errno(why, -errno, what, NULL);
        if (limit.rlim_cur >= needed)
                return 0;
        if (limit.rlim_max < needed)
                return why_set(why, -EMFILE, what, NULL,
                        "%llu connections, but only %llu open files are allowed here; raise that "
                        "limit (ulimit -n) or lower the option",
                        (unsigned long long)n_connections, (unsigned long long)limit.rlim_max);
        limit.rlim_cur = needed;
        return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? why_errno(why, -errno, what, NULL) : 0;
}

static int webclient_setup(struct worker *worker, struct why *why)
{
        const struct webclient_config *config = worker->config;
        struct client *client = calloc(1, sizeof *client);
        int r;

        if (!client)
                return why_errno(why, -ENOMEM, "webclient", NULL);
        client->worker = worker;
        client->config = config;
        client->waiter.epoll_fd = client->waiter.timer_fd = -1;
        worker->state = client;
        r = raise_file_limit(
                n_transfers(client), is_open(client) ? "--max-in-flight" : "--users", why);
        if (r < 0)
                return r;
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
                return why_set(why, -EIO, "libcurl", NULL, "cannot be initialised");
        r = mix_init(&client->mix, (unsigned)config->dirs, config->dynamic, config->verify,
                config->zipf_alpha);
        if (r < 0)
                return why_errno(why, r, "--dirs", NULL);
        r = waiter_init(&client->waiter, worker->stop);
        if (r < 0)
                return why_errno(why, r, "epoll", NULL);
        return transfers_init(&client->transfers, config->target, config->timeout_ns,
                client->waiter.epoll_fd, why);
}

static void webclient_teardown(struct worker *worker)
{
        struct client *client = worker->state;

        if (!client)
                return;
        transfers_fini(&client->transfers);
        waiter_fini(&client->waiter);
        mix_fini(&client->mix);
        turns_fini(&client->turns);
        free(client->users);
        free(client);
        worker->state = NULL;
        curl_global_cleanup();
}

/* The users come when work begins. */
static int begin(struct client *client, struct why *why)
{
        const struct webclient_config *config = client->config;
        struct worker *worker = client->worker;
        size_t n_users = is_open(client) ? 1 : config->users;
        int r;

        transfers_keep(&client->transfers, n_transfers(client));
        client->users = calloc(n_users, sizeof *client->users);
        if (!client->users)
                return why_errno(why, -ENOMEM, "--users", NULL);
        for (unsigned user = 0; user < n_users; user++)
                mix_user(&client->users[user], worker->seed, user);
        if (is_open(client))
                return 0;
        r = turns_init(&client->turns, n_users);
        if (r < 0)
                return why_errno(why, r, "--users", NULL);
        /* They begin with thinking, so that they do not march in step. */
        for (unsigned user = 0; user < n_users; user++)
                turns_push(&client->turns, pace_think(&worker->pace, clock_now_ns()), user);
        worker_set(worker, USERS, n_users);
        return 0;
}

static uint64_t next_due_ns(const struct client *client)
{
        if (is_open(client))
                return pace_look(&client->worker->pace);
        return turns_look(&client->turns);
}

/* One operation has fallen due. */
static int do_next(struct client *client)
{
        struct worker *worker = client->worker;
        struct mix_request request;
        struct turn turn = {};
        uint64_t sent_ns;
        int r;

        worker_offered(worker);
        if (is_open(client))
                turn.due_ns = worker_take_due(worker);
        else
                turn = turns_take(&client->turns);
        /* Drawn even for one that is dropped: the n-th due request is the same in every run. */
        request = mix_draw(&client->mix, &client->users[turn.user]);
        if (is_open(client) && client->transfers.in_flight >= client->config->max_in_flight) {
                worker_dropped(worker);
                return 0;
        }
        r = transfers_send(&client->transfers, &request, turn.due_ns, turn.user, &sent_ns);
        if (r == 0)
                worker_sent(worker, turn.due_ns, sent_ns);
        return r;
}

/* A user that has its answer thinks, then has its next turn; one without waits a little, so that a
 * dead server is not asked a million times a second. */
static void next_turn(struct client *client, const struct transfer *transfer)
{
        uint64_t due_ns = pace_think(&client->worker->pace, transfer->done_ns);
        bool unanswered = transfer->result == TRANSFER_NO_CONNECTION ||
                          transfer->result == TRANSFER_TIMED_OUT ||
                          transfer->result == TRANSFER_BROKEN;

        if (unanswered)
                due_ns = MAX(due_ns, transfer->done_ns + client->config->retry_wait_ns);
        turns_push(&client->turns, due_ns, transfer->user);
}

static void count(struct client *client, const struct transfer *transfer)
{
        const struct mix_request *request = &transfer->answer.request;
        struct worker *worker = client->worker;

        worker_add(worker, BYTES, transfer->bytes);
        worker_add(worker, RESENT, transfer->n_sent > 1 ? transfer->n_sent - 1 : 0);
        worker_add(worker, counter_of[transfer->result], 1);
        if (transfer->result != TRANSFER_RIGHT)
                return;
        worker_add(worker, request->dynamic ? DYNAMIC_REQUESTS : STATIC_REQUESTS, 1);
        worker_add(worker, BODIES_VERIFIED, request->verify);
        worker_latency(
                worker, LATENCY_REQUEST, transfer->due_ns, transfer->sent_ns, transfer->done_ns);
        worker_latency(worker, request->dynamic ? LATENCY_DYNAMIC : LATENCY_STATIC,
                transfer->due_ns, transfer->sent_ns, transfer->done_ns);
}

static void take_ended(struct client *client)
{
        struct transfer *transfer;

        while ((transfer = transfers_ended(&client->transfers))) {
                count(client, transfer);
                if (!is_open(client))
                        next_turn(client, transfer);
                transfers_release(&client->transfers, transfer);
        }
}

/* After something has happened: takes the answers, sends what is due. */
static int proceed(struct client *client)
{
        struct worker *worker = client->worker;
        struct transfers *transfers = &client->transfers;
        int r = 0;

        take_ended(client);
        for (int i = 0; r == 0 && i < SEND_BATCH && next_due_ns(client) <= clock_now_ns(); i++)
                r = do_next(client);
        /* Some end at once (connection refused), and no event will come for these. */
        take_ended(client);
        worker_set(worker, IN_FLIGHT, transfers->in_flight);
        worker_add(worker, CONNECTIONS, transfers->sockets.opened - client->connections_counted);
        client->connections_counted = transfers->sockets.opened;
        return r;
}

/* Waits for the next thing to happen, and lets it. */
static int work_once(struct client *client)
{
        struct transfers *transfers = &client->transfers;
        struct epoll_event events[EVENT_BATCH];
        uint64_t now_ns = clock_now_ns(), due_ns = MIN(next_due_ns(client), transfers->due_ns);
        int n, r = 0;

        n = waiter_wait(&client->waiter, now_ns, due_ns, events, EVENT_BATCH);
        if (n < 0)
                return n;
        for (int i = 0; r == 0 && i < n; i++) {
                r = transfers_event(transfers, events[i].data.fd, events[i].events);
                if (r == 0)
                        r = proceed(client);
        }
        if (r == 0 && transfers->due_ns <= clock_now_ns())
                r = transfers_run_timers(transfers);
        return r < 0 ? r : proceed(client);
}

static int webclient_loop(struct worker *worker, struct why *why)
{
        struct client *client = worker->state;
        int r = begin(client, why);

        if (r < 0)
                return r;
        while (r == 0 && !worker_stopping(worker))
                r = work_once(client);
        /* What is under way now is abandoned and never counted. */
        worker_set(worker, IN_FLIGHT, 0);
        return r < 0 ? why_errno(why, r, "webclient", NULL) : 0;
}

extern const struct workload workload_webclient;
const struct workload workload_webclient = {
        .name = "webclient",
        .summary = "HTTP load on a web server, closed or open loop, every answer checked",
        .flags = WORKLOAD_PACED,
        .options = options,
        .n_options = ARRAY_SIZE(options),
        .config_size = sizeof(struct webclient_config),
        .counters = counters,
        .n_counters = ARRAY_SIZE(counters),
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .check = webclient_check,
        .setup = webclient_setup,
        .teardown = webclient_teardown,
        .loop = webclient_loop,
};
