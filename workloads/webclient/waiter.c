/* SPDX-License-Identifier: Apache-2.0 */
#include "waiter.h"

#include "clock.h"
#include "macro.h"

#include <errno.h>
#include <sys/timerfd.h>

static int add(struct waiter *waiter, int fd, uint32_t events)
{
        struct epoll_event event = {.events = events, .data.fd = fd};

        return epoll_ctl(waiter->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int waiter_init(struct waiter *waiter, const struct stop *stop)
{
        int r;

        *waiter = (struct waiter){.stop_fd = stop->fd, .armed_ns = CLOCK_NEVER};
        waiter->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        waiter->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        r = waiter->epoll_fd < 0 || waiter->timer_fd < 0 ? -errno : 0;
        /* Edge-triggered: the expiry wakes us once, and nobody has to read the timer. */
        if (r == 0)
                r = add(waiter, waiter->timer_fd, EPOLLIN | EPOLLET);
        if (r == 0)
                r = add(waiter, waiter->stop_fd, EPOLLIN);
        if (r < 0)
                waiter_fini(waiter);
        return r;
}

void waiter_fini(struct waiter *waiter)
{
        close_p(&waiter->epoll_fd);
        close_p(&waiter->timer_fd);
        waiter->epoll_fd = waiter->timer_fd = -1;
}

static int arm(struct waiter *waiter, uint64_t due_ns)
{
        struct itimerspec spec = {
                .it_value.tv_sec = (time_t)(due_ns / NS_PER_S),
                .it_value.tv_nsec = (long)(due_ns % NS_PER_S),
        };

        if (timerfd_settime(waiter->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
                return -errno;
        waiter->armed_ns = due_ns;
        return 0;
}

int waiter_wait(struct waiter *waiter, uint64_t now_ns, uint64_t due_ns, struct epoll_event *events,
        int n_events)
{
        int n, n_sockets = 0, r;

        /* A timer that goes off too early costs one wake-up, so it is only ever moved forward: most
         * waits need no system call for it. */
        if (due_ns > now_ns && due_ns < waiter->armed_ns) {
                r = arm(waiter, due_ns);
                if (r < 0)
                        return r;
        }
        n = epoll_wait(waiter->epoll_fd, events, n_events, due_ns <= now_ns ? 0 : -1);
        if (n < 0)
                return errno == EINTR ? 0 : -errno;
        for (int i = 0; i < n; i++) {
                if (events[i].data.fd == waiter->timer_fd)
                        waiter->armed_ns = CLOCK_NEVER;
                else if (events[i].data.fd != waiter->stop_fd)
                        events[n_sockets++] = events[i];
        }
        return n_sockets;
}
