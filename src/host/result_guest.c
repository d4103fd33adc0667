/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found of one guest, as it stands in run.json.
 */
#include "result_parts.h"

#include "hist_json.h"

#include <math.h>

/* The histograms have the full precision. */
json_t *result_rounded(double value, double unit)
{
        return isfinite(value) ? json_real(round(value / unit) * unit) : json_null();
}

json_t *result_ms(double ns)
{
        return result_rounded(ns / 1e6, 1e-6);
}

json_t *result_seconds(uint64_t ns)
{
        return result_rounded((double)ns / 1e9, 1e-6);
}

json_t *result_quantiles(const struct quantiles *q)
{
        return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count", (json_int_t)q->count,
                "mean_ms", result_ms(q->mean_ns), "p50_ms", result_ms((double)q->p50_ns), "p90_ms",
                result_ms((double)q->p90_ns), "p95_ms", result_ms((double)q->p95_ns), "p99_ms",
                result_ms((double)q->p99_ns), "p99_9_ms", result_ms((double)q->p999_ns), "max_ms",
                result_ms((double)q->max_ns));
}

json_t *result_cpu(const struct guestinfo_cpu *cpu)
{
        double total = (double)cpu_total_ns(cpu), one = total > 0 ? 100 / total : 0;

        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "busy_percent",
                result_rounded((double)cpu_busy_ns(cpu) * one, 0.01), "user_percent",
                result_rounded((double)(cpu->user_ns + cpu->nice_ns) * one, 0.01), "system_percent",
                result_rounded((double)cpu->system_ns * one, 0.01), "irq_percent",
                result_rounded((double)(cpu->irq_ns + cpu->softirq_ns) * one, 0.01),
                "iowait_percent", result_rounded((double)cpu->iowait_ns * one, 0.01),
                "steal_percent", result_rounded((double)cpu->steal_ns * one, 0.01), "idle_percent",
                result_rounded((double)cpu->idle_ns * one, 0.01));
}

/* Pressure stall information: per cent of the window in which tasks waited. */
json_t *result_psi(const struct guestinfo_psi *psi, double window_s)
{
        double one = window_s > 0 ? 100 / (window_s * 1e6) : 0;

        if (!psi->has)
                return json_null();
        return json_pack("{s:o, s:o, s:o, s:o, s:o}", "cpu_some_percent",
                result_rounded((double)psi->cpu_some_us * one, 0.01), "io_some_percent",
                result_rounded((double)psi->io_some_us * one, 0.01), "io_full_percent",
                result_rounded((double)psi->io_full_us * one, 0.01), "memory_some_percent",
                result_rounded((double)psi->memory_some_us * one, 0.01), "memory_full_percent",
                result_rounded((double)psi->memory_full_us * one, 0.01));
}

static json_t *process_json(const struct guestinfo_process *p)
{
        return json_pack("{s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "user_s",
                result_seconds(p->user_ns), "system_s", result_seconds(p->system_ns), "queued_s",
                result_seconds(p->queued_ns), "rss_bytes", (json_int_t)p->rss_bytes,
                "voluntary_switches", (json_int_t)p->voluntary_switches, "involuntary_switches",
                (json_int_t)p->involuntary_switches, "threads", (json_int_t)p->threads);
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
                                     result_quantiles(&corrected), "raw", result_quantiles(&raw),
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

                json_array_append_new(t, result_rounded(p.t_s, 1e-3));
                json_array_append_new(work, json_integer((json_int_t)(p.work - last.work)));
                json_array_append_new(errors, json_integer((json_int_t)(p.errors - last.errors)));
                json_array_append_new(mean,
                        n ? result_ms((double)(p.latency_sum_ns - last.latency_sum_ns) / (double)n)
                          : json_null());
                last = p;
        }
        return json_pack(
                "{s:o, s:o, s:o, s:o}", "t_s", t, "work", work, "errors", errors, "mean_ms", mean);
}

static void add_measured(json_t *json, const struct guest_window *g)
{
        json_object_set_new(json, "seconds", result_rounded(g->seconds, 1e-6));
        json_object_set_new(
                json, "work", json_integer((json_int_t)guest_window_sum(g, COUNTER_WORK)));
        json_object_set_new(json, "rate_per_s", result_rounded(guest_window_rate(g), 1e-3));
        json_object_set_new(json, "errors", errors_json(g));
        json_object_set_new(json, "counters", counts_json(g));
        json_object_set_new(json, "latencies", latencies_json(g));
        json_object_set_new(json, "clock_ratio", result_rounded(g->clock_ratio, 1e-6));
        json_object_set_new(json, "clock_error", result_rounded(g->clock_error, 1e-6));
        json_object_set_new(json, "version", json_string(g->version));
        json_object_set_new(json, "machine",
                json_pack("{s:i, s:I, s:s, s:o, s:o}", "vcpus", (int)g->vcpus, "memory_bytes",
                        (json_int_t)g->memory_bytes, "clocksource", g->clocksource, "cpu",
                        result_cpu(&g->cpu), "psi", result_psi(&g->psi, g->seconds)));
        json_object_set_new(json, "same_machine", json_boolean(g->same_machine));
        json_object_set_new(json, "process", process_json(&g->process));
        json_object_set_new(
                json, "local_processes", g->local ? process_json(&g->local_sum) : json_null());
        json_object_set_new(json, "config", g->config ? json_incref(g->config) : json_null());
}

json_t *result_guest(const struct guest_window *g)
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
