/* SPDX-License-Identifier: Apache-2.0 */
#include "event_loop.h"

#include "calls.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

static struct {
        pthread_t thread;
        bool runs;
        bool ends; /* of the thread alone while it runs */
        int timer; /* what ends it */
} loop;

static void end(int timer, void *data)
{
        loop.ends = true;
}

static void *turn(void *data)
{
        static const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};

        while (!loop.ends)
                if (vir.EventRunDefaultImpl() < 0)
                        nanosleep(&pause, NULL); /* poll(2) failed: no memory */
        return NULL;
}

int event_loop_start(void)
{
        sigset_t all, before;
        int r;

        if (loop.runs)
                return -EBUSY;
        loop.timer = vir.EventAddTimeout(-1, end, NULL, NULL);
        if (loop.timer < 0)
                return -ENOMEM;
        loop.ends = false;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = -pthread_create(&loop.thread, NULL, turn, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r < 0)
                vir.EventRemoveTimeout(loop.timer);
        loop.runs = r == 0;
        return r;
}

void event_loop_stop(void)
{
        if (!loop.runs)
                return;
        vir.EventUpdateTimeout(loop.timer, 0);
        pthread_join(loop.thread, NULL);
        vir.EventRemoveTimeout(loop.timer);
        loop.runs = false;
}
