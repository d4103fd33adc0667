/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

#include "clock.h"
#include "hist_json.h"
#include "manifest.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* A figure as people and plots want it; the histogram beside it has the full precision. */
static json_t *rounded(double value, double unit)
{
        return isfinite(value) ? json_real(round(value / unit) * unit) : json_null();
}

static json_t *ms(double ns)
{
        return rounded(ns / 1e6, 1e-6);
}

static json_t *seconds(uint64_t ns)
{
        return rounded((double)ns / 1e9, 1e-6);
}

static json_t *quantiles_json(const struct quantiles *q)
{
        return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count", (json_int_t)q->count,
                "mean_ms", ms(q->mean_ns), "p50_ms", ms((double)q->p50_ns), "p90_ms",
                ms((double)q->p90_ns), "p95_ms", ms((double)q->p95_ns), "p99_ms",
                ms((double)q->p99_ns), "p99_9_ms", ms((double)q->p999_ns), "max_ms",
                ms((double)q->max_ns));
}

static json_t *cpu_json(const struct guestinfo_cpu *cpu)
{
        double total = (double)cpu_total_ns(cpu), one = total > 0 ? 100 / total : 0;

        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "busy_percent",
                rounded((double)cpu_busy_ns(cpu) * one, 0.01), "user_percent",
                rounded((double)(cpu->user_ns + cpu->nice_ns) * one, 0.01), "system_percent",
                rounded((double)cpu->system_ns * one, 0.01), "irq_percent",
                rounded((double)(cpu->irq_ns + cpu->softirq_ns) * one, 0.01), "iowait_percent",
                rounded((double)cpu->iowait_ns * one, 0.01), "steal_percent",
                rounded((double)cpu->steal_ns * one, 0.01), "idle_percent",
                rounded((double)cpu->idle_ns * one, 0.01));
}

/* Pressure stall information: per cent of the window in which tasks waited. */
static json_t *psi_json(const struct guestinfo_psi *psi, double window_s)
{
        double one = window_s > 0 ? 100 / (window_s * 1e6) : 0;

        if (!psi->has)
                return json_null();
        return json_pack("{s:o, s:o, s:o, s:o, s:o}", "cpu_some_percent",
                rounded((double)psi->cpu_some_us * one, 0.01), "io_some_percent",
                rounded((double)psi->io_some_us * one, 0.01), "io_full_percent",
                rounded((double)psi->io_full_us * one, 0.01), "memory_some_percent",
                rounded((double)psi->memory_some_us * one, 0.01), "memory_full_percent",
                rounded((double)psi->memory_full_us * one, 0.01));
}

static json_t *process_json(const struct guestinfo_process *p)
{
        return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "user_s", seconds(p->user_ns),
                "system_s", seconds(p->system_ns), "queued_s", seconds(p->queued_ns), "rss_bytes",
                (json_int_t)p->rss_bytes, "voluntary_switches", (json_int_t)p->voluntary_switches,
                "involuntary_switches", (json_int_t)p->involuntary_switches, "threads",
                (json_int_t)p->threads);
}

static json_t *counts_json(const struct guest_window *g)
{
        json_t *all = json_object();

        for (size_t i = 0; i < g->n_counts; i++) {
                const struct count *c = &g->counts[i];

                json_object_set_new(all, c->name,
                        json_pack("{s:s, s:s, s:I}", "kind", counter_kind_name(c->kind), "unit",
                                c->unit, "value", (json_int_t)c->value));
        }
        return all;
}

/* Errors by kind, those that did not happen left out. */
static json_t *errors_json(const struct guest_window *g)
{
        json_t *all = json_object();

        for (size_t i = 0; i < g->n_counts; i++) {
                const struct count *c = &g->counts[i];

                if ((c->kind == COUNTER_ERROR || c->kind == COUNTER_WRONG) && c->value)
                        json_object_set_new(all, c->name, json_integer((json_int_t)c->value));
        }
        return all;
}

static json_t *latencies_json(const struct guest_window *g)
{
        json_t *all = json_array();

        for (size_t i = 0; i < g->n_latencies; i++) {
                const struct latency_window *l = &g->latencies[i];
                struct quantiles corrected = quantiles_of(&l->corrected),
                                 raw = quantiles_of(&l->raw);

                json_array_append_new(
                        all, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", l->name, "corrected",
                                     quantiles_json(&corrected), "raw", quantiles_json(&raw),
                                     "histogram", hist_to_json(&l->corrected), "raw_histogram",
                                     hist_to_json(&l->raw)));
        }
        return all;
}

/* Points are sums since the start; the series has what each interval added. */
static json_t *series_json(const struct guest_window *g)
{
        json_t *t = json_array(), *work = json_array(), *errors = json_array(),
               *mean = json_array();
        struct point last = {0};

        for (size_t i = 0; i < g->n_points; i++) {
                struct point p = g->points[i];
                uint64_t n = p.latency_count - last.latency_count;

                json_array_append_new(t, rounded(p.t_s, 1e-3));
                json_array_append_new(work, json_integer((json_int_t)(p.work - last.work)));
                json_array_append_new(errors, json_integer((json_int_t)(p.errors - last.errors)));
                json_array_append_new(
                        mean, n ? ms((double)(p.latency_sum_ns - last.latency_sum_ns) / (double)n)
                                : json_null());
                last = p;
        }
        return json_pack(
                "{s:o, s:o, s:o, s:o}", "t_s", t, "work", work, "errors", errors, "mean_ms", mean);
}

static void add_measured(json_t *json, const struct guest_window *g)
{
        json_object_set_new(json, "seconds", rounded(g->seconds, 1e-6));
        json_object_set_new(
                json, "work", json_integer((json_int_t)guest_window_sum(g, COUNTER_WORK)));
        json_object_set_new(json, "rate_per_s", rounded(guest_window_rate(g), 1e-3));
        json_object_set_new(json, "errors", errors_json(g));
        json_object_set_new(json, "counters", counts_json(g));
        json_object_set_new(json, "latencies", latencies_json(g));
        json_object_set_new(json, "clock_ratio", rounded(g->clock_ratio, 1e-6));
        json_object_set_new(json, "clock_error", rounded(g->clock_error, 1e-6));
        json_object_set_new(json, "version", json_string(g->version));
        json_object_set_new(json, "machine",
                json_pack("{s:i, s:I, s:s, s:o, s:o}", "vcpus", (int)g->vcpus, "memory_bytes",
                        (json_int_t)g->memory_bytes, "clocksource", g->clocksource, "cpu",
                        cpu_json(&g->cpu), "psi", psi_json(&g->psi, g->seconds)));
        json_object_set_new(json, "same_machine", json_boolean(g->same_machine));
        json_object_set_new(json, "process", process_json(&g->process));
        json_object_set_new(
                json, "local_processes", g->local ? process_json(&g->local_sum) : json_null());
        json_object_set_new(json, "config", g->config ? json_incref(g->config) : json_null());
}

static json_t *guest_json(const struct guest_window *g)
{
        json_t *json = json_pack("{s:i, s:s, s:s, s:s, s:b, s:i, s:i, s:o}", "guest", (int)g->guest,
                "name", guest_name(g->guest), "role", g->role, "url", g->url, "restarted",
                g->restarted, "polls", (int)g->polls, "polls_answered", (int)g->polls_answered,
                "series", series_json(g));

        json_object_set_new(json, "problem", g->problem[0] ? json_string(g->problem) : json_null());
        json_object_set_new(json, "console", g->console ? json_string(g->console) : json_null());
        if (!g->problem[0])
                add_measured(json, g);
        return json;
}

static json_t *tile_json(const struct tile_verdict *t, const struct step_window *window)
{
        json_t *guests = json_array(), *reasons = json_array();

        for (size_t i = 0; i < window->n_guests; i++)
                if (window->guests[i].tile == t->tile)
                        json_array_append_new(guests, guest_json(&window->guests[i]));
        for (size_t i = 0; i < t->n_reasons; i++)
                json_array_append_new(reasons, json_string(t->reasons[i]));
        return json_pack(
                "{s:i, s:b, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                "tile", (int)t->tile, "valid", t->valid, "reasons", reasons, "requests",
                (json_int_t)t->requests, "errors", (json_int_t)t->errors, "late",
                (json_int_t)t->late, "dropped", (json_int_t)t->dropped, "rate_per_s",
                rounded(t->rate, 1e-3), "offered_per_s", rounded(t->offered_rate, 1e-3),
                "achieved_share", rounded(t->achieved_share, 1e-6), "error_share",
                rounded(t->error_share, 1e-9), "fair_share", rounded(t->share, 1e-6), "response",
                quantiles_json(&t->response), "response_raw", quantiles_json(&t->raw), "guests",
                guests);
}

static json_t *cost_json(const struct scrape_cost *cost, const struct step_window *window)
{
        double measured_s = window->warmup_s + window->seconds;
        double rounds = cost->rounds ? (double)cost->rounds : 1;

        return json_pack("{s:I, s:o, s:o, s:o, s:o}", "scrape_rounds", (json_int_t)cost->rounds,
                "round_mean_ms", ms((double)cost->round_sum_ns / rounds), "round_max_ms",
                ms((double)cost->round_max_ns), "cpu_s", seconds(cost->cpu_ns),
                "cpu_percent_of_host",
                rounded(measured_s > 0
                                ? (double)cost->cpu_ns / 1e7 / (measured_s * window->host_cpus)
                                : 0,
                        1e-4));
}

static json_t *step_json(
        struct result *result, const struct step_window *w, const struct step_verdict *v)
{
        json_t *tiles = json_array();
        char started[32];
        double linear = result->rate_1 * w->n_tiles;

        for (size_t i = 0; i < v->n_tiles; i++)
                json_array_append_new(tiles, tile_json(&v->tiles[i], w));
        return json_pack(
                "{s:i, s:b, s:b, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
                " s:{s:i, s:o, s:o}, s:o, s:o}",
                "tiles", (int)w->n_tiles, "valid", v->valid && !w->interrupted, "interrupted",
                w->interrupted, "started", manifest_time(started, w->started_real_ns), "warmup_s",
                rounded(w->warmup_s, 1e-3), "duration_s", rounded(w->seconds, 1e-3), "requests",
                (json_int_t)v->requests, "errors", (json_int_t)v->errors, "guest_errors",
                (json_int_t)v->guest_errors, "rate_per_s", rounded(v->rate, 1e-3), "offered_per_s",
                rounded(v->offered_rate, 1e-3), "response", quantiles_json(&v->response),
                "response_raw", quantiles_json(&v->raw), "fairness_jain", rounded(v->jain, 1e-6),
                "fairness_worst_share", rounded(v->worst_share, 1e-6), "linearity",
                linear > 0 ? rounded(v->rate / linear, 1e-6) : json_null(), "host", "cpus",
                (int)w->host_cpus, "cpu", cpu_json(&w->host_cpu), "psi",
                psi_json(&w->host_psi, w->seconds), "harness", cost_json(&w->cost, w),
                "tile_results", tiles);
}

int result_init(struct result *result, json_t *manifest, const char *launch,
        const struct limits *limits, const char *const *notes)
{
        json_t *lines = json_array();

        for (; notes && *notes; notes++)
                json_array_append_new(lines, json_string(*notes));
        *result = (struct result){.all_valid = true};
        result->json = json_pack(
                "{s:s, s:b, s:s, s:i, s:s, s:{s:o, s:o, s:o, s:f, s:f, s:o}, s:o, s:o,"
                " s:[]}",
                "schema", RESULT_SCHEMA, "complete", 0, "incomplete_reason", "still running",
                "valid_tiles", 0, "launch", launch, "limits", "max_average_ms",
                ms((double)limits->max_average_ns), "max_p95_ms", ms((double)limits->max_p95_ns),
                "max_p99_ms", ms((double)limits->max_p99_ns), "max_error_share",
                limits->max_error_share, "min_achieved_share", limits->min_achieved_share,
                "max_standstill_ms", ms((double)limits->max_standstill_ns), "notes", lines,
                "manifest", manifest, "steps");
        return result->json ? 0 : -ENOMEM;
}

void result_fini(struct result *result)
{
        json_decref(result->json);
        *result = (struct result){0};
}

int result_add_step(
        struct result *result, const struct step_window *window, const struct step_verdict *verdict)
{
        json_t *step;

        if (window->n_tiles == 1 && verdict->valid && !window->interrupted)
                result->rate_1 = verdict->rate;
        step = step_json(result, window, verdict);
        if (!step || json_array_append_new(json_object_get(result->json, "steps"), step) < 0)
                return -ENOMEM;
        result->all_valid = result->all_valid && verdict->valid && !window->interrupted;
        if (result->all_valid)
                result->valid_tiles = window->n_tiles;
        json_object_set_new(
                result->json, "valid_tiles", json_integer((json_int_t)result->valid_tiles));
        return 0;
}

void result_complete(struct result *result)
{
        json_object_set_new(result->json, "complete", json_true());
        json_object_set_new(result->json, "incomplete_reason", json_null());
}

void result_incomplete(struct result *result, const char *reason)
{
        json_object_set_new(result->json, "incomplete_reason", json_string(reason));
}

int result_write(const struct result *result, const char *directory, struct why *why)
{
        char path[4096], temporary[4096];
        _cleanup_fclose_ FILE *f = NULL;

        snprintf(path, sizeof path, "%s/run.json", directory);
        snprintf(temporary, sizeof temporary, "%s/run.json.new", directory);
        f = fopen(temporary, "we");
        if (!f)
                return why_errno(why, -errno, "results", temporary);
        errno = 0;
        if (json_dumpf(result->json, f, JSON_COMPACT | JSON_REAL_PRECISION(12)) < 0 ||
                fputc('\n', f) == EOF || fflush(f) != 0 || fsync(fileno(f)) < 0 ||
                rename(temporary, path) < 0) {
                int error = errno ? errno : EIO;

                unlink(temporary);
                return why_set(why, -error, "results", path, "%s: results are not written",
                        strerror(error));
        }
        return 0;
}
