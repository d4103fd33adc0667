/* SPDX-License-Identifier: Apache-2.0 */
#include "warm_up.h"

#include "steady.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define LOOK_EVERY_NS NS_PER_S
#define WINDOW_S      10.0

/* A guest's sums at the last reading. */
struct sums {
        bool known;
        uint64_t taken_ns, work, latencies, latency_sum_ns;
};

struct warming {
        const struct warm_up *config;
        struct scraper *scraper;
        const struct targets *targets;
        struct scraped *results;
        struct step_window *window;
        struct sums *last; /* [targets->n_items] */
        struct steady steady;
        uint64_t begin_ns;
        unsigned readings;
};

/* ---- readings ---- */

static struct sums sums_of(const struct scraped *s)
{
        struct sums sums = {.known = s->answered};

        if (!s->answered)
                return sums;
        sums.taken_ns = s->reading.taken_ns;
        sums.work = reading_sum(&s->reading, COUNTER_WORK);
        reading_latency(&s->reading, &sums.latencies, &sums.latency_sum_ns);
        return sums;
}

/* What a guest has done between two readings; false when that cannot be told. */
static bool differ(const struct sums *a, const struct sums *b)
{
        return a->known && b->known && b->taken_ns > a->taken_ns && b->work >= a->work &&
               b->latencies >= a->latencies && b->latency_sum_ns >= a->latency_sum_ns;
}

/* All guests with one number. One that did not answer would look like a fall. */
static void add_role(struct warming *w, const struct sums *now, unsigned guest, double t_s)
{
        uint64_t latencies = 0, latency_sum_ns = 0;
        double rate = 0;

        for (size_t i = 0; i < w->targets->n_items; i++) {
                const struct sums *a = &w->last[i], *b = &now[i];

                if (w->targets->items[i].guest != guest)
                        continue;
                if (!differ(a, b))
                        return;
                rate += (double)(b->work - a->work) * 1e9 / (double)(b->taken_ns - a->taken_ns);
                latencies += b->latencies - a->latencies;
                latency_sum_ns += b->latency_sum_ns - a->latency_sum_ns;
        }
        if (guest != GUEST_EXTERNAL) {
                steady_add(&w->steady, guest_name(guest), t_s, rate);
                return;
        }
        steady_add(&w->steady, "requests", t_s, rate);
        if (latencies)
                steady_add(&w->steady, "response", t_s, (double)latency_sum_ns / (double)latencies);
}

static double elapsed_s(const struct warming *w)
{
        return (double)(clock_now_ns() - w->begin_ns) / 1e9;
}

static int take_reading(struct warming *w, struct why *why)
{
        size_t n = w->targets->n_items;
        _cleanup_free_ struct sums *now = calloc(n, sizeof *now);
        int r;

        if (!now)
                return why_errno(why, -ENOMEM, "warm-up", NULL);
        r = scraper_round(w->scraper, SCRAPE_ALL, true, WINDOW_POLL_TIMEOUT_NS, w->results, why);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                now[i] = sums_of(&w->results[i]);
        for (unsigned g = GUEST_EXTERNAL; g < GUEST_IDLE; g++)
                add_role(w, now, g, elapsed_s(w));
        memcpy(w->last, now, n * sizeof *now);
        w->readings++;
        return 0;
}

/* ---- settled? ---- */

static void look(struct warming *w)
{
        struct settling *s = &w->window->settling;
        double now_s = elapsed_s(w);
        struct steady_change worst;
        enum steady_answer answer;

        *s = (struct settling){.bound = w->config->bound, .window_s = fmin(WINDOW_S, now_s)};
        answer = steady_check(&w->steady, now_s, s->window_s, s->bound, &worst);
        s->known = answer != STEADY_TOO_EARLY;
        s->settled = answer == STEADY_SETTLED;
        if (answer != STEADY_CHANGING)
                return;
        snprintf(s->what, sizeof s->what, "%s", worst.what);
        s->change_percent = worst.percent;
}

/* ---- the course ---- */

static void tell(const struct warming *w, uint64_t end_ns)
{
        if (w->config->progress)
                w->config->progress(w->config->context, w->window,
                        ((double)clock_now_ns() - (double)end_ns) / 1e9);
}

/* Not looked at. */
static int wait_only(struct warming *w, struct why *why)
{
        uint64_t end_ns = w->begin_ns + w->config->least_ns;
        int r = 0;

        for (uint64_t due_ns = w->begin_ns; r == 0 && due_ns < end_ns; due_ns += LOOK_EVERY_NS) {
                r = scraper_wait(w->scraper, due_ns, why);
                if (r == 0)
                        tell(w, end_ns);
        }
        return r == 0 ? scraper_wait(w->scraper, end_ns, why) : r;
}

/* The next whole second, or the end of the shortest warm-up if that comes before. */
static uint64_t next_ns(const struct warming *w)
{
        uint64_t now_ns = clock_now_ns(), least_ns = w->begin_ns + w->config->least_ns;
        uint64_t due_ns =
                w->begin_ns + ((now_ns - w->begin_ns) / LOOK_EVERY_NS + 1) * LOOK_EVERY_NS;

        return now_ns < least_ns ? MIN(due_ns, least_ns) : due_ns;
}

/* Each reading but the first tells what was done since the one before. On a host that is so busy
 * that a reading takes seconds, there may not be enough of them yet. */
static bool is_over(const struct warming *w, uint64_t most_ns)
{
        const struct settling *s = &w->window->settling;

        if (clock_now_ns() + LOOK_EVERY_NS / 2 > most_ns)
                return true;
        if (w->readings <= STEADY_MIN_READINGS)
                return false;
        /* If no guest answers, there is nothing to wait for. */
        return !s->known || s->settled;
}

static int wait_and_look(struct warming *w, struct why *why)
{
        uint64_t least_ns = w->begin_ns + w->config->least_ns;
        uint64_t most_ns = w->begin_ns + MAX(w->config->most_ns, w->config->least_ns);
        int r = take_reading(w, why);

        tell(w, least_ns);
        while (r == 0) {
                r = scraper_wait(w->scraper, next_ns(w), why);
                if (r == 0)
                        r = take_reading(w, why);
                if (r < 0)
                        break;
                if (clock_now_ns() < least_ns) {
                        tell(w, least_ns);
                        continue;
                }
                look(w);
                if (is_over(w, most_ns))
                        break;
                tell(w, most_ns);
        }
        return r;
}

int warm_up(const struct warm_up *config, struct scraper *scraper, const struct targets *targets,
        struct scraped *results, struct step_window *window, struct why *why)
{
        _cleanup_free_ struct warming *w = calloc(1, sizeof *w);
        _cleanup_free_ struct sums *last = calloc(targets->n_items + 1, sizeof *last);
        int r;

        if (!w || !last)
                return why_errno(why, -ENOMEM, "warm-up", NULL);
        *w = (struct warming){
                .config = config,
                .scraper = scraper,
                .targets = targets,
                .results = results,
                .window = window,
                .last = last,
                .begin_ns = clock_now_ns(),
        };
        r = config->least_ns < WARM_UP_LEAST_CHECKED_NS ? wait_only(w, why) : wait_and_look(w, why);
        window->warmup_s = elapsed_s(w);
        return r;
}
