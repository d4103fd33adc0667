/* SPDX-License-Identifier: Apache-2.0 */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A handler has no other way to its data. */
static int event_fd = -1;
static int last;

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void handle(int number)
{
        int saved = errno;

        __atomic_store_n(&last, number, __ATOMIC_RELAXED);
        eventfd_write(event_fd, 1);
        errno = saved;
}

static void mask(int how)
{
        sigset_t set;

        sigemptyset(&set);
        for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++)
                sigaddset(&set, ending[i]);
        pthread_sigmask(how, &set, NULL);
}

void signals_block(void)
{
        mask(SIG_BLOCK);
}

void signals_unblock(void)
{
        mask(SIG_UNBLOCK);
}

int signals_catch(void)
{
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};

        event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (event_fd < 0)
                return -errno;
        signal(SIGPIPE, SIG_IGN); /* both come back as errors of the call, which can be counted */
        signal(SIGXFSZ, SIG_IGN);
        for (size_t i = 0; i < sizeof ending / sizeof ending[0]; i++) {
                struct sigaction inherited;

                /* Who was started to survive a hangup (nohup) does. */
                if (ending[i] == SIGHUP && sigaction(SIGHUP, NULL, &inherited) == 0 &&
                        inherited.sa_handler == SIG_IGN)
                        continue;
                sigaction(ending[i], &action, NULL);
        }
        return event_fd;
}

int signals_take(void)
{
        eventfd_t n;

        if (eventfd_read(event_fd, &n) < 0)
                return 0;
        return __atomic_load_n(&last, __ATOMIC_RELAXED);
}
