/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl's sockets in the caller's epoll set.
 *
 * After each answer libcurl no longer waits for the socket, and with the next request it does
 * again. A connection stays registered in between, which saves two system calls a request; should
 * the server say something meanwhile (close it, mostly), sockets_wanted() takes it out.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct socket_state {
        uint32_t wanted;     /* epoll events that libcurl waits for now; 0: none */
        uint32_t registered; /* what epoll was told; may outlive wanted */
        bool ours;           /* opened by us, so that we learn when it is closed */
};

struct sockets {
        int epoll_fd;
        struct socket_state *states; /* [fd] */
        size_t n_states;
        uint64_t opened; /* so far, also those that failed to connect */
        int error;       /* -errno of what went wrong in a callback of libcurl's; 0: nothing */
};

void sockets_init(struct sockets *sockets, int epoll_fd);

/* After curl_multi_cleanup(), which still closes sockets. */
void sockets_fini(struct sockets *sockets);

/* Have libcurl call us: for each multi handle, and for each easy handle in it. */
void sockets_serve_multi(struct sockets *sockets, CURLM *multi);
void sockets_serve_easy(struct sockets *sockets, CURL *easy);

/* epoll said something of the socket: does libcurl wait for that? If not, epoll is told to be
 * quiet about it. */
bool sockets_wanted(struct sockets *sockets, int fd);
