/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmicrohttpd run by the caller's own event loop.
 *
 * The library's internal epoll thread stalls whenever epoll_wait returns exactly 128 events
 * (seen in 0.9.75, docs/architecture.md), so the daemon is created for external polling: wait on
 * httpd_fd() for at most httpd_timeout_ms(), then call httpd_run(). Without open connections the
 * timeout is -1: an idle server does not wake up.
 */
#pragma once

#include "stop.h"
#include "why.h"

#include <microhttpd.h>

struct httpd {
        struct MHD_Daemon *daemon;
        unsigned max_connections;
};

struct httpd_config {
        const char *listen; /* see net.h */
        const char *what;   /* names the option in *why: "--listen" */
        MHD_AccessHandlerCallback handler;
        MHD_RequestCompletedCallback completed;  /* NULL: none */
        MHD_NotifyConnectionCallback connection; /* opened and closed; NULL: none */
        void *(*target)(void *context, const char *target, struct MHD_Connection *connection);
        /* the request target as it came, '?' and all, before any
         * handler; returns what *seen then is at first; NULL: none */
        void *context;            /* for all of them */
        unsigned max_connections; /* 0: 1000 */
        unsigned timeout_s;       /* idle connections are closed after; 0: never */
        size_t connection_memory; /* bytes a connection; 0: 4096, enough for a GET */
        bool suspend;             /* the handler may suspend connections */
};

/* Listens at once. Returns 0 or -errno with *why filled. Queue a response only from the handler's
 * second call for a request: a response in the first one ends keep-alive. */
int httpd_start(struct httpd *httpd, const struct httpd_config *config, struct why *why);
void httpd_stop(struct httpd *httpd);

int httpd_fd(const struct httpd *httpd);
int httpd_timeout_ms(const struct httpd *httpd);
void httpd_run(struct httpd *httpd);

/* The whole loop for a server with nothing else to wait for: serves until stop. */
int httpd_serve(struct httpd *httpd, const struct stop *stop);
