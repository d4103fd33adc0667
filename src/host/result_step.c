/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A measured window as it stands in run.json.
 */
#include "result_parts.h"

#include "manifest.h"

static json_t *tile_json(const struct tile_verdict *t, const struct step_window *window)
{
        json_t *guests = json_array(), *reasons = json_array();

        for (size_t i = 0; i < window->n_guests; i++)
                if (window->guests[i].tile == t->tile)
                        json_array_append_new(guests, result_guest(&window->guests[i]));
        for (size_t i = 0; i < t->n_reasons; i++)
                json_array_append_new(reasons, json_string(t->reasons[i]));
        return json_pack(
                "{s:i, s:b, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                "tile", (int)t->tile, "valid", t->valid, "reasons", reasons, "requests",
                (json_int_t)t->requests, "errors", (json_int_t)t->errors, "late",
                (json_int_t)t->late, "dropped", (json_int_t)t->dropped, "rate_per_s",
                result_rounded(t->rate, 1e-3), "offered_per_s",
                result_rounded(t->offered_rate, 1e-3), "achieved_share",
                result_rounded(t->achieved_share, 1e-6), "error_share",
                result_rounded(t->error_share, 1e-9), "fair_share", result_rounded(t->share, 1e-6),
                "response", result_quantiles(&t->response), "response_raw",
                result_quantiles(&t->raw), "guests", guests);
}

static json_t *cost_json(const struct scrape_cost *cost, const struct step_window *w)
{
        double measured_s = (w->warmup_s + w->seconds) * w->host_cpus,
               answering_s = step_window_answering_s(w);
        double rounds = cost->rounds ? (double)cost->rounds : 1;

        return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "scrape_rounds",
                (json_int_t)cost->rounds, "round_mean_ms",
                result_ms((double)cost->round_sum_ns / rounds), "round_max_ms",
                result_ms((double)cost->round_max_ns), "cpu_s", result_seconds(cost->cpu_ns),
                "cpu_percent_of_host",
                result_rounded(measured_s > 0 ? (double)cost->cpu_ns / 1e7 / measured_s : 0, 1e-4),
                "answering_cpu_s", result_rounded(answering_s, 1e-3),
                "answering_cpu_percent_of_host",
                result_rounded(answering_s * 100 / (w->seconds * w->host_cpus), 1e-4));
}

static json_t *host_json(const struct step_window *w)
{
        return json_pack("{s:i, s:o, s:o}", "cpus", (int)w->host_cpus, "cpu",
                result_cpu(&w->host_cpu), "psi", result_psi(&w->usage.psi, w->seconds));
}

/* How the window came about. */
static json_t *circumstances(const struct step_window *w, const struct step_verdict *v)
{
        char started[32];

        return json_pack("{s:i, s:i, s:b, s:b, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                "tiles", (int)w->n_tiles, "repeat", (int)(w->repeat ? w->repeat : 1), "valid",
                v->valid && !w->interrupted, "broken", v->broken, "interrupted", w->interrupted,
                "started", manifest_time(started, w->started_real_ns), "warmup_s",
                result_rounded(w->warmup_s, 1e-3), "duration_s", result_rounded(w->seconds, 1e-3),
                "settling", result_settling(&w->settling, w->warmup_s), "host", host_json(w),
                "resources", result_resources(&w->usage), "limits_reached",
                result_limits(&v->reached), "harness", cost_json(&w->cost, w));
}

json_t *result_step(const struct step_window *w, const struct step_verdict *v, double rate_1)
{
        json_t *tiles = json_array(), *json = circumstances(w, v), *figures;

        for (size_t i = 0; i < v->n_tiles; i++)
                json_array_append_new(tiles, tile_json(&v->tiles[i], w));
        figures = json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "requests",
                (json_int_t)v->requests, "errors", (json_int_t)v->errors, "guest_errors",
                (json_int_t)v->guest_errors, "rate_per_s", result_rounded(v->rate, 1e-3),
                "offered_per_s", result_rounded(v->offered_rate, 1e-3), "response",
                result_quantiles(&v->response), "response_raw", result_quantiles(&v->raw),
                "fairness_jain", result_rounded(v->jain, 1e-6), "fairness_worst_share",
                result_rounded(v->worst_share, 1e-6), "linearity",
                result_rounded(v->rate / (rate_1 * w->n_tiles), 1e-6), "tile_results", tiles);
        if (!json || json_object_update(json, figures) < 0) {
                json_decref(json);
                json = NULL;
        }
        json_decref(figures);
        return json;
}
