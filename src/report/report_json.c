/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reports work out of a run.json, for programs (docs/report.md; schema "tileload-report-1").
 */
#include "report.h"

#include "role_use.h"

#include <errno.h>
#include <math.h>

#define REPORT_SCHEMA "tileload-report-1"

/* To a millionth: more than is known of any of them. */
static json_t *number(double value)
{
        return isfinite(value) ? json_real(round(value * 1e6) / 1e6) : json_null();
}

/* Parameters of a law may be small. */
static json_t *exact(double value)
{
        return isfinite(value) ? json_real(value) : json_null();
}

/* Sums over hostile figures may be more than JSON's numbers reach to. */
static json_t *count(uint64_t value)
{
        return json_integer((json_int_t)MIN(value, (uint64_t)INT64_MAX));
}

/* null for none, and for a path that is not UTF-8. */
static json_t *text(const char *value)
{
        json_t *json = value && *value ? json_string(value) : NULL;

        return json ? json : json_null();
}

static json_t *quantiles(const struct run_quantiles *q)
{
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "count", count(q->count),
                "mean_ms", number(q->mean_ms), "p50_ms", number(q->p50_ms), "p90_ms",
                number(q->p90_ms), "p95_ms", number(q->p95_ms), "p99_ms", number(q->p99_ms),
                "p99_9_ms", number(q->p999_ms), "max_ms", number(q->max_ms));
}

static json_t *interval(const struct interval *i)
{
        return json_pack("{s:o, s:o, s:o, s:o}", "estimate", number(i->estimate), "low",
                number(i->low), "high", number(i->high), "missing", text(i->missing));
}

static json_t *tiles(const struct scaling_row *row)
{
        json_t *list = json_array();

        for (size_t i = 0; i < row->n_tile_rows; i++) {
                const struct scaling_tile *t = &row->tile_rows[i];

                json_array_append_new(list,
                        json_pack("{s:o, s:o, s:o, s:o}", "tile", count(t->tile), "rate_per_s",
                                number(t->rate_per_s), "fair_share", number(t->share),
                                "worst_fair_share", number(t->worst_share)));
        }
        return list;
}

static json_t *role(const struct role_use *use, unsigned guest)
{
        return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "guest",
                count(guest), "name", use->name, "measured", count(use->measured), "missing",
                count(use->missing), "work", count(use->work), "work_unit", text(use->unit),
                "rate_per_s", number(use->rate), "errors", count(use->errors), "mean_ms",
                number(use->mean_ms), "p99_ms", number(use->p99_ms), "cpu_share",
                number(use->cpu_share));
}

static json_t *roles(const struct scaling_row *row)
{
        json_t *list = json_array();

        for (unsigned guest = 0; guest <= RUN_MAX_GUEST; guest++) {
                struct role_use use = role_use_of(row, guest);

                if (use.name)
                        json_array_append_new(list, role(&use, guest));
        }
        return list;
}

/* What was measured, and whether it can be believed. */
static json_t *head(const struct scaling_row *row)
{
        char noise[SCALING_NOISE_SIZE];

        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:b, s:b, s:o}", "tiles",
                count(row->tiles), "guests", count(row->guests), "windows", count(row->n_steps),
                "valid_windows", count(row->valid_steps), "settled_windows",
                count(row->settled_steps), "seconds", number(row->seconds), "valid", row->valid,
                "cut_short", row->cut_short, "settled", row->settled, "whole", row->whole, "noisy",
                row->noisy, "noise", text(scaling_noise(row, noise)));
}

static json_t *served(const struct scaling_row *row)
{
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "requests",
                count(row->requests), "errors", count(row->errors), "guest_errors",
                count(row->guest_errors), "offered_per_s", number(row->offered_per_s), "rate_per_s",
                interval(&row->rate_per_s), "mean_ms", interval(&row->mean_ms), "response",
                quantiles(&row->response), "response_raw", quantiles(&row->raw));
}

static json_t *shares(const struct scaling_row *row)
{
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "linearity", interval(&row->linearity),
                "fairness_jain", number(row->jain), "fairness_worst_share",
                number(row->worst_share), "worst_tile", count(row->worst_tile), "tile_results",
                tiles(row), "roles", roles(row));
}

static json_t *row_json(const struct scaling_row *row)
{
        json_t *json = head(row), *figures = served(row), *more = shares(row);
        int r = json_object_update(json, figures) < 0 || json_object_update(json, more) < 0;

        json_decref(figures);
        json_decref(more);
        if (r) {
                json_decref(json);
                json = NULL;
        }
        return json;
}

static json_t *rows(const struct scaling *scaling)
{
        json_t *list = json_array();

        for (size_t i = 0; i < scaling->n_rows; i++)
                if (json_array_append_new(list, row_json(&scaling->rows[i])) < 0) {
                        json_decref(list);
                        return NULL;
                }
        return list;
}

static json_t *usl(const struct scaling *scaling)
{
        const struct usl *law = &scaling->usl;

        if (!scaling->has_usl)
                return json_null();
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "lambda_per_s",
                exact(law->lambda), "sigma", exact(law->sigma), "kappa", exact(law->kappa),
                "peak_tiles", number(law->peak_n), "peak_per_s",
                number(law->bounded ? NAN : law->peak_x), "bound_per_s",
                number(law->bounded ? law->peak_x : NAN), "r_squared", exact(law->r_squared),
                "measured_to_tiles", number(law->largest_n), "caution", text(scaling->usl_caution));
}

static json_t *ended_by(const struct run_file *run)
{
        if (!run->ended_kind[0])
                return json_null();
        return json_pack("{s:s, s:o, s:o}", "kind", run->ended_kind, "resource",
                text(run->ended_resource), "text", text(run->ended_by));
}

static json_t *report(const struct run_file *run, const struct scaling *scaling, const char *answer)
{
        const struct scaling_row *headline = scaling->headline;

        return json_pack("{s:s, s:s, s:o, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                "answer", answer, "schema", REPORT_SCHEMA, "run", text(run->path), "complete",
                run->complete, "incomplete_reason", text(run->incomplete_reason), "launch",
                run->launch, "profile", text(run->profile), "valid_tiles",
                count(scaling->valid_tiles), "headline_tiles",
                headline ? count(headline->tiles) : json_null(), "linear_to_tiles",
                scaling->base ? count(scaling->linear_to) : json_null(), "ended_by", ended_by(run),
                "scaling", rows(scaling), "usl", usl(scaling), "usl_missing",
                scaling->has_usl ? json_null() : text(scaling->usl_missing));
}

int report_json(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        _cleanup_free_ char *answer = scaling_answer(run, scaling);
        json_t *json = answer ? report(run, scaling, answer) : NULL;
        int r = 0;

        if (!json)
                return why_errno(why, -ENOMEM, "report", run->path);
        errno = 0;
        if (json_dumpf(json, to, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) < 0)
                r = why_errno(why, errno ? -errno : -EIO, "report", run->path);
        fputc('\n', to);
        json_decref(json);
        return r;
}
