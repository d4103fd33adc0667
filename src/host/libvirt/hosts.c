/* SPDX-License-Identifier: Apache-2.0 */
#include "hosts.h"

#include "calls.h"
#include "clock.h"
#include "event_loop.h"
#include "host_connect.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>

/* A host that does not answer for as long as this together is lost. */
enum {
        KEEPALIVE_INTERVAL_S = 5,
        KEEPALIVE_COUNT = 3,
};

/* One that could not be reached is not tried again before: each try may take minutes, and there are
 * many guests to ask about. */
#define RETRY_AFTER_NS (5 * NS_PER_S)

/* A daemon that has just been started, on a busy host, asks QEMU for a while what it can do. One
 * that was lost has answered before. */
#define CONNECT_TIMEOUT_NS   (120 * NS_PER_S)
#define RECONNECT_TIMEOUT_NS (30 * NS_PER_S)

struct host {
        struct hosts *hosts;
        char *uri;
        virConnectPtr connection; /* NULL: none */
        int callback;             /* of the events; -1: none */

        /* The last try to connect, if it failed. */
        int error;
        struct why why;
        uint64_t failed_ns;

        /* Under the lock, like the queue. */
        bool lost;        /* the connection ended */
        bool lost_unread; /* and that was not handed out yet */
        uint64_t lost_ns;
        const char *lost_text;
};

struct hosts {
        struct host *items;
        size_t n_items;
        int fd;        /* eventfd */
        bool has_loop; /* event_loop_start() */

        /* The event loop's thread puts events here, ours takes them. */
        pthread_mutex_t lock;
        struct host_event *events;
        size_t first, n_events, capacity; /* events[first] up to events[n_events - 1] wait */
};

/* ---- events; in the event loop's thread ---- */

/* A slot of its own for each host: this needs no memory. */
static void set_lost(struct host *host, const char *text)
{
        host->lost_text = text;
        host->lost_ns = clock_now_ns();
        host->lost_unread = true;
}

static int make_room(struct hosts *hosts)
{
        size_t capacity = hosts->capacity ? hosts->capacity * 2 : 64;
        struct host_event *more;

        if (hosts->n_events < hosts->capacity)
                return 0;
        more = realloc(hosts->events, capacity * sizeof *more);
        if (!more)
                return -ENOMEM;
        hosts->events = more;
        hosts->capacity = capacity;
        return 0;
}

static void push(struct host *host, const struct host_event *event)
{
        struct hosts *hosts = host->hosts;

        pthread_mutex_lock(&hosts->lock);
        if (make_room(hosts) == 0)
                hosts->events[hosts->n_events++] = *event;
        else
                set_lost(host, "events were lost: no memory");
        eventfd_write(hosts->fd, 1);
        pthread_mutex_unlock(&hosts->lock);
}

/* What a STOPPED event's detail means, for one who knows only the guest's name. */
static bool stopped(int detail, struct host_event *event)
{
        static const struct {
                enum host_event_what what;
                const char *text;
        } details[] = {
                [VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = {HOST_DOMAIN_STOPPED,
                        "shut down or rebooted by itself"},
                [VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = {HOST_DOMAIN_STOPPED, "was powered off"},
                [VIR_DOMAIN_EVENT_STOPPED_CRASHED] = {HOST_DOMAIN_CRASHED, "crashed"},
                [VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = {HOST_DOMAIN_STOPPED, "was migrated away"},
                [VIR_DOMAIN_EVENT_STOPPED_SAVED] = {HOST_DOMAIN_STOPPED, "was saved and put off"},
                [VIR_DOMAIN_EVENT_STOPPED_FAILED] = {HOST_DOMAIN_CRASHED,
                        "did not start, or its hypervisor process ended"},
                [VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = {HOST_DOMAIN_STOPPED,
                        "was put back to a snapshot"},
        };
        bool known = detail >= 0 && (size_t)detail < ARRAY_SIZE(details) && details[detail].text;

        event->what = known ? details[detail].what : HOST_DOMAIN_STOPPED;
        snprintf(event->text, sizeof event->text, "%s", known ? details[detail].text : "stopped");
        return true;
}

static bool describe(int what, int detail, struct host_event *event)
{
        switch (what) {
        case VIR_DOMAIN_EVENT_STARTED:
                event->what = HOST_DOMAIN_STARTED;
                snprintf(event->text, sizeof event->text, "was started");
                return true;
        case VIR_DOMAIN_EVENT_STOPPED:
                return stopped(detail, event);
        case VIR_DOMAIN_EVENT_CRASHED:
                event->what = HOST_DOMAIN_CRASHED;
                snprintf(event->text, sizeof event->text, "crashed: its kernel panicked");
                return true;
        case VIR_DOMAIN_EVENT_PMSUSPENDED:
        case VIR_DOMAIN_EVENT_SUSPENDED:
                event->what = HOST_DOMAIN_PAUSED;
                snprintf(event->text, sizeof event->text, "was paused%s",
                        what == VIR_DOMAIN_EVENT_SUSPENDED &&
                                        detail == VIR_DOMAIN_EVENT_SUSPENDED_IOERROR
                                ? ": a disk of it cannot be read or written"
                                : "");
                return true;
        default: /* definitions that come and go, and shutdowns that have only begun */
                return false;
        }
}

static int on_event(virConnectPtr connection, virDomainPtr domain, int what, int detail, void *data)
{
        struct host *host = data;
        struct host_event event = {
                .host = (size_t)(host - host->hosts->items),
                .at_ns = clock_now_ns(),
        };
        const char *name = vir.DomainGetName(domain);

        /* One with a longer name is none of ours. */
        if (!name || strlen(name) >= sizeof event.domain || !describe(what, detail, &event))
                return 0;
        strcpy(event.domain, name);
        push(host, &event);
        return 0;
}

static void on_close(virConnectPtr connection, int reason, void *data)
{
        struct host *host = data;
        const char *text = reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE
                                   ? "does not answer any more: the connection was given up"
                           : reason == VIR_CONNECT_CLOSE_REASON_EOF
                                   ? "closed the connection"
                                   : "cannot be reached any more: the connection broke";

        pthread_mutex_lock(&host->hosts->lock);
        host->lost = true;
        set_lost(host, text);
        eventfd_write(host->hosts->fd, 1);
        pthread_mutex_unlock(&host->hosts->lock);
}

int hosts_fd(struct hosts *hosts)
{
        return hosts->fd;
}

static int take_event(struct hosts *hosts, struct host_event *ret)
{
        if (hosts->first < hosts->n_events) {
                *ret = hosts->events[hosts->first++];
                return 1;
        }
        hosts->first = hosts->n_events = 0;
        for (size_t i = 0; i < hosts->n_items; i++) {
                struct host *h = &hosts->items[i];

                if (!h->lost_unread)
                        continue;
                h->lost_unread = false;
                *ret = (struct host_event){.host = i, .what = HOST_LOST, .at_ns = h->lost_ns};
                snprintf(ret->text, sizeof ret->text, "%s", h->lost_text);
                return 1;
        }
        return 0;
}

int hosts_next_event(struct hosts *hosts, struct host_event *ret)
{
        eventfd_t n;
        int r;

        pthread_mutex_lock(&hosts->lock);
        r = take_event(hosts, ret);
        if (r == 0 && eventfd_read(hosts->fd, &n) < 0)
                r = 0; /* nothing had come: it does not block */
        pthread_mutex_unlock(&hosts->lock);
        return r;
}

/* ---- connections ---- */

/* ssh would ask on the terminal, past the callback above: "no_tty" keeps it from that. */
static char *quiet_uri(const char *uri)
{
        const char *scheme_end = strstr(uri, "+ssh:");
        char *text;

        if (!scheme_end || strstr(uri, "no_tty="))
                return strdup(uri);
        if (asprintf(&text, "%s%sno_tty=1", uri, strchr(uri, '?') ? "&" : "?") < 0)
                return NULL;
        return text;
}

static void disconnect(struct host *host)
{
        if (!host->connection)
                return;
        if (host->callback >= 0)
                vir.ConnectDomainEventDeregisterAny(host->connection, host->callback);
        vir.ConnectUnregisterCloseCallback(host->connection, on_close);
        vir.ConnectClose(host->connection);
        host->connection = NULL;
        host->callback = -1;
}

static int watch(struct host *host, struct why *why)
{
        virConnectPtr c = host->connection;

        if (vir.ConnectRegisterCloseCallback(c, on_close, host, NULL) < 0)
                return calls_why(why, "host", NULL, host->uri, "watch the connection");
        host->callback = vir.ConnectDomainEventRegisterAny(c, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
                VIR_DOMAIN_EVENT_CALLBACK(on_event), host, NULL);
        if (host->callback < 0)
                return calls_why(why, "host", NULL, host->uri, "watch its domains");
        /* Drivers without a daemon have no use for it. */
        if (vir.ConnectSetKeepAlive(c, KEEPALIVE_INTERVAL_S, KEEPALIVE_COUNT) < 0 &&
                calls_last_code() != VIR_ERR_NO_SUPPORT)
                return calls_why(why, "host", NULL, host->uri, "watch the connection");
        return 0;
}

static int try_to_connect(struct host *host, uint64_t timeout_ns, int interrupt_fd, struct why *why)
{
        _cleanup_free_ char *uri = quiet_uri(host->uri);
        int r;

        if (!uri)
                return why_errno(why, -ENOMEM, "host", host->uri);
        r = host_connect(&host->connection, uri, host->uri, timeout_ns, interrupt_fd, why);
        if (r < 0)
                return r;
        r = watch(host, why);
        if (r < 0)
                disconnect(host);
        return r;
}

static int connect_again(struct host *host, struct why *why)
{
        if (host->error == 0 || clock_now_ns() - host->failed_ns > RETRY_AFTER_NS) {
                host->error = try_to_connect(host, RECONNECT_TIMEOUT_NS, -1, &host->why);
                host->failed_ns = clock_now_ns();
        }
        if (host->error < 0 && why)
                *why = host->why;
        return host->error;
}

int hosts_connection(struct hosts *hosts, size_t host, virConnectPtr *ret, struct why *why)
{
        struct host *h = &hosts->items[host];
        bool lost;
        int r = 0;

        pthread_mutex_lock(&hosts->lock);
        lost = h->lost;
        h->lost = false;
        pthread_mutex_unlock(&hosts->lock);
        if (lost)
                disconnect(h);
        if (!h->connection)
                r = connect_again(h, why);
        if (r == 0)
                *ret = h->connection;
        return r;
}

/* ---- all of them ---- */

static int add_uri(struct hosts *hosts, const char *uri, size_t length, struct why *why)
{
        struct host *h = &hosts->items[hosts->n_items];

        *h = (struct host){.hosts = hosts, .callback = -1, .uri = strndup(uri, length)};
        if (!h->uri)
                return why_errno(why, -ENOMEM, "hosts", NULL);
        for (size_t i = 0; i < hosts->n_items; i++)
                if (strcmp(hosts->items[i].uri, h->uri) == 0) {
                        why_set(why, -EINVAL, "host", h->uri, "is given twice");
                        free(h->uri);
                        return -EINVAL;
                }
        hosts->n_items++;
        return 0;
}

static int set_uris(struct hosts *hosts, const char *uris, struct why *why)
{
        static const char blanks[] = " \t\n";
        const char *at = uris + strspn(uris, blanks);
        int r;

        /* No more URIs than every second character. */
        hosts->items = calloc(strlen(uris) / 2 + 1, sizeof *hosts->items);
        if (!hosts->items)
                return why_errno(why, -ENOMEM, "hosts", NULL);
        for (; *at; at += strspn(at, blanks)) {
                size_t length = strcspn(at, blanks);

                r = add_uri(hosts, at, length, why);
                if (r < 0)
                        return r;
                at += length;
        }
        if (hosts->n_items == 0)
                return why_set(why, -EINVAL, "hosts", uris,
                        "no URI of libvirt: write one like qemu:///system");
        return 0;
}

static int open_all(struct hosts *hosts, const char *uris, int interrupt_fd, struct why *why)
{
        int r = set_uris(hosts, uris, why);

        if (r < 0)
                return r;
        hosts->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (hosts->fd < 0)
                return why_errno(why, -errno, "hosts", NULL);
        /* Last of what is shared with its thread. */
        r = event_loop_start();
        if (r < 0)
                return why_errno(why, r, "libvirt's event loop", NULL);
        hosts->has_loop = true;
        for (size_t i = 0; i < hosts->n_items; i++) {
                r = try_to_connect(&hosts->items[i], CONNECT_TIMEOUT_NS, interrupt_fd, why);
                if (r < 0)
                        return r;
        }
        return 0;
}

int hosts_open(struct hosts **ret, const char *uris, int interrupt_fd, struct why *why)
{
        struct hosts *hosts;
        int r = calls_load(why);

        if (r < 0)
                return r;
        hosts = calloc(1, sizeof *hosts);
        if (!hosts)
                return why_errno(why, -ENOMEM, "hosts", NULL);
        pthread_mutex_init(&hosts->lock, NULL);
        hosts->fd = -1;
        r = open_all(hosts, uris, interrupt_fd, why);
        if (r < 0) {
                hosts_free(hosts);
                return r;
        }
        *ret = hosts;
        return 0;
}

void hosts_free(struct hosts *hosts)
{
        if (!hosts)
                return;
        for (size_t i = 0; i < hosts->n_items; i++)
                disconnect(&hosts->items[i]);
        if (hosts->has_loop)
                event_loop_stop(); /* a callback may be at work until here */
        for (size_t i = 0; i < hosts->n_items; i++)
                free(hosts->items[i].uri);
        if (hosts->fd >= 0)
                close(hosts->fd);
        pthread_mutex_destroy(&hosts->lock);
        free(hosts->items);
        free(hosts->events);
        free(hosts);
}

size_t hosts_count(const struct hosts *hosts)
{
        return hosts->n_items;
}

const char *hosts_uri(const struct hosts *hosts, size_t host)
{
        return hosts->items[host].uri;
}

size_t hosts_of_tile(const struct hosts *hosts, unsigned tile)
{
        return (tile - 1) % hosts->n_items;
}
