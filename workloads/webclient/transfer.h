/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP requests by libcurl's multi interface, driven by the caller's epoll loop.
 *
 * Connections are kept alive and reused. A kept connection that turns out to be dead before any
 * byte of the answer came is replaced by libcurl itself, as RFC 9112 (9.3.1) permits for GET: the
 * request is then sent once more, within the same transfer and the same latency.
 */
#pragma once

#include "answer.h"
#include "sockets.h"
#include "why.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a request ended: each in exactly one way. */
enum transfer_result {
        TRANSFER_RIGHT,
        TRANSFER_NO_CONNECTION, /* no address, refused, unreachable */
        TRANSFER_TIMED_OUT,     /* no whole answer within the timeout, connecting included */
        TRANSFER_BROKEN,        /* reset or closed before the answer's end, or not HTTP */
        TRANSFER_WRONG_STATUS,  /* a whole answer, but not 200 */
        TRANSFER_WRONG_LENGTH,  /* 200 with too many or too few bytes */
        TRANSFER_WRONG_BODY,    /* 200, the right length, other bytes */
        N_TRANSFER_RESULTS,
};

struct transfer {
        unsigned user; /* the caller's */
        uint64_t due_ns, sent_ns;

        /* Once it has ended. */
        enum transfer_result result;
        uint64_t done_ns; /* when the last byte came in; our own checking of it comes after */
        uint64_t bytes;   /* of body, whatever the status */
        unsigned n_sent;  /* how often it was sent: more than once when kept connections died */

        /* transfer.c only. */
        struct answer answer;
        struct transfers *transfers;
        struct transfer *next, *next_free;
        CURL *easy;
        uint64_t piece_ns; /* when the last piece of body came in */
        long status;       /* 0: not known yet */
};

struct transfers {
        size_t in_flight;
        uint64_t due_ns; /* when transfers_run_timers() wants to be called */

        struct sockets sockets;

        /* transfer.c only. */
        CURLM *multi;
        CURLU *target;
        uint64_t timeout_ns;
        struct transfer *all, *free;
        uint64_t event_ns; /* when libcurl was last told of something */
        struct answer_page page;
};

/* target is --target's value. Sockets are added to epoll_fd with data.fd. Returns 0 or -errno with
 * *why filled. */
int transfers_init(struct transfers *transfers, const char *target, uint64_t timeout_ns,
        int epoll_fd, struct why *why);

/* Abandons what is in flight. For one that is all zero there is nothing to do. */
void transfers_fini(struct transfers *transfers);

/* How many connections are kept: as many as there can be transfers at a time. */
void transfers_keep(struct transfers *transfers, size_t n_connections);

/* Sends a request at once, due_ns and user being kept with it. Returns 0 or -errno: that the role
 * cannot go on (a server that cannot be reached is no error but a result). */
int transfers_send(struct transfers *transfers, const struct mix_request *request, uint64_t due_ns,
        unsigned user, uint64_t *ret_sent_ns);

/* epoll said something of a socket; due_ns has come. Return 0 or -errno, likewise. */
int transfers_event(struct transfers *transfers, int fd, uint32_t events);
int transfers_run_timers(struct transfers *transfers);

/* The next transfer that has ended, NULL when there is none. The caller looks at it and then gives
 * it back, or (for a transfer still in the caller's hands) the next one is another. */
struct transfer *transfers_ended(struct transfers *transfers);
void transfers_release(struct transfers *transfers, struct transfer *transfer);
