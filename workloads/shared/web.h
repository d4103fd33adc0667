/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the roles that serve HTTP have in common: the options, the counters, one struct for each
 * connection, plain refusals, and answers that come later than the request.
 *
 * A role gives web_start() one function, which is called with each whole request and either
 * answers at once (web_send) or lets the client wait (web_suspend) and answers from its event loop
 * (web_resume, after which web_run must be called). Everything runs in the worker's thread.
 *
 * What is counted: a request is work when it was answered with a status below 400 and the answer
 * was taken by the kernel to its last byte; its latency runs from when its headers were read to
 * that moment. An answer in the 400s is the client's doing, an event. Failures of the server's own
 * are errors that the role counts where they happen, by kind.
 */
#pragma once

#include "besim.h"
#include "httpd.h"
#include "option.h"
#include "worker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct web_config {
        char *serve;
        uint64_t max_connections;
        uint64_t idle_timeout_ns;
};

/* The first options of such a role's table: member is its config's struct web_config. */
/* clang-format off */
#define WEB_OPTIONS(type, member) \
        {"serve", OPTION_STRING, offsetof(type, member.serve), ":8080", "ADDRESS:PORT", \
                "where HTTP is served"}, \
        {"max-connections", OPTION_COUNT, offsetof(type, member.max_connections), "4000", NULL, \
                "clients served at once; more wait to be accepted", .min = 1, .max = 100000}, \
        {"idle-timeout", OPTION_DURATION, offsetof(type, member.idle_timeout_ns), "60s", NULL, \
                "close a connection on which nothing happened for this long, in whole seconds", \
                .min = NS_PER_S, .max = 86400 * NS_PER_S}
/* clang-format on */

/* The first counters of such a role, and its first latency. */
enum web_counter {
        WEB_REQUESTS,
        WEB_RESPONSE_BYTES,
        WEB_CONNECTIONS,
        WEB_CONNECTIONS_OPEN,
        WEB_CLIENT_ERRORS,
        WEB_ABORTED,
        WEB_OUT_OF_MEMORY,
        N_WEB_COUNTERS,
};

/* clang-format off */
#define WEB_COUNTERS \
        [WEB_REQUESTS] = {"requests", COUNTER_WORK, "requests", \
                "Requests answered as intended, with 200 or 304, to the last byte."}, \
        [WEB_RESPONSE_BYTES] = {"response_bytes", COUNTER_EVENT, "bytes", \
                "Bytes of all bodies sent to their end, without headers."}, \
        [WEB_CONNECTIONS] = {"connections", COUNTER_EVENT, "connections", \
                "Connections accepted."}, \
        [WEB_CONNECTIONS_OPEN] = {"connections_open", COUNTER_GAUGE, "connections", \
                "Connections open now."}, \
        [WEB_CLIENT_ERRORS] = {"client_errors", COUNTER_EVENT, "requests", \
                "Requests refused with a status in the 400s, which are the client's fault."}, \
        [WEB_ABORTED] = {"aborted", COUNTER_EVENT, "requests", \
                "Requests whose client went away or stood still before it had the answer."}, \
        [WEB_OUT_OF_MEMORY] = {"out_of_memory", COUNTER_ERROR, "requests", \
                "Requests dropped because there was no memory for an answer."}

#define WEB_LATENCY \
        {"request", "From a request's headers read to its answer taken whole by the kernel."}
/* clang-format on */

enum {
        WEB_LATENCY_REQUEST = 0,
        WEB_NO_EVENT = UINT16_MAX, /* no counter of the role's own */
};

enum web_method {
        WEB_GET,
        WEB_HEAD,
        WEB_OTHER,
};

struct web_reply {
        unsigned status;
        struct MHD_Response *response;
        bool owned;     /* to be destroyed once sent */
        unsigned event; /* also counted when it has been sent, or WEB_NO_EVENT */
        size_t size;    /* of the body, for the count of bytes */
};

/* A connection with the request that it is busy with (one at a time, as HTTP/1.1 has it). */
struct web_request {
        struct web *web;
        struct MHD_Connection *connection;
        enum web_method method;
        bool has_query;
        char query[BESIM_QUERY_SIZE + 1]; /* as it came, or ""; cut when it is too long anyway */
        uint64_t arrived_ns;
        bool begun;             /* the headers have been seen */
        struct web_reply reply; /* status 0: none yet */
};

enum {
        WEB_REFUSALS = 6,
};

struct web {
        struct httpd httpd;
        struct worker *worker;
        enum MHD_Result (*answer)(struct web_request *request, const char *path);
        void *context; /* the role's */
        struct MHD_Response *refusals[WEB_REFUSALS];
        bool resumed; /* since the last web_run() */
};

/* Listens. *web is zeroed before; answer and context are set here. other_files is how many
 * descriptors the role itself may open at most: the limit of open files is raised to hold all.
 * Returns 0 or -errno with *why filled; web_stop() is right in either case. */
int web_start(struct web *web, struct worker *worker, const struct web_config *config, bool suspend,
        size_t other_files, enum MHD_Result (*answer)(struct web_request *, const char *),
        void *context, struct why *why);

/* Nothing may be suspended any more. */
void web_stop(struct web *web);

/* Milliseconds after which web_run() must be called even if the descriptor stays silent. */
int web_timeout_ms(const struct web *web);
void web_run(struct web *web);

/* A plain answer that refuses with 400, 404, 405, 502, 503 or 504. */
struct web_reply web_refusal(const struct web *web, unsigned status);

/* An answer of its own, with the body copied. -ENOMEM. type is the Content-Type. */
int web_reply_make(struct web_reply *ret, unsigned status, const char *type, const void *body,
        size_t size, unsigned event);

/* In answer() only: the return value is answer()'s. */
enum MHD_Result web_send(struct web_request *request, struct web_reply reply);
enum MHD_Result web_suspend(struct web_request *request);

/* Outside of answer(), or in it after web_suspend(). */
void web_resume(struct web_request *request, struct web_reply reply);
