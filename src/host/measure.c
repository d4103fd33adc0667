/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "clock.h"
#include "meter.h"
#include "textfile.h"
#include "warm_up.h"

#include <errno.h>
#include <string.h>

/* The ends of a window may wait for a busy guest. */
#define END_TIMEOUT_NS (10 * NS_PER_S)
#define POLL_EVERY_NS  NS_PER_S

struct measurement {
        const struct measure_config *config;
        const struct targets *targets;
        struct scraper *scraper;
        struct step_window *window;
        struct scraped *start, *end, *now; /* [n_items] each */
        uint64_t start_ns;
        unsigned polls;
        struct meter meter;
        struct guestinfo_process *local; /* at the start, [n_items] */
        uint64_t *answering_ns;          /* before the start, [n_items] */
};

static void scraped_all_fini(struct scraped *all, size_t n)
{
        for (size_t i = 0; all && i < n; i++)
                scraped_fini(&all[i]);
        free(all);
}

static void measurement_fini(struct measurement *m)
{
        size_t n = m->targets->n_items;

        scraped_all_fini(m->start, n);
        scraped_all_fini(m->end, n);
        scraped_all_fini(m->now, n);
        free(m->local);
        free(m->answering_ns);
        meter_fini(&m->meter);
        scraper_free(m->scraper);
}

static void name_guests(struct step_window *window, const struct targets *targets)
{
        for (size_t i = 0; i < targets->n_items; i++) {
                const struct target *t = &targets->items[i];
                struct guest_window *g = &window->guests[i];

                g->tile = t->tile;
                g->guest = t->guest;
                snprintf(g->role, sizeof g->role, "%s", t->role);
                snprintf(g->url, sizeof g->url, "%s", t->url);
        }
}

static int measurement_init(struct measurement *m, struct why *why)
{
        size_t n = m->targets->n_items;

        m->start = calloc(n, sizeof *m->start);
        m->end = calloc(n, sizeof *m->end);
        m->now = calloc(n, sizeof *m->now);
        m->local = calloc(n, sizeof *m->local);
        m->answering_ns = calloc(n, sizeof *m->answering_ns);
        m->window->guests = calloc(n, sizeof *m->window->guests);
        if (!m->start || !m->end || !m->now || !m->local || !m->answering_ns || !m->window->guests)
                return why_errno(why, -ENOMEM, "measurement", NULL);
        m->window->n_guests = n;
        m->window->n_tiles = targets_n_tiles(m->targets);
        m->window->host_cpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
        name_guests(m->window, m->targets);
        return scraper_new(&m->scraper, m->targets, m->config->watches, m->config->n_watches, why);
}

/* All processes of a guest on this machine together. */
static bool read_local(const struct target *target, struct guestinfo_process *ret)
{
        *ret = (struct guestinfo_process){0};
        for (size_t i = 0; i < target->n_pids; i++) {
                struct guestinfo_process one;

                if (guestinfo_read_process(target->pids[i], &one) < 0)
                        return false;
                ret->user_ns += one.user_ns;
                ret->system_ns += one.system_ns;
                ret->queued_ns += one.queued_ns;
                ret->rss_bytes += one.rss_bytes;
                ret->voluntary_switches += one.voluntary_switches;
                ret->involuntary_switches += one.involuntary_switches;
                ret->threads += one.threads;
        }
        return target->n_pids > 0;
}

/* A brief reading: a point of the window for each. Guests of which every second tells nothing new,
 * and whose wake-up costs most, as they do little or nothing else, are read every other time. */
static int poll_guests(struct measurement *m, struct why *why)
{
        enum scrape_which which = ++m->polls % 2 ? SCRAPE_WORKING : SCRAPE_ALL;
        int r = scraper_round(m->scraper, which, true, WINDOW_POLL_TIMEOUT_NS, m->now, why);

        for (size_t i = 0; r == 0 && i < m->targets->n_items; i++)
                if (scrape_asks(which, m->targets->items[i].guest) &&
                        guest_window_point(&m->window->guests[i], &m->start[i], &m->now[i]) < 0)
                        r = why_errno(why, -ENOMEM, "measurement", NULL);
        meter_look(&m->meter);
        return r;
}

/* Without any external client there is nothing to wait for: better said at once than after the
 * whole window. Other guests that do not answer make their tile invalid. */
static int find_external(struct measurement *m, struct why *why)
{
        const struct target *silent = NULL;
        const struct scraped *found = NULL;
        int r = scraper_round(
                m->scraper, SCRAPE_EXTERNAL, true, WINDOW_POLL_TIMEOUT_NS, m->now, why);

        if (r < 0)
                return r;
        for (size_t i = 0; i < m->targets->n_items; i++) {
                if (m->targets->items[i].guest != GUEST_EXTERNAL)
                        continue;
                if (m->now[i].answered)
                        return 0;
                silent = &m->targets->items[i];
                found = &m->now[i];
        }
        return why_set(why, -EHOSTUNREACH, "external client", silent ? silent->url : NULL, "%s: %s",
                found && found->refused ? "gives no figures" : "does not answer",
                found ? found->problem : "");
}

static int settle(struct measurement *m, struct why *why)
{
        const struct warm_up config = {
                .least_ns = m->config->warmup_ns,
                .most_ns = m->config->max_warmup_ns,
                .bound = m->config->settle_bound,
                .progress = m->config->progress,
                .context = m->config->context,
        };
        int r = find_external(m, why);

        return r == 0 ? warm_up(&config, m->scraper, m->targets, m->now, m->window, why) : r;
}

/* ---- what answering costs ---- */

/* CPU time of a process's main thread; 0: not known. A role's does nothing but answer readings. */
static uint64_t main_thread_ns(const struct target *target)
{
        char path[64], text[64];

        if (target->n_pids == 0)
                return 0;
        snprintf(path, sizeof path, "/proc/%d/schedstat", (int)target->pids[0]);
        return textfile_read(path, text, sizeof text) > 0 ? strtoull(text, NULL, 10) : 0;
}

static void begin_answering(struct measurement *m)
{
        for (size_t i = 0; i < m->targets->n_items; i++)
                m->answering_ns[i] = main_thread_ns(&m->targets->items[i]);
}

static void end_answering(struct measurement *m)
{
        for (size_t i = 0; i < m->targets->n_items; i++) {
                uint64_t now_ns = main_thread_ns(&m->targets->items[i]);

                if (m->answering_ns[i] && now_ns > m->answering_ns[i])
                        m->window->guests[i].answering_ns = now_ns - m->answering_ns[i];
        }
}

/* ---- the window ---- */

/* Full readings of many guests are a burst of work. The external clients are read last at the
 * window's start and first at its end, so that it does not fall into their window. */
static int begin(struct measurement *m, struct why *why)
{
        int r;

        begin_answering(m);
        r = scraper_round(m->scraper, SCRAPE_TILES, false, END_TIMEOUT_NS, m->start, why);
        if (r == 0)
                r = scraper_round(
                        m->scraper, SCRAPE_EXTERNAL, false, END_TIMEOUT_NS, m->start, why);
        if (r < 0)
                return r;
        m->start_ns = clock_now_ns();
        m->window->started_real_ns = clock_real_ns();
        r = meter_begin(&m->meter);
        if (r < 0)
                return why_errno(why, r, "measurement", NULL);
        for (size_t i = 0; i < m->targets->n_items; i++)
                m->window->guests[i].local = read_local(&m->targets->items[i], &m->local[i]);
        return 0;
}

/* The next whole second of the window: rounds that took longer than one are not made up for. */
static uint64_t next_poll_ns(const struct measurement *m)
{
        uint64_t elapsed_ns = clock_now_ns() - m->start_ns;

        return m->start_ns + (elapsed_ns / POLL_EVERY_NS + 1) * POLL_EVERY_NS;
}

static int watch_window(struct measurement *m, struct why *why)
{
        uint64_t end_ns = m->start_ns + m->config->duration_ns, due_ns;
        int r = 0;

        while (r == 0 && (due_ns = next_poll_ns(m)) < end_ns) {
                r = scraper_wait(m->scraper, due_ns, why);
                if (r == 0)
                        r = poll_guests(m, why);
                if (r == 0 && m->config->progress)
                        m->config->progress(m->config->context, m->window,
                                (double)(clock_now_ns() - m->start_ns) / 1e9);
        }
        return r == 0 ? scraper_wait(m->scraper, end_ns, why) : r;
}

static int fill_host(struct measurement *m)
{
        int r;

        m->window->seconds = (double)(clock_now_ns() - m->start_ns) / 1e9;
        r = meter_end(&m->meter, m->window->seconds, &m->window->usage, &m->window->host_cpu);
        for (size_t i = 0; i < m->targets->n_items; i++) {
                struct guest_window *g = &m->window->guests[i];
                struct guestinfo_process now;

                g->local = g->local && read_local(&m->targets->items[i], &now);
                if (g->local)
                        g->local_sum = process_difference(m->local[i], now);
        }
        return r;
}

static int subtract(struct measurement *m, struct why *why)
{
        int r = 0;

        for (size_t i = 0; i < m->targets->n_items && r == 0; i++) {
                const struct target *t = &m->targets->items[i];
                struct guest_window *g = &m->window->guests[i];

                r = guest_window_point(g, &m->start[i], &m->end[i]);
                guest_window_fill(g, &m->start[i], &m->end[i], t->n_pids ? t->pids[0] : 0);
        }
        step_window_find_twins(m->window);
        m->window->usage.clients = step_window_clients(m->window);
        return r < 0 ? why_errno(why, r, "measurement", NULL) : 0;
}

/* Reads the window's end and subtracts. */
static int finish(struct measurement *m, struct why *why)
{
        int r = fill_host(m);

        if (r < 0)
                return why_errno(why, r, "measurement", NULL);
        r = scraper_round(m->scraper, SCRAPE_EXTERNAL, false, END_TIMEOUT_NS, m->end, why);
        if (r == 0)
                r = scraper_round(m->scraper, SCRAPE_TILES, false, END_TIMEOUT_NS, m->end, why);
        end_answering(m);
        return r < 0 ? r : subtract(m, why);
}

/* A watch ended the window: what the guests that still live can tell is kept. Somebody waits for
 * the end, so quickly, and the watches, which have spoken, are not asked again. */
static void salvage(struct measurement *m)
{
        m->window->interrupted = true;
        if (m->start_ns == 0)
                return;
        scraper_ignore_watches(m->scraper);
        if (fill_host(m) < 0)
                return;
        if (scraper_round(m->scraper, SCRAPE_ALL, false, WINDOW_POLL_TIMEOUT_NS, m->end, NULL) == 0)
                subtract(m, NULL);
}

int measure_window(const struct measure_config *config, const struct targets *targets,
        struct step_window *ret, struct why *why)
{
        struct measurement m = {
                .config = config,
                .targets = targets,
                .window = ret,
                .meter = {.remotes_read = config->remotes, .context = config->remotes_context},
        };
        int r;

        *ret = (struct step_window){0};
        r = measurement_init(&m, why);
        if (r == 0)
                r = settle(&m, why);
        if (r == 0)
                r = begin(&m, why);
        if (r == 0)
                r = watch_window(&m, why);
        if (r == 0)
                r = finish(&m, why);
        if (r < 0 && m.scraper)
                salvage(&m);
        if (m.scraper)
                ret->cost = scraper_cost(m.scraper);
        measurement_fini(&m);
        return r;
}
