/* SPDX-License-Identifier: Apache-2.0 */
#include "bottleneck.h"

#include "fmt.h"
#include "macro.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* At its limit: busy for so much of the time, as a mean over all of a window. */
#define CPU_FULL_PERCENT  95
#define DISK_FULL_PERCENT 95
#define CARD_FULL_PERCENT 90

/* A client of one thread. */
#define CLIENT_FULL_PERCENT   90
#define CLIENT_QUEUED_PERCENT 25
#define CLIENT_LATE_SHARE     0.01

#define MEMORY_LEAST_PERCENT   5
#define MEMORY_STALLED_PERCENT 5
#define SWAP_BYTES_PER_S       (1 << 20)

/* A few are lost on any network. */
#define RETRANSMITTED_PERCENT 1
#define SEGMENTS_ENOUGH       1000

const char *limit_resource_name(enum limit_resource resource)
{
        static const char *const names[] = {
                [LIMIT_CPU] = "cpu",
                [LIMIT_MEMORY] = "memory",
                [LIMIT_DISK] = "disk",
                [LIMIT_NETWORK] = "network",
                [LIMIT_CLIENT] = "client",
        };

        return names[resource];
}

void usage_fini(struct usage *usage)
{
        host_use_fini(&usage->host);
        free(usage->remotes);
        *usage = (struct usage){0};
}

static void reach(struct limits_reached *to, enum limit_resource resource, const char *format, ...)
        _printf_(3, 4);

static void reach(struct limits_reached *to, enum limit_resource resource, const char *format, ...)
{
        struct limit_reached *item = &to->items[to->n_items];
        va_list ap;

        if (to->n_items == LIMITS_MAX)
                return;
        to->n_items++;
        item->resource = resource;
        va_start(ap, format);
        vsnprintf(item->text, sizeof item->text, format, ap);
        va_end(ap);
}

/* Stolen time is used, too: by somebody else. */
static double cpu_used(const struct host_use *host)
{
        return fmin(100, host->cpu_busy_percent + host->cpu_steal_percent);
}

static bool cpu_is_full(const struct host_use *host)
{
        return cpu_used(host) >= CPU_FULL_PERCENT;
}

/* ---- clients ---- */

bool bottleneck_clients_starved(const struct usage *usage)
{
        const struct client_use *c = &usage->clients;

        return c->here && cpu_is_full(&usage->host) && c->late_share >= CLIENT_LATE_SHARE &&
               c->busiest_queued_percent >= CLIENT_QUEUED_PERCENT;
}

static void find_clients(const struct usage *usage, struct limits_reached *to)
{
        const struct client_use *c = &usage->clients;
        double idle = 100 - cpu_used(&usage->host);

        if (!c->here && c->busy_percent >= CPU_FULL_PERCENT)
                reach(to, LIMIT_CLIENT, "external clients' machine: CPU %.0f %%", c->busy_percent);
        if (c->here && usage->n_remotes > 0 && cpu_is_full(&usage->host))
                reach(to, LIMIT_CLIENT, "external clients' machine: CPU %.0f %%",
                        cpu_used(&usage->host));
        if (c->here && cpu_is_full(&usage->host)) /* the CPU is what is short, for all */
                return;
        if (c->busiest_cpu_percent >= CLIENT_FULL_PERCENT)
                reach(to, LIMIT_CLIENT, "external client: %.0f %% of its one CPU",
                        c->busiest_cpu_percent);
        else if (c->here && c->busiest_queued_percent >= CLIENT_QUEUED_PERCENT &&
                 c->late_share >= CLIENT_LATE_SHARE)
                reach(to, LIMIT_CLIENT,
                        "external client: waited for a CPU %.0f %% of the time, with %.0f %% of "
                        "all idle",
                        c->busiest_queued_percent, idle);
}

/* ---- memory ---- */

static void find_available(
        uint64_t available, uint64_t all, const char *whose, struct limits_reached *to)
{
        char size[FMT_SIZE];

        if (available && (double)available * 100 < (double)all * MEMORY_LEAST_PERCENT)
                reach(to, LIMIT_MEMORY, "%s %.1f %% of %s available", whose,
                        (double)available * 100 / (double)all, fmt_size(size, all));
}

static void find_memory(const struct usage *usage, struct limits_reached *to)
{
        const struct host_use *host = &usage->host;
        double swap = host->swap_in_bytes_per_s + host->swap_out_bytes_per_s, stalled = 0;
        char size[FMT_SIZE];

        if (usage->psi.has && usage->seconds > 0)
                stalled = (double)usage->psi.memory_full_us / 1e4 / usage->seconds;
        if (swap >= SWAP_BYTES_PER_S)
                reach(to, LIMIT_MEMORY, "host memory: swapping %s/s",
                        fmt_size(size, (uint64_t)swap));
        if (stalled >= MEMORY_STALLED_PERCENT)
                reach(to, LIMIT_MEMORY, "host memory: everything waited for it %.0f %% of the time",
                        stalled);
        find_available(host->memory_available_bytes, host->memory_bytes, "host memory:", to);
}

/* ---- disks, network ---- */

static void find_disk(const struct host_use *host, struct limits_reached *to)
{
        const struct disk_use *busiest = NULL;

        for (size_t i = 0; i < host->n_disks; i++)
                if (!busiest || host->disks[i].busy_percent > busiest->busy_percent)
                        busiest = &host->disks[i];
        if (busiest && busiest->busy_percent >= DISK_FULL_PERCENT)
                reach(to, LIMIT_DISK, "disk %s %.0f %% busy (%.1f ms an operation)", busiest->name,
                        busiest->busy_percent, busiest->await_ms);
}

static void find_network(const struct host_use *host, struct limits_reached *to)
{
        for (size_t i = 0; i < host->n_cards; i++) {
                const struct card_use *c = &host->cards[i];
                double most = fmax(c->received_bits_per_s, c->sent_bits_per_s),
                       speed = (double)c->speed_bits_per_s;

                if (speed > 0 && most * 100 >= speed * CARD_FULL_PERCENT)
                        reach(to, LIMIT_NETWORK, "network %s %.0f %% of %g Gbit/s", c->name,
                                most * 100 / speed, speed / 1e9);
        }
        if (host->tcp.listen_overflows)
                reach(to, LIMIT_NETWORK, "network: overflows of listen queues: %" PRIu64,
                        host->tcp.listen_overflows);
        if (host->tcp.segments_sent >= SEGMENTS_ENOUGH &&
                host->tcp.retransmitted * 100 >= host->tcp.segments_sent * RETRANSMITTED_PERCENT)
                reach(to, LIMIT_NETWORK, "network: %.1f %% of TCP segments sent again",
                        (double)host->tcp.retransmitted * 100 / (double)host->tcp.segments_sent);
}

/* ---- all ---- */

static void find_cpu(const struct host_use *host, struct limits_reached *to)
{
        if (!cpu_is_full(host))
                return;
        if (host->cpu_steal_percent >= 5)
                reach(to, LIMIT_CPU, "host CPU %.0f %% (%.0f %% stolen by its own host)",
                        cpu_used(host), host->cpu_steal_percent);
        else
                reach(to, LIMIT_CPU, "host CPU %.0f %%", cpu_used(host));
}

/* Guests are elsewhere: what this machine uses concerns the clients only. */
static void find_remote(const struct usage *usage, struct limits_reached *to)
{
        for (size_t i = 0; i < usage->n_remotes; i++) {
                const struct remote_use *r = &usage->remotes[i];
                char whose[96];

                snprintf(whose, sizeof whose, "memory of %s:", r->name);
                find_available(r->memory_available_bytes, r->memory_bytes, whose, to);
        }
        for (size_t i = 0; i < usage->n_remotes; i++) {
                const struct remote_use *r = &usage->remotes[i];

                if (r->cpu_busy_percent >= CPU_FULL_PERCENT)
                        reach(to, LIMIT_CPU, "CPU of %s %.0f %%", r->name, r->cpu_busy_percent);
        }
}

void bottleneck_find(const struct usage *usage, struct limits_reached *ret)
{
        *ret = (struct limits_reached){0};
        find_clients(usage, ret);
        if (usage->n_remotes > 0) {
                find_remote(usage, ret);
        } else {
                find_memory(usage, ret);
                find_cpu(&usage->host, ret);
        }
        find_network(&usage->host, ret);
        if (usage->n_remotes == 0)
                find_disk(&usage->host, ret);
}
