/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include "clock.h"

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
        struct guestinfo_cpu host_cpu;
        struct guestinfo_psi host_psi;
        struct guestinfo_process *local; /* at the start, [n_items] */
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
        m->window->guests = calloc(n, sizeof *m->window->guests);
        if (!m->start || !m->end || !m->now || !m->local || !m->window->guests)
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

/* A brief reading of all: a point of the window for each. */
static int poll_guests(struct measurement *m, struct why *why)
{
        int r = scraper_round(m->scraper, SCRAPE_ALL, true, WINDOW_POLL_TIMEOUT_NS, m->now, why);

        for (size_t i = 0; r == 0 && i < m->targets->n_items; i++)
                r = guest_window_point(&m->window->guests[i], &m->start[i], &m->now[i]);
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

static int warm_up(struct measurement *m, struct why *why)
{
        uint64_t begin_ns = clock_now_ns(), end_ns = begin_ns + m->config->warmup_ns;
        int r = find_external(m, why);

        for (uint64_t due_ns = begin_ns; r == 0 && due_ns < end_ns; due_ns += POLL_EVERY_NS) {
                r = scraper_wait(m->scraper, due_ns, why);
                if (r == 0 && m->config->progress)
                        m->config->progress(m->config->context, m->window,
                                ((double)clock_now_ns() - (double)end_ns) / 1e9);
        }
        if (r == 0)
                r = scraper_wait(m->scraper, end_ns, why);
        m->window->warmup_s = (double)(clock_now_ns() - begin_ns) / 1e9;
        return r;
}

/* Full readings of many guests are a burst of work. The external clients are read last at the
 * window's start and first at its end, so that it does not fall into their window. */
static int begin(struct measurement *m, struct why *why)
{
        int r = scraper_round(m->scraper, SCRAPE_TILES, false, END_TIMEOUT_NS, m->start, why);

        if (r == 0)
                r = scraper_round(
                        m->scraper, SCRAPE_EXTERNAL, false, END_TIMEOUT_NS, m->start, why);
        if (r < 0)
                return r;
        m->start_ns = clock_now_ns();
        m->window->started_real_ns = clock_real_ns();
        guestinfo_read_cpu(&m->host_cpu);
        guestinfo_read_psi(&m->host_psi);
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

static void fill_host(struct measurement *m)
{
        struct guestinfo_cpu cpu;
        struct guestinfo_psi psi;

        guestinfo_read_cpu(&cpu);
        guestinfo_read_psi(&psi);
        m->window->host_cpu = cpu_difference(m->host_cpu, cpu);
        m->window->host_psi = psi_difference(m->host_psi, psi);
        m->window->seconds = (double)(clock_now_ns() - m->start_ns) / 1e9;
        for (size_t i = 0; i < m->targets->n_items; i++) {
                struct guest_window *g = &m->window->guests[i];
                struct guestinfo_process now;

                g->local = g->local && read_local(&m->targets->items[i], &now);
                if (g->local)
                        g->local_sum = process_difference(m->local[i], now);
        }
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
        return r < 0 ? why_errno(why, r, "measurement", NULL) : 0;
}

/* Reads the window's end and subtracts. */
static int finish(struct measurement *m, struct why *why)
{
        int r;

        fill_host(m);
        r = scraper_round(m->scraper, SCRAPE_EXTERNAL, false, END_TIMEOUT_NS, m->end, why);
        if (r == 0)
                r = scraper_round(m->scraper, SCRAPE_TILES, false, END_TIMEOUT_NS, m->end, why);
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
        fill_host(m);
        if (scraper_round(m->scraper, SCRAPE_ALL, false, WINDOW_POLL_TIMEOUT_NS, m->end, NULL) == 0)
                subtract(m, NULL);
}

int measure_window(const struct measure_config *config, const struct targets *targets,
        struct step_window *ret, struct why *why)
{
        struct measurement m = {.config = config, .targets = targets, .window = ret};
        int r;

        *ret = (struct step_window){0};
        r = measurement_init(&m, why);
        if (r == 0)
                r = warm_up(&m, why);
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
