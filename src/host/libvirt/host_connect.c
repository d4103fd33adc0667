/* SPDX-License-Identifier: Apache-2.0 */
#include "host_connect.h"

#include "calls.h"
#include "clock.h"
#include "fmt.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* One try. Whoever comes last frees it: we, or the thread when we have given it up. */
struct attempt {
        pthread_t thread;
        char *uri, *shown;
        int fd; /* eventfd: it is done */

        pthread_mutex_t lock;
        bool done, given_up;
        virConnectPtr connection;
        int error;
        struct why why;
};

static void attempt_free(struct attempt *a)
{
        if (!a)
                return;
        if (a->connection)
                vir.ConnectClose(a->connection);
        if (a->fd >= 0)
                close(a->fd);
        pthread_mutex_destroy(&a->lock);
        free(a->uri);
        free(a->shown);
        free(a);
}

static struct attempt *attempt_new(const char *uri, const char *shown)
{
        struct attempt *a = calloc(1, sizeof *a);

        if (!a)
                return NULL;
        pthread_mutex_init(&a->lock, NULL);
        a->fd = eventfd(0, EFD_CLOEXEC);
        a->uri = strdup(uri);
        a->shown = strdup(shown);
        if (a->fd >= 0 && a->uri && a->shown)
                return a;
        attempt_free(a);
        return NULL;
}

/* ---- in its thread ---- */

/* Where a password or the like is asked for, there is nobody to answer. */
static int refuse(virConnectCredentialPtr credentials, unsigned n, void *data)
{
        return -1;
}

static void *try(void *data)
{
        static int kinds[] = {VIR_CRED_USERNAME, VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE,
                VIR_CRED_ECHOPROMPT, VIR_CRED_NOECHOPROMPT};
        static virConnectAuth nobody = {
                .credtype = kinds, .ncredtype = ARRAY_SIZE(kinds), .cb = refuse};
        struct attempt *a = data;
        bool given_up;

        a->connection = vir.ConnectOpenAuth(a->uri, &nobody, 0);
        if (!a->connection) /* libvirt's last error is this thread's */
                a->error = calls_why(&a->why, "host", NULL, a->shown, "connect");
        pthread_mutex_lock(&a->lock);
        a->done = true;
        given_up = a->given_up;
        if (!given_up)
                eventfd_write(a->fd, 1);
        pthread_mutex_unlock(&a->lock);
        if (given_up)
                attempt_free(a);
        return NULL;
}

/* ---- in ours ---- */

/* Signals are for the others. */
static int start(struct attempt *a)
{
        sigset_t all, before;
        int r;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = -pthread_create(&a->thread, NULL, try, a);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r;
}

/* Until it is done: 0, -ETIMEDOUT or -EINTR. */
static int await(const struct attempt *a, uint64_t timeout_ns, int interrupt_fd)
{
        uint64_t deadline_ns = clock_now_ns() + timeout_ns, now_ns;
        struct pollfd fds[] = {
                {.fd = a->fd, .events = POLLIN},
                {.fd = interrupt_fd, .events = POLLIN},
        };

        while ((now_ns = clock_now_ns()) < deadline_ns) {
                if (poll(fds, ARRAY_SIZE(fds), clock_poll_timeout_ms(now_ns, deadline_ns)) <= 0)
                        continue;
                if (fds[0].revents)
                        return 0;
                return -EINTR;
        }
        return -ETIMEDOUT;
}

/* False: it came to its end at the last moment. */
static bool give_up(struct attempt *a)
{
        bool done;

        pthread_mutex_lock(&a->lock);
        done = a->done;
        a->given_up = !done;
        if (!done)
                pthread_detach(a->thread);
        pthread_mutex_unlock(&a->lock);
        return !done;
}

static int conclude(struct attempt *a, virConnectPtr *ret, struct why *why)
{
        int r;

        pthread_join(a->thread, NULL);
        r = a->error;
        if (r == 0)
                *ret = STEAL_PTR(a->connection);
        else if (why)
                *why = a->why;
        attempt_free(a);
        return r;
}

int host_connect(virConnectPtr *ret, const char *uri, const char *shown, uint64_t timeout_ns,
        int interrupt_fd, struct why *why)
{
        struct attempt *a = attempt_new(uri, shown);
        char took[FMT_SIZE];
        int r = a ? start(a) : -ENOMEM;

        if (r < 0) {
                attempt_free(a);
                return why_errno(why, r, "host", shown);
        }
        r = await(a, timeout_ns, interrupt_fd);
        if (r == 0 || !give_up(a))
                return conclude(a, ret, why);
        if (r == -EINTR)
                return why_set(why, r, "interrupted", NULL, "by a signal");
        return why_set(why, r, "host", shown,
                "no answer within %s: is that host up, and does libvirtd there answer others?",
                fmt_duration(took, timeout_ns));
}
