/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Throughput, response time and fairness against number of tiles: the two pictures that a run is
 * made for.
 */
#include "html_report.h"

#include "html.h"
#include "plot.h"

#include <errno.h>
#include <math.h>

/* What plots are made of. NULL: no memory. */
static struct plot_step *steps_make(const struct scaling *scaling)
{
        struct plot_step *steps = calloc(scaling->n_rows, sizeof *steps);

        for (size_t i = 0; steps && i < scaling->n_rows; i++) {
                const struct scaling_row *row = &scaling->rows[i];

                steps[i] = (struct plot_step){
                        .tiles = row->tiles,
                        .valid = row->valid,
                        .rate = row->rate_per_s.estimate,
                        .rate_low = row->rate_per_s.low,
                        .rate_high = row->rate_per_s.high,
                        .mean_ms = row->response.count ? row->mean_ms.estimate : NAN,
                        .mean_low_ms = row->mean_ms.low,
                        .mean_high_ms = row->mean_ms.high,
                        .p95_ms = row->response.p95_ms,
                        .p99_ms = row->response.p99_ms,
                        .tile_rows = row->tile_rows,
                        .n_tiles = row->n_tile_rows,
                };
        }
        return steps;
}

static void verdict_cell(FILE *to, const struct scaling_row *row)
{
        html_cell(to, "%s%s%s%s", row->valid ? "yes" : "no", row->cut_short ? ", cut short" : "",
                row->settled ? "" : ", not settled", row->noisy ? ", noisy" : "");
}

/* ---- throughput ---- */

static void throughput_row(struct html_report *report, const struct scaling_row *row)
{
        const struct scaling *scaling = report->scaling;
        FILE *to = report->to;

        html_row_begin(to, "%u", row->tiles);
        html_number(to, row->guests, 0);
        html_figure(to, row->rate_per_s.estimate);
        html_range(to, row->rate_per_s.low, row->rate_per_s.high);
        html_figure(to, row->offered_per_s);
        html_figure(to, scaling->has_usl ? usl_at(&scaling->usl, row->tiles) : NAN);
        html_number(to, row->linearity.estimate, 3);
        html_range(to, row->linearity.low, row->linearity.high);
        html_number(to, (double)row->errors, 0);
        html_number(to, (double)row->guest_errors, 0);
        verdict_cell(to, row);
        html_row_end(to);
}

static void throughput_table(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"guests", NULL},
                {"throughput", "requests/s"},
                {"95 % interval", "requests/s"},
                {"offered", "requests/s"},
                {"by the law", "requests/s"},
                {"linearity", NULL},
                {"95 % interval", NULL},
                {"failed requests", NULL},
                {"errors in guests", NULL},
                {"valid", NULL, true},
        };

        html_table_begin(report->to, "Throughput of all external clients together");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->scaling->n_rows; i++)
                throughput_row(report, &report->scaling->rows[i]);
        html_table_end(report->to);
}

static void law_note(struct html_report *report)
{
        const struct scaling *scaling = report->scaling;
        const struct usl *law = &scaling->usl;
        char peak[FMT_SIZE], bound[FMT_SIZE], text[160] = "It never stops growing";

        if (!scaling->has_usl) {
                if (scaling->usl_missing && scaling->n_rows > 1)
                        html_note(
                                report, "No Universal Scalability Law: %s.", scaling->usl_missing);
                return;
        }
        if (isfinite(law->peak_n))
                snprintf(text, sizeof text, "It has its peak at %s tiles with %s requests/s%s",
                        html_figure_text(peak, law->peak_n), html_figure_text(bound, law->peak_x),
                        law->peak_n > law->largest_n ? ", beyond what was measured" : "");
        else if (law->bounded)
                snprintf(text, sizeof text, "It has no peak, and comes near %s requests/s",
                        html_figure_text(bound, law->peak_x));
        html_note(report,
                "The Universal Scalability Law, fitted to these steps: throughput of n tiles "
                "= λ n / (1 + σ (n − 1) + κ n (n − 1)) with λ = %.4g requests/s, contention "
                "σ = %.3g and coherency κ = %.3g (R² = %.4f). %s.%s%s%s",
                law->lambda, law->sigma, law->kappa, law->r_squared, text,
                scaling->usl_caution ? " The fit tells little: " : "",
                scaling->usl_caution ? scaling->usl_caution : "", scaling->usl_caution ? "." : "");
}

static void linear_note(struct html_report *report)
{
        const struct scaling *scaling = report->scaling;

        if (scaling->n_rows < 2)
                return; /* a step is as linear as itself */
        if (!scaling->base) {
                html_note(report, "The first step was not valid: there is nothing to compare the "
                                  "others' throughput with.");
                return;
        }
        html_note(report,
                "Linearity is throughput divided by what it would be if each tile added as "
                "much as in the step with %u tile%s. Valid steps have %g or more up to %u tile%s.",
                scaling->base->tiles, scaling->base->tiles == 1 ? "" : "s", SCALING_LINEAR,
                scaling->linear_to, scaling->linear_to == 1 ? "" : "s");
}

int html_throughput(struct html_report *report)
{
        const struct scaling *scaling = report->scaling;
        const struct scaling_row *base = scaling->base;
        bool linear = base && scaling->n_rows > 1;
        _cleanup_free_ struct plot_step *steps = steps_make(scaling);
        _cleanup_free_ char *svg = NULL;
        struct why why = {0};
        int r;

        if (!steps)
                return -ENOMEM;
        html_section_begin(report, "throughput", "Throughput");
        r = html_may_draw(report, &why);
        if (r == 0)
                r = plot_throughput(&svg, steps, scaling->n_rows,
                        linear ? base->rate_per_s.estimate / base->tiles : NAN,
                        scaling->has_usl ? &scaling->usl : NULL, &why);
        html_picture(report, r, &svg, &why,
                "Bar plot: throughput in requests per second against number of tiles, each bar "
                "stacked from the throughput of its tiles. The table below has the sums, the one "
                "under Fairness each tile.",
                linear ? "Requests answered per second, stacked by tile. What stays below the "
                         "linear "
                         "line is throughput that tiles take from each other."
                       : "Requests answered per second, stacked by tile.");
        linear_note(report);
        law_note(report);
        throughput_table(report);
        html_section_end(report);
        return 0;
}

/* ---- response time ---- */

static void response_row(struct html_report *report, const struct scaling_row *row)
{
        const struct run_quantiles *q = &row->response;
        bool any = q->count > 0;
        FILE *to = report->to;

        html_row_begin(to, "%u", row->tiles);
        html_figure(to, any ? row->mean_ms.estimate : NAN);
        html_range(to, row->mean_ms.low, row->mean_ms.high);
        html_figure(to, any ? q->p50_ms : NAN);
        html_figure(to, any ? q->p90_ms : NAN);
        html_figure(to, any ? q->p95_ms : NAN);
        html_figure(to, any ? q->p99_ms : NAN);
        html_figure(to, any ? q->p999_ms : NAN);
        html_figure(to, any ? q->max_ms : NAN);
        html_figure(to, any ? row->raw.mean_ms : NAN);
        html_number(to, (double)row->requests, 0);
        html_row_end(to);
}

static void response_table(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"average", "ms"},
                {"95 % interval", "ms"},
                {"p50", "ms"},
                {"p90", "ms"},
                {"p95", "ms"},
                {"p99", "ms"},
                {"p99.9", "ms"},
                {"max", "ms"},
                {"from sending, average", "ms"},
                {"requests", NULL},
        };

        html_table_begin(report->to, "Response time of all external clients' requests");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->scaling->n_rows; i++)
                response_row(report, &report->scaling->rows[i]);
        html_table_end(report->to);
}

int html_response(struct html_report *report)
{
        const struct scaling *scaling = report->scaling;
        const json_t *limit = json_object_get(report->run->limits, "max_average_ms");
        _cleanup_free_ struct plot_step *steps = steps_make(scaling);
        _cleanup_free_ char *svg = NULL;
        struct why why = {0};
        int r;

        if (!steps)
                return -ENOMEM;
        html_section_begin(report, "response", "Response time");
        r = html_may_draw(report, &why);
        if (r == 0)
                r = plot_response(
                        &svg, steps, scaling->n_rows, limit ? json_number_value(limit) : NAN, &why);
        html_picture(report, r, &svg, &why,
                "Line plot: average, 95th and 99th percentile of the response time in "
                "milliseconds, "
                "on a logarithmic axis, against number of tiles, with the limit of the average. "
                "The "
                "table below has its figures.",
                "Response time as the outside user sees it: from the moment that a request was due "
                "until its last byte had come. The axis is logarithmic.");
        response_table(report);
        html_section_end(report);
        return 0;
}
