/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting guests, and waiting until each is ready or in trouble.
 */
#include "guests_internal.h"

#include "clock.h"
#include "domains.h"
#include "fmt.h"
#include "progress.h"
#include "readiness.h"
#include "tile_plan.h"

#include <errno.h>
#include <poll.h>

bool guests_interrupted(int interrupt_fd, struct why *why)
{
        struct pollfd fd = {.fd = interrupt_fd, .events = POLLIN};

        if (poll(&fd, 1, 0) <= 0)
                return false;
        why_set(why, -EINTR, "interrupted", NULL, "by a signal");
        return true;
}

static bool in_range(const struct guest *guest, const struct guests_start *start)
{
        return guest->tile >= start->first && guest->tile <= start->last;
}

/* ---- can a tile still become whole? ---- */

static bool is_whole(const struct guests *guests, unsigned tile)
{
        for (size_t i = 0; i < guests->n_items; i++)
                if (guests->items[i].tile == tile && guests->items[i].trouble[0])
                        return false;
        return true;
}

/* Returns 0, or -ECHILD with the trouble of a guest that is in the way. */
static int check_whole(
        const struct guests *guests, const struct guests_start *start, struct why *why)
{
        const struct guest *first;
        char title[sizeof why->what];

        if (!start->whole_tile)
                return 0;
        for (size_t i = 0; i < guests->n_items; i++)
                if (is_whole(guests, guests->items[i].tile))
                        return 0;
        if (!guests_in_trouble(guests, start->first, start->last, &first) &&
                !guests_in_trouble(guests, 0, UINT32_MAX, &first))
                return 0;
        snprintf(title, sizeof title, "tile %u %s", first->tile, guest_name(first->guest));
        return why_set(why, -ECHILD, title, NULL, "%s", first->trouble);
}

/* ---- starting ---- */

/* Returns 0 also when it could not be started, or -EBUSY. */
static int start_one(struct guests *guests, struct guest *guest, bool alone, struct why *why)
{
        struct why inner = {0};
        int r = guests_reach(guests, guest->host, &inner);

        if (r == 0)
                r = domains_start(guests->hosts, guest->host, guest->name, &inner);
        if (r == 1 && alone)
                return why_set(why, -EBUSY, "domain", guest->name,
                        "%s: was started by somebody else, who uses tile %u at the same time",
                        hosts_uri(guests->hosts, guest->host), guest->tile);
        if (r < 0) {
                /* With a connection that broke it may run all the same: looked at when it is
                 * ended. A paused one is somebody else's doing. */
                guest->running = r != -EBUSY;
                guest_in_trouble(guests, guest, "could not be started: %s", inner.reason);
                return 0;
        }
        guest->started = true;
        guest->running = true;
        return 0;
}

static int start_stage(struct guests *guests, const struct guests_start *start,
        enum start_stage stage, struct why *why)
{
        for (size_t i = 0; i < guests->n_items; i++) {
                struct guest *g = &guests->items[i];
                int r;

                if (!in_range(g, start) || process_start_stage(g->guest) != stage)
                        continue;
                if (guests_interrupted(start->interrupt_fd, why))
                        return -EINTR;
                r = start_one(guests, g, start->alone, why);
                guests_take_events(guests);
                if (r == 0)
                        r = check_whole(guests, start, why);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- waiting ---- */

struct wait {
        struct guests *guests;
        const struct guests_start *start;
        struct readiness *readiness;
        uint64_t start_ns, deadline_ns;
};

static int ask_all(struct wait *w)
{
        for (size_t i = 0; i < w->guests->n_items; i++) {
                struct guest *g = &w->guests->items[i];

                g->asked = -1;
                if (!in_range(g, w->start) || g->trouble[0])
                        continue;
                g->asked = readiness_add(w->readiness, g->url);
                if (g->asked < 0)
                        return g->asked;
        }
        return 0;
}

static void say_ready(const struct wait *w, unsigned tile)
{
        char took[FMT_SIZE];

        for (size_t i = 0; i < w->guests->n_items; i++)
                if (w->guests->items[i].tile == tile && !w->guests->items[i].ready)
                        return;
        progress_say(w->guests->progress, "tile %u is ready after %s", tile,
                fmt_duration(took, clock_now_ns() - w->start_ns));
}

static void look_at(struct wait *w, struct guest *g)
{
        enum readiness_state state;
        const char *text;

        if (g->trouble[0]) {
                readiness_drop(w->readiness, (size_t)g->asked);
                g->asked = -1;
                return;
        }
        state = readiness_state(w->readiness, (size_t)g->asked, &text);
        if (state != READINESS_READY && state != READINESS_FAILED)
                return;
        readiness_drop(w->readiness, (size_t)g->asked);
        g->asked = -1;
        if (state == READINESS_FAILED) {
                guest_in_trouble(w->guests, g, "%.120s (domain %s)", text, g->name);
                return;
        }
        g->ready = true;
        say_ready(w, g->tile);
}

/* How many are still waited for. */
static size_t look_at_all(struct wait *w)
{
        size_t n = 0;

        for (size_t i = 0; i < w->guests->n_items; i++) {
                struct guest *g = &w->guests->items[i];

                if (g->asked >= 0)
                        look_at(w, g);
                n += g->asked >= 0;
        }
        return n;
}

static void give_up(struct wait *w, struct guest *g)
{
        char took[FMT_SIZE];
        const char *text;
        enum readiness_state state = readiness_state(w->readiness, (size_t)g->asked, &text);

        fmt_duration(took, w->start->timeout_ns);
        g->asked = -1;
        guest_in_trouble(w->guests, g, "is not ready after %s: %s%.80s (domain %s)", took,
                state == READINESS_SILENT ? "" : "its role says: ", text, g->name);
}

static void give_up_all(struct wait *w)
{
        for (size_t i = 0; i < w->guests->n_items; i++)
                if (w->guests->items[i].asked >= 0)
                        give_up(w, &w->guests->items[i]);
}

static int await(struct wait *w, struct why *why)
{
        int fds[] = {hosts_fd(w->guests->hosts), w->start->interrupt_fd};
        size_t n_fds = w->start->interrupt_fd < 0 ? 1 : 2;

        while (look_at_all(w)) {
                int r;

                if (guests_interrupted(w->start->interrupt_fd, why))
                        return -EINTR;
                r = check_whole(w->guests, w->start, why);
                if (r < 0)
                        return r;
                if (clock_now_ns() >= w->deadline_ns)
                        break;
                r = readiness_wait(w->readiness, fds, n_fds, w->deadline_ns);
                if (r < 0)
                        return why_errno(why, r, "waiting for guests", NULL);
                guests_take_events(w->guests);
        }
        give_up_all(w);
        return check_whole(w->guests, w->start, why);
}

static int wait_for_all(
        struct guests *guests, const struct guests_start *start, uint64_t start_ns, struct why *why)
{
        struct wait w = {
                .guests = guests,
                .start = start,
                .start_ns = start_ns,
                .deadline_ns = start_ns + start->timeout_ns,
        };
        int r = readiness_new(&w.readiness);

        if (r == 0)
                r = ask_all(&w);
        r = r < 0 ? why_errno(why, r, "waiting for guests", NULL) : await(&w, why);
        readiness_free(w.readiness);
        return r;
}

int guests_start(struct guests *guests, const struct guests_start *start, struct why *why)
{
        uint64_t start_ns = clock_now_ns();
        int r = 0;

        guests_take_events(guests);
        for (unsigned stage = 0; r == 0 && stage < N_START_STAGES; stage++)
                r = start_stage(guests, start, stage, why);
        if (r == 0 && start->wait)
                r = wait_for_all(guests, start, start_ns, why);
        return r;
}
