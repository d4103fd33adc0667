/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ending guests, politely first.
 */
#include "guests_internal.h"

#include "clock.h"
#include "domains.h"
#include "fmt.h"
#include "progress.h"

#include <errno.h>
#include <poll.h>

/* A guest that is still booting does not hear its power button: it is pressed again. */
#define PRESS_EVERY_NS (5 * NS_PER_S)

struct ending {
        struct guests *guests;
        unsigned first, last;
        uint64_t deadline_ns, press_ns;
        int interrupt_fd;
        int result; /* the first error, or 0 */
        struct why *why;
};

static bool concerns(const struct ending *e, const struct guest *g)
{
        return g->tile >= e->first && g->tile <= e->last;
}

static void note_error(struct ending *e, int error, const struct why *why)
{
        if (error == 0 || e->result < 0)
                return;
        e->result = error;
        if (e->why)
                *e->why = *why;
}

static size_t count_running(const struct ending *e)
{
        size_t n = 0;

        for (size_t i = 0; i < e->guests->n_items; i++)
                n += concerns(e, &e->guests->items[i]) && e->guests->items[i].running;
        return n;
}

/* Events may have been lost with a connection: what is off already is found here. */
static void press(struct ending *e, struct guest *g)
{
        struct domain_info info;
        struct why why = {0};
        int r = guests_reach(e->guests, g->host, &why);

        if (r == 0)
                r = domains_state(e->guests->hosts, g->host, g->name, &info, &why);
        if (r == -ENOTCONN) /* nobody to ask: not waited for */
                note_error(e, r, &why);
        if (r == -ENOENT || r == -ENOTCONN || (r == 0 && !info.running))
                g->running = false;
        else if (r == 0)
                domains_shut_down(e->guests->hosts, g->host, g->name, &why);
}

static void press_all(struct ending *e)
{
        for (size_t i = 0; i < e->guests->n_items; i++) {
                struct guest *g = &e->guests->items[i];

                if (concerns(e, g) && g->running)
                        press(e, g);
        }
        e->press_ns = clock_now_ns() + PRESS_EVERY_NS;
}

/* Until all are off, or it takes too long. */
static int await_end(struct ending *e, struct why *why)
{
        struct pollfd fds[] = {
                {.fd = hosts_fd(e->guests->hosts), .events = POLLIN},
                {.fd = e->interrupt_fd, .events = POLLIN},
        };

        for (;;) {
                uint64_t now_ns;

                guests_take_events(e->guests);
                now_ns = clock_now_ns();
                if (count_running(e) == 0 || now_ns >= e->deadline_ns)
                        return 0;
                if (now_ns >= e->press_ns)
                        press_all(e);
                if (guests_interrupted(e->interrupt_fd, why))
                        return -EINTR;
                poll(fds, ARRAY_SIZE(fds),
                        clock_poll_timeout_ms(now_ns, MIN(e->press_ns, e->deadline_ns)));
        }
}

static int power_off(struct ending *e, struct guest *g, uint64_t timeout_ns, struct why *why)
{
        char took[FMT_SIZE], title[64];
        struct domain_info info;
        int r = guests_reach(e->guests, g->host, why);

        if (r == 0)
                r = domains_state(e->guests->hosts, g->host, g->name, &info, why);
        if (r == -ENOENT || (r == 0 && !info.running))
                return 0; /* at the last moment */
        if (r == 0)
                r = domains_power_off(e->guests->hosts, g->host, g->name, why);
        if (r < 0)
                return r;
        snprintf(title, sizeof title, "tile %u %s", g->tile, guest_name(g->guest));
        progress_say(e->guests->progress, "%s did not shut down and was powered off (domain %s)",
                title, g->name);
        return why_set(why, -ETIME, title, NULL,
                "did not shut down within %s and was powered off (domain %s)",
                fmt_duration(took, timeout_ns), g->name);
}

static void power_off_all(struct ending *e, uint64_t timeout_ns)
{
        for (size_t i = 0; i < e->guests->n_items; i++) {
                struct guest *g = &e->guests->items[i];
                struct why why = {0};
                int r;

                if (!concerns(e, g) || !g->running)
                        continue;
                r = power_off(e, g, timeout_ns, &why);
                note_error(e, r, &why);
                g->running = r < 0 && r != -ETIME;
        }
}

int guests_shut_down(struct guests *guests, unsigned first, unsigned last, uint64_t timeout_ns,
        int interrupt_fd, struct why *why)
{
        struct ending e = {
                .guests = guests,
                .first = first,
                .last = last,
                .deadline_ns = clock_now_ns() + timeout_ns,
                .interrupt_fd = interrupt_fd,
                .why = why,
        };
        int r;

        for (size_t i = 0; i < guests->n_items; i++)
                if (concerns(&e, &guests->items[i]))
                        guests->items[i].ending = true;
        guests_take_events(guests);
        r = await_end(&e, why);
        if (r < 0)
                return r;
        power_off_all(&e, timeout_ns);
        return e.result;
}

int guest_remove(struct guests *guests, struct guest *guest, struct why *why)
{
        int r = guests_reach(guests, guest->host, why);

        guest->ending = true;
        if (r == 0)
                r = domains_remove(guests->hosts, guest->host, guest->name, why);
        guest->running = guest->running && r < 0;
        return r;
}

int guests_remove(struct guests *guests, unsigned first, unsigned last, struct why *why)
{
        struct ending e = {.guests = guests, .first = first, .last = last, .why = why};

        for (size_t i = 0; i < guests->n_items; i++) {
                struct guest *g = &guests->items[i];
                struct why inner = {0};

                if (concerns(&e, g))
                        note_error(&e, guest_remove(guests, g, &inner), &inner);
        }
        return e.result;
}
