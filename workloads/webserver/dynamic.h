/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dynamic page: the query goes to the backend, the page is made of what that replies.
 *
 * libcurl's multi interface in the caller's event loop; nothing here blocks. The client's
 * connection is suspended meanwhile. At most a given number of calls are under way, over as many
 * kept-alive connections; further pages wait in order of arrival, and a page's time to wait and its
 * call's together are limited. After a failure the next call just tries again: a backend that comes
 * back is found at once.
 */
#pragma once

#include "web.h"

#include <curl/curl.h>

struct dynamic_config {
        const char *backend; /* an http:// URL */
        uint64_t timeout_ns; /* for waiting and the call together */
        unsigned calls;      /* under way at once */
        unsigned waiting;    /* most pages that can wait: the server's limit of connections */
        int epoll_fd;        /* to watch libcurl's sockets with; data.fd is the socket */
        unsigned latency;    /* of the call */
        unsigned event_pages;
        unsigned error_failed, error_timeout, error_wrong; /* counters of the role */
};

/* A page that is being made, or waits to be. */
struct page {
        struct web_request *request;
        uint64_t due_ns; /* when it was asked for */
};

/* One of the calls that can be under way. */
struct call {
        struct dynamic *dynamic;
        struct page page; /* request NULL: the call is free */
        uint64_t sent_ns;
        CURL *easy;
        CURLU *url;
        size_t reply_length;
        char reply[BESIM_REPLY_SIZE];
};

struct dynamic {
        struct dynamic_config config;
        struct worker *worker;
        bool curl_ready;
        CURLM *multi;
        uint64_t curl_due_ns; /* when libcurl wants to be called without an event */
        struct call *calls;
        struct call **free_calls;
        unsigned n_free;
        struct page *waiting; /* a ring */
        unsigned first_waiting, n_waiting;
        char page[BESIM_PAGE_SIZE];
};

/* Is that a URL which dynamic_init() will take? -EINVAL with the reason, naming --backend. */
int dynamic_check(const char *backend, struct why *why);

/* *dynamic is zeroed before. Returns 0 or -errno; dynamic_fini() is right in either case. */
int dynamic_init(struct dynamic *dynamic, struct worker *worker,
        const struct dynamic_config *config, struct why *why);

/* Lets every client go that waits, so that the server can be stopped. */
void dynamic_cancel(struct dynamic *dynamic);
void dynamic_fini(struct dynamic *dynamic);

/* Asks the backend; the request is suspended and answered later. What web_request.answer returns.
 * The query was checked by dynamic_query_valid(). */
enum MHD_Result dynamic_ask(struct dynamic *dynamic, struct web_request *request);

/* Can the query stand in a URL? What it means is the backend's to say. */
bool dynamic_query_valid(const struct web_request *request);

/* A socket of libcurl's is ready: events as in epoll. */
void dynamic_event(struct dynamic *dynamic, int fd, uint32_t events);

/* Answers what is done and what waited too long, starts what can be; then call web_run(). */
void dynamic_run(struct dynamic *dynamic);

/* When dynamic_run() must be called even without an event; CLOCK_NEVER: need not be. */
uint64_t dynamic_due_ns(const struct dynamic *dynamic);
