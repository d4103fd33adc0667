/* SPDX-License-Identifier: Apache-2.0 */
#include "errand.h"

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

struct errand {
        int (*work)(const void *config, const struct stop *stop, struct why *why);
        const void *config;
        struct stop stop; /* asks it to end */
        struct stop done; /* it has ended */
        int result;
        struct why why;
};

static void *errand_main(void *argument)
{
        struct errand *errand = argument;

        errand->result = errand->work(errand->config, &errand->stop, &errand->why);
        stop_request(&errand->done);
        return NULL;
}

/* Until it has done, or has ended after a signal. False: it did not end in time. */
static bool errand_wait(struct errand *errand, int signal_fd)
{
        struct pollfd fds[] = {
                {.fd = errand->done.fd, .events = POLLIN},
                {.fd = signal_fd, .events = POLLIN},
        };

        while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
                ;
        if (stop_requested(&errand->done))
                return true;
        stop_request(&errand->stop);
        return stop_wait_until(&errand->done, clock_now_ns() + ROLE_STOP_NS);
}

static void errand_free(struct errand *errand)
{
        stop_fini(&errand->stop);
        stop_fini(&errand->done);
        free(errand);
}

/* On the heap, and left there by a thread that hangs: it is still in use then. */
static struct errand *errand_new(void)
{
        struct errand *errand = malloc(sizeof *errand);

        if (!errand)
                return NULL;
        *errand = (struct errand){
                .stop = {.fd = -1},
                .done = {.fd = -1},
        };
        if (stop_init(&errand->stop) == 0 && stop_init(&errand->done) == 0)
                return errand;
        errand_free(errand);
        return NULL;
}

int errand_run(int (*work)(const void *config, const struct stop *stop, struct why *why),
        const char *name, const void *config, int signal_fd, bool *ret_hangs, struct why *why)
{
        struct errand *errand = errand_new();
        pthread_t thread;
        int r;

        if (!errand)
                return why_errno(why, -ENOMEM, name, NULL);
        errand->work = work;
        errand->config = config;
        signals_block(); /* they are for this thread */
        r = -pthread_create(&thread, NULL, errand_main, errand);
        signals_unblock();
        if (r < 0) {
                errand_free(errand);
                return why_errno(why, r, name, NULL);
        }
        *ret_hangs = !errand_wait(errand, signal_fd);
        if (*ret_hangs) {
                pthread_detach(thread);
                r = -ECANCELED;
        } else {
                pthread_join(thread, NULL);
                r = errand->result;
                if (r < 0)
                        *why = errand->why;
                errand_free(errand);
        }
        if (r == -ECANCELED)
                why_set(why, r, name, NULL, "interrupted: what was begun is not complete");
        return r;
}
