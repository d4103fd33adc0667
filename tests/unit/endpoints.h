/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control endpoints of guests that are not there: they answer every request with what they were
 * told to.
 */
#pragma once

#include "unit.h"

#include "macro.h"
#include "net.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum {
        ENDPOINTS = 8,
        ENDPOINTS_PORT = 9477,
};

struct endpoints {
        pthread_t thread;
        pthread_mutex_t lock;
        struct pollfd fds[ENDPOINTS + 1]; /* the last is the pipe that ends it */
        int end_fd;
        char answers[ENDPOINTS][128]; /* "": hangs up without a word */
};

/* The answer's last line decides the status: "ready" is 200, anything else 503. */
static inline void endpoint_answer(struct endpoints *e, size_t i)
{
        char request[1024], answer[128], text[512];
        int fd = accept4(e->fds[i].fd, NULL, NULL, SOCK_CLOEXEC), n;

        if (fd < 0)
                return;
        pthread_mutex_lock(&e->lock);
        strcpy(answer, e->answers[i]);
        pthread_mutex_unlock(&e->lock);
        if (*answer && read(fd, request, sizeof request) > 0) {
                n = snprintf(text, sizeof text,
                        "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s\n",
                        strcmp(answer, "ready") == 0 ? "200 OK" : "503 No", strlen(answer) + 1,
                        answer);
                n = write(fd, text, (size_t)n) == n ? 0 : -1;
        }
        close(fd);
}

static inline void *endpoints_serve(void *context)
{
        struct endpoints *e = context;

        while (poll(e->fds, ARRAY_SIZE(e->fds), -1) >= 0 && !e->fds[ENDPOINTS].revents)
                for (size_t i = 0; i < ENDPOINTS; i++)
                        if (e->fds[i].revents)
                                endpoint_answer(e, i);
        return NULL;
}

/* Guest G of these answers "ready" at PREFIX.G. */
static inline struct endpoints *endpoints_new(const char *prefix)
{
        struct endpoints *e = calloc(1, sizeof *e);
        int pipe_fds[2];

        assert_non_null(e);
        assert_int_equal(pipe(pipe_fds), 0);
        pthread_mutex_init(&e->lock, NULL);
        for (int i = 0; i < ENDPOINTS; i++) {
                char listen[64];

                snprintf(listen, sizeof listen, "%s.%d:%d", prefix, i + 1, ENDPOINTS_PORT);
                e->fds[i] =
                        (struct pollfd){.fd = net_listen(listen, listen, NULL), .events = POLLIN};
                assert_case(e->fds[i].fd >= 0, "%s", listen);
                strcpy(e->answers[i], "ready");
        }
        e->fds[ENDPOINTS] = (struct pollfd){.fd = pipe_fds[0], .events = POLLIN};
        e->end_fd = pipe_fds[1];
        assert_int_equal(pthread_create(&e->thread, NULL, endpoints_serve, e), 0);
        return e;
}

static inline void endpoints_set(struct endpoints *e, unsigned guest, const char *answer)
{
        pthread_mutex_lock(&e->lock);
        snprintf(e->answers[guest - 1], sizeof e->answers[0], "%s", answer);
        pthread_mutex_unlock(&e->lock);
}

static inline void endpoints_free(struct endpoints *e)
{
        close(e->end_fd);
        pthread_join(e->thread, NULL);
        for (size_t i = 0; i <= ENDPOINTS; i++)
                close(e->fds[i].fd);
        free(e);
}
