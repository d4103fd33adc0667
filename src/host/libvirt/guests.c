/* SPDX-License-Identifier: Apache-2.0 */
#include "guests_internal.h"

#include "clock.h"
#include "console.h"
#include "control.h"
#include "domains.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- the list ---- */

int guests_init(
        struct guests *guests, struct hosts *hosts, struct progress *progress, const char *results)
{
        *guests = (struct guests){.hosts = hosts, .progress = progress, .results = results};
        guests->links = calloc(hosts_count(hosts), sizeof *guests->links);
        return guests->links ? 0 : -ENOMEM;
}

int guests_add(struct guests *guests, size_t host, unsigned tile, unsigned guest, const char *name,
        const char *address, bool running)
{
        struct guest *items = reallocarray(guests->items, guests->n_items + 1, sizeof *items);
        struct guest *g;

        if (!items)
                return -ENOMEM;
        guests->items = items;
        g = &items[guests->n_items++];
        *g = (struct guest){
                .host = host,
                .tile = tile,
                .guest = guest,
                .running = running,
                .start_heard = running,
                .asked = -1,
        };
        snprintf(g->name, sizeof g->name, "%s", name);
        snprintf(g->url, sizeof g->url, "http://%s:%d", address, CONTROL_PORT);
        return 0;
}

struct guest *guests_find(const struct guests *guests, unsigned tile, unsigned guest)
{
        for (size_t i = 0; i < guests->n_items; i++)
                if (guests->items[i].tile == tile && guests->items[i].guest == guest)
                        return &guests->items[i];
        return NULL;
}

void guests_forget(struct guests *guests, unsigned first, unsigned last)
{
        size_t kept = 0;

        for (size_t i = 0; i < guests->n_items; i++) {
                struct guest *g = &guests->items[i];

                if (g->tile >= first && g->tile <= last)
                        free(g->console);
                else
                        guests->items[kept++] = *g;
        }
        guests->n_items = kept;
}

void guests_fini(struct guests *guests)
{
        guests_forget(guests, 0, UINT32_MAX);
        free(guests->items);
        free(guests->links);
        *guests = (struct guests){0};
}

size_t guests_in_trouble(
        const struct guests *guests, unsigned first, unsigned last, const struct guest **ret_first)
{
        size_t n = 0;

        *ret_first = NULL;
        for (size_t i = 0; i < guests->n_items; i++) {
                const struct guest *g = &guests->items[i];

                if (g->tile < first || g->tile > last || !g->trouble[0])
                        continue;
                n++;
                *ret_first = *ret_first ? *ret_first : g;
        }
        return n;
}

/* ---- hosts ---- */

int guests_reach(struct guests *guests, size_t host, struct why *why)
{
        const char *uri = hosts_uri(guests->hosts, host);
        struct _virConnect *connection;
        struct why inner = {0};

        if (guests->links[host] == LINK_LOST) {
                bool back = hosts_connection(guests->hosts, host, &connection, &inner) == 0;

                guests->links[host] = back ? LINK_FINE : LINK_GONE;
                progress_say(guests->progress, "%s: %s", uri,
                        back ? "is connected again" : inner.reason);
        }
        if (guests->links[host] == LINK_GONE)
                return why_set(why, -ENOTCONN, "host", uri,
                        "the connection was lost, and could not be made again");
        return 0;
}

/* ---- consoles ---- */

/* Where the last lines of a text begin. */
static const char *last_lines(const char *text, unsigned lines)
{
        const char *at = text + strlen(text);

        while (at > text && at[-1] == '\n')
                at--;
        for (; at > text; at--)
                if (at[-1] == '\n' && --lines == 0)
                        break;
        return at;
}

/* A log is a help; that it cannot be written is not worth a run. */
static void write_log(const struct guests *guests, const struct guest *guest)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int fd = -1;
        size_t size = strlen(guest->console);

        if (!guests->results)
                return;
        if (asprintf(&path, "%s/logs/tile%u-%s-console.log", guests->results, guest->tile,
                    guest_name(guest->guest)) < 0) {
                path = NULL;
                return;
        }
        fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
        if (fd < 0 || write(fd, guest->console, size) != (ssize_t)size)
                progress_say(guests->progress, "%s: cannot be written", path);
}

static void read_console(struct guests *guests, struct guest *guest)
{
        if (guests_reach(guests, guest->host, NULL) < 0)
                return; /* what was read before stays */
        free(guest->console);
        guest->console =
                domains_console(guests->hosts, guest->host, guest->name, GUEST_CONSOLE_MAX);
        if (guest->console)
                write_log(guests, guest);
}

static void say_console(struct guests *guests, const struct guest *guest)
{
        const char *line;

        if (!guest->console) {
                progress_say(
                        guests->progress, "    (its console is empty, or there is no log of it)");
                return;
        }
        for (line = last_lines(guest->console, GUEST_CONSOLE_LINES); *line;) {
                size_t length = strcspn(line, "\n");

                progress_say(guests->progress, "    | %.*s", (int)length, line);
                line += length + (line[length] == '\n');
        }
}

char *guests_console_tail(struct guests *guests, struct guest *guest)
{
        /* Of one that ended, all was read then. */
        if (guest->started && (!guest->console || guest->running))
                read_console(guests, guest);
        return guest->console ? strdup(last_lines(guest->console, GUEST_CONSOLE_LINES)) : NULL;
}

/* ---- what happens ---- */

/* What a kernel says when it gives up tells more than that its domain is off. */
static void look_for_panic(struct guest *guest)
{
        static const char words[] = "Kernel panic - ";
        const char *panic =
                guest->console && !guest->running ? strstr(guest->console, words) : NULL;

        if (!panic)
                return;
        panic += sizeof words - 1;
        snprintf(guest->trouble, sizeof guest->trouble, "panicked%s: %.*s (domain %s)",
                guest->ready ? "" : " before it was ready", (int)MIN(strcspn(panic, "\n"), 80u),
                panic, guest->name);
}

void guest_in_trouble(struct guests *guests, struct guest *guest, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vsnprintf(guest->trouble, sizeof guest->trouble, format, ap);
        va_end(ap);
        if (guest->started) {
                read_console(guests, guest);
                look_for_panic(guest);
        }
        progress_say(guests->progress, "tile %u %s %s", guest->tile, guest_name(guest->guest),
                guest->trouble);
        if (guest->started)
                say_console(guests, guest);
}

static struct guest *find_domain(struct guests *guests, const struct host_event *event)
{
        for (size_t i = 0; i < guests->n_items; i++)
                if (guests->items[i].host == event->host &&
                        strcmp(guests->items[i].name, event->domain) == 0)
                        return &guests->items[i];
        return NULL;
}

static void take_event(struct guests *guests, const struct host_event *event)
{
        struct guest *g;

        if (event->what == HOST_LOST) {
                guests->links[event->host] = LINK_LOST;
                progress_say(guests->progress, "%s %s: nothing more is heard of its guests",
                        hosts_uri(guests->hosts, event->host), event->text);
                return;
        }
        g = find_domain(guests, event);
        if (!g)
                return;
        if (event->what == HOST_DOMAIN_STARTED)
                g->start_heard = true;
        if (event->what == HOST_DOMAIN_STARTED || !g->start_heard)
                return;
        g->running = event->what == HOST_DOMAIN_PAUSED;
        if (!g->ending && !g->trouble[0])
                guest_in_trouble(guests, g, "%s%s (domain %s)", event->text,
                        g->ready ? "" : " before it was ready", g->name);
}

void guests_take_events(struct guests *guests)
{
        struct host_event event;

        while (hosts_next_event(guests->hosts, &event) > 0)
                take_event(guests, &event);
}
