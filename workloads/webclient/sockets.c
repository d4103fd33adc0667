/* SPDX-License-Identifier: Apache-2.0 */
#include "sockets.h"

#include "macro.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

void sockets_init(struct sockets *sockets, int epoll_fd)
{
        *sockets = (struct sockets){.epoll_fd = epoll_fd};
}

void sockets_fini(struct sockets *sockets)
{
        free(sockets->states);
        *sockets = (struct sockets){.epoll_fd = -1};
}

/* NULL when out of memory, which is noted. */
static struct socket_state *state_of(struct sockets *sockets, int fd)
{
        size_t needed = (size_t)fd + 1, n = MAX(sockets->n_states, (size_t)64);
        struct socket_state *states;

        if (needed <= sockets->n_states)
                return &sockets->states[fd];
        while (n < needed)
                n *= 2;
        states = reallocarray(sockets->states, n, sizeof *states);
        if (!states) {
                sockets->error = -ENOMEM;
                return NULL;
        }
        memset(states + sockets->n_states, 0, (n - sockets->n_states) * sizeof *states);
        sockets->states = states;
        sockets->n_states = n;
        return &states[fd];
}

/* libcurl's own way lacks close-on-exec, and counts nothing. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
        struct sockets *sockets = context;
        int type = address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK;
        _cleanup_close_ int fd = socket(address->family, type, address->protocol);
        struct socket_state *state = fd < 0 ? NULL : state_of(sockets, fd);

        if (!state)
                return CURL_SOCKET_BAD;
        *state = (struct socket_state){.ours = true};
        sockets->opened++;
        return STEAL_FD(fd);
}

static int close_socket(void *context, curl_socket_t fd)
{
        struct sockets *sockets = context;

        /* Closing it takes it out of the epoll set, too. */
        sockets->states[fd] = (struct socket_state){};
        return close(fd);
}

static void forget(struct sockets *sockets, int fd)
{
        /* It may be closed already: then there is nothing to do. */
        epoll_ctl(sockets->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
        sockets->states[fd].registered = 0;
}

static int watch(struct sockets *sockets, int fd, uint32_t events)
{
        struct socket_state *state = &sockets->states[fd];
        struct epoll_event event = {.events = events, .data.fd = fd};
        int operation = state->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

        if (events == state->registered)
                return 0;
        if (epoll_ctl(sockets->epoll_fd, operation, fd, &event) < 0)
                return -errno;
        state->registered = events;
        return 0;
}

/* libcurl: from now on wait for this of the socket. */
static int want(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
        struct sockets *sockets = context;
        struct socket_state *state = state_of(sockets, fd);
        int r = 0;

        if (!state)
                return -1;
        state->wanted = 0;
        if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
                state->wanted |= EPOLLIN;
        if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
                state->wanted |= EPOLLOUT;
        if (state->wanted)
                r = watch(sockets, fd, state->wanted);
        else if (state->registered && !state->ours)
                /* The resolver's: libcurl closes it without telling us. */
                forget(sockets, fd);
        if (r < 0)
                sockets->error = r;
        return r < 0 ? -1 : 0;
}

void sockets_serve_multi(struct sockets *sockets, CURLM *multi)
{
        curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, want);
        curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, sockets);
}

void sockets_serve_easy(struct sockets *sockets, CURL *easy)
{
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, sockets);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, sockets);
}

bool sockets_wanted(struct sockets *sockets, int fd)
{
        struct socket_state *state = state_of(sockets, fd);

        if (state && state->wanted)
                return true;
        if (state && state->registered)
                forget(sockets, fd);
        return false;
}
