/* SPDX-License-Identifier: Apache-2.0 */
#include "stop.h"

#include "clock.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int stop_init(struct stop *stop)
{
        stop->requested = false;
        stop->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        return stop->fd < 0 ? -errno : 0;
}

void stop_fini(struct stop *stop)
{
        if (stop->fd >= 0)
                close(stop->fd);
        stop->fd = -1;
}

void stop_request(struct stop *stop)
{
        uint64_t one = 1;
        int saved = errno;

        __atomic_store_n(&stop->requested, true, __ATOMIC_RELEASE);
        /* Fails only when the counter is full, and then it is readable already. */
        if (write(stop->fd, &one, sizeof one) < 0)
                errno = saved;
}

bool stop_requested(const struct stop *stop)
{
        return __atomic_load_n(&stop->requested, __ATOMIC_ACQUIRE);
}

bool stop_wait_until(const struct stop *stop, uint64_t due_ns)
{
        for (;;) {
                struct pollfd fd = {.fd = stop->fd, .events = POLLIN};
                struct timespec left, *timeout = NULL;

                if (stop_requested(stop))
                        return true;
                if (due_ns != CLOCK_NEVER) {
                        uint64_t now = clock_now_ns();

                        if (now >= due_ns)
                                return false;
                        left.tv_sec = (time_t)((due_ns - now) / NS_PER_S);
                        left.tv_nsec = (long)((due_ns - now) % NS_PER_S);
                        timeout = &left;
                }
                ppoll(&fd, 1, timeout, NULL);
        }
}
