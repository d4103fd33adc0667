/* SPDX-License-Identifier: Apache-2.0 */
#include "errand.h"

#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

struct running {
        struct errand errand;
        struct stop stop; /* asks it to end */
        struct stop done; /* it has ended */
        int result;
        struct why why;
};

static int do_it(struct running *running)
{
        const struct errand *errand = &running->errand;
        int r;

        if (errand->work)
                return errand->work(errand->config, &running->stop, &running->why);
        r = errand->audit(errand->config, &running->stop, errand->findings, &running->why);
        /* Findings that nobody gets to see must not pass for none. */
        if (fflush(errand->findings) != 0 || ferror(errand->findings))
                return r < 0 ? r
                             : why_set(&running->why, -EIO, "findings", NULL, "cannot be written");
        return r;
}

static void *errand_main(void *argument)
{
        struct running *running = argument;

        running->result = do_it(running);
        stop_request(&running->done);
        return NULL;
}

/* Until it has done, or has ended after a signal. False: it did not end in time. */
static bool wait_for_end(struct running *running, int signal_fd)
{
        struct pollfd fds[] = {
                {.fd = running->done.fd, .events = POLLIN},
                {.fd = signal_fd, .events = POLLIN},
        };

        while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
                ;
        if (stop_requested(&running->done))
                return true;
        stop_request(&running->stop);
        return stop_wait_until(&running->done, clock_now_ns() + ROLE_STOP_NS);
}

static void running_free(struct running *running)
{
        stop_fini(&running->stop);
        stop_fini(&running->done);
        free(running);
}

/* On the heap, and left there by a thread that hangs: it is still in use then. */
static struct running *running_new(const struct errand *errand)
{
        struct running *running = malloc(sizeof *running);

        if (!running)
                return NULL;
        *running = (struct running){
                .errand = *errand,
                .stop = {.fd = -1},
                .done = {.fd = -1},
        };
        if (stop_init(&running->stop) == 0 && stop_init(&running->done) == 0)
                return running;
        running_free(running);
        return NULL;
}

int errand_run(const struct errand *errand, int signal_fd, bool *ret_hangs, struct why *why)
{
        struct running *running = running_new(errand);
        pthread_t thread;
        int r;

        if (!running)
                return why_errno(why, -ENOMEM, errand->name, NULL);
        signals_block(); /* they are for this thread */
        r = -pthread_create(&thread, NULL, errand_main, running);
        signals_unblock();
        if (r < 0) {
                running_free(running);
                return why_errno(why, r, errand->name, NULL);
        }
        *ret_hangs = !wait_for_end(running, signal_fd);
        if (*ret_hangs) {
                pthread_detach(thread);
                r = -ECANCELED;
        } else {
                pthread_join(thread, NULL);
                r = running->result;
                if (r != 0)
                        *why = running->why;
                running_free(running);
        }
        if (r == -ECANCELED)
                why_set(why, r, errand->name, NULL,
                        errand->work ? "interrupted: what was begun is not complete"
                                     : "interrupted: not all was looked at");
        return r;
}
