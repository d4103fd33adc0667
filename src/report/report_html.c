/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.html: one file that needs nothing else, no script and no network.
 */
#include "report.h"

#include "clock.h"
#include "html.h"
#include "html_report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

extern const char report_css[]; /* report.css */

/* ---- above all sections ---- */

/* Whatever may come to stand in the page by a mistake of ours: nothing of it is loaded or run. */
static void head(struct html_report *report)
{
        unsigned valid = report->scaling->valid_tiles;

        fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
              "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
                report->to);
        html_prose(report->to, "tileload: %u tile%s valid", valid, valid == 1 ? "" : "s");
        fputs("</title>\n<style>\n", report->to);
        fputs(report_css, report->to);
        fputs("</style>\n</head>\n<body>\n", report->to);
}

static void subtitle(struct html_report *report)
{
        const json_t *manifest = report->run->manifest, *host = json_object_get(manifest, "host");
        const char *model = json_string_value(json_object_get(host, "cpu_model"));

        fputs("<p class=\"subtitle\">", report->to);
        html_prose(report->to, "tileload %s on %s (%" JSON_INTEGER_FORMAT " CPUs%s%s), started %s",
                json_string_value(json_object_get(manifest, "tileload_version")),
                json_string_value(json_object_get(host, "hostname")),
                json_integer_value(json_object_get(host, "cpus")), model ? ", " : "",
                model ? model : "", json_string_value(json_object_get(manifest, "started")));
        fputs("</p>\n", report->to);
}

static bool any_doubt(const struct scaling *scaling)
{
        for (size_t i = 0; i < scaling->n_rows; i++)
                if (scaling->rows[i].noisy || !scaling->rows[i].settled)
                        return true;
        return false;
}

/* All windows of a row, in words: which had not settled is in the section about that. */
static void doubt(struct html_report *report, const struct scaling_row *row)
{
        char noise[SCALING_NOISE_SIZE];

        html_prose(report->to, "%u tile%s: %s%s%s%s", row->tiles, row->tiles == 1 ? "" : "s",
                row->noisy ? "noisy, " : "", scaling_noise(row, noise),
                row->noisy && !row->settled ? "; " : "",
                row->settled        ? ""
                : row->n_steps == 1 ? "had not settled"
                                    : "not every window had settled");
}

static void doubts(struct html_report *report)
{
        fputs("<div class=\"warning\"><strong>To be taken with care:</strong>\n<ul>\n", report->to);
        for (size_t i = 0; i < report->scaling->n_rows; i++) {
                const struct scaling_row *row = &report->scaling->rows[i];

                if (!row->noisy && row->settled)
                        continue;
                fputs("<li>", report->to);
                doubt(report, row);
                fputs("</li>\n", report->to);
        }
        fputs("</ul></div>\n", report->to);
}

static void warnings(struct html_report *report)
{
        const struct run_file *run = report->run;

        if (!run->complete) {
                fputs("<p class=\"warning\"><strong>Not complete:</strong> ", report->to);
                html_prose(report->to, "%s. Here is what was measured until then.",
                        run->incomplete_reason);
                fputs("</p>\n", report->to);
        }
        if (any_doubt(report->scaling))
                doubts(report);
}

/* ---- the key figures ---- */

static void key(struct html_report *report, const char *name, const char *value, const char *small)
{
        fputs("<div><dt>", report->to);
        html_text(report->to, name);
        fputs("</dt><dd>", report->to);
        html_prose(report->to, "%s", value);
        fputs(" <small>", report->to);
        html_prose(report->to, "%s", small);
        fputs("</small></dd></div>\n", report->to);
}

static char *ms_text(char text[static FMT_SIZE], double ms)
{
        if (!(ms >= 0 && ms < 1e9))
                return strcpy(text, "–");
        return fmt_duration(text, (uint64_t)llround(ms * 1e6));
}

static void key_tiles(struct html_report *report, const struct scaling_row *row)
{
        char value[FMT_SIZE], small[64];

        snprintf(value, sizeof value, "%u tile%s", report->scaling->valid_tiles,
                report->scaling->valid_tiles == 1 ? "" : "s");
        if (report->scaling->valid_tiles)
                snprintf(small, sizeof small, "%u guests", row->guests);
        else
                snprintf(small, sizeof small, "figures: of %u tile%s", row->tiles,
                        row->tiles == 1 ? "" : "s");
        key(report, "valid", value, small);
}

static void key_throughput(struct html_report *report, const struct scaling_row *row)
{
        const struct interval *rate = &row->rate_per_s;
        char value[FMT_SIZE], low[FMT_SIZE], high[FMT_SIZE], small[96] = "requests/s";

        if (isfinite(rate->low) && isfinite(rate->high))
                snprintf(small, sizeof small, "requests/s, 95 %% interval %s–%s",
                        html_figure_text(low, rate->low), html_figure_text(high, rate->high));
        key(report, "throughput", html_figure_text(value, rate->estimate), small);
}

static void key_response(struct html_report *report, const struct scaling_row *row)
{
        const struct run_quantiles *q = &row->response;
        char value[FMT_SIZE], p95[FMT_SIZE], p99[FMT_SIZE], small[96];

        snprintf(small, sizeof small, "p95\u00a0%s, p99\u00a0%s",
                ms_text(p95, q->count ? q->p95_ms : NAN), ms_text(p99, q->count ? q->p99_ms : NAN));
        key(report, "average response", ms_text(value, q->count ? row->mean_ms.estimate : NAN),
                small);
}

static void key_fairness(struct html_report *report, const struct scaling_row *row)
{
        char value[FMT_SIZE], small[96];

        if (row->tiles < 2)
                return;
        snprintf(small, sizeof small, "Jain's index; worst tile %.3f of a fair share",
                row->worst_share);
        key(report, "fairness", fmt_number(value, row->jain, 3), small);
}

static void key_linear(struct html_report *report)
{
        const struct scaling *scaling = report->scaling;
        char value[FMT_SIZE], small[64];

        if (!scaling->base || scaling->n_rows < 2)
                return;
        snprintf(value, sizeof value, "%u tile%s", scaling->linear_to,
                scaling->linear_to == 1 ? "" : "s");
        snprintf(small, sizeof small, "at least %g %% of linear", SCALING_LINEAR * 100);
        key(report, "linear to", value, small);
}

static void key_end(struct html_report *report)
{
        const struct run_file *run = report->run;
        const char *words = html_end_words(run), *reason = run->ended_by ? run->ended_by : "";

        if (!run->complete || !(*reason || words))
                return;
        if (run->ended_resource[0] || !words)
                key(report, "ended by", reason, words ? words : "");
        else
                key(report, "ended by", words, strcmp(run->ended_kind, "last step") ? reason : "");
}

static void keys(struct html_report *report)
{
        const struct scaling_row *row = report->scaling->headline;

        if (!row)
                return;
        fputs("<dl class=\"keys\">\n", report->to);
        key_tiles(report, row);
        key_throughput(report, row);
        key_response(report, row);
        key_fairness(report, row);
        key_linear(report);
        key_end(report);
        fputs("</dl>\n", report->to);
}

/* ---- the document ---- */

static void contents(FILE *to)
{
        static const struct {
                const char *id, *name;
        } links[] = {
                {"throughput", "Throughput"},
                {"response", "Response time"},
                {"fairness", "Fairness"},
                {"roles", "Guests"},
                {"seconds", "Second by second"},
                {"end", "What ended it"},
                {"invalid", "Not valid"},
                {"settling", "Settling"},
                {"cost", "Cost of measuring"},
                {"manifest", "How it was run"},
        };

        fputs("<nav aria-label=\"Contents\"><ul>\n", to);
        for (size_t i = 0; i < ARRAY_SIZE(links); i++)
                fprintf(to, "<li><a href=\"#%s\">%s</a></li>\n", links[i].id, links[i].name);
        fputs("</ul></nav>\n", to);
}

/* A run that was cut off before its first step ended has its manifest and nothing else. */
static int sections(struct html_report *report)
{
        int r = 0;

        if (report->scaling->n_rows) {
                contents(report->to);
                r = html_throughput(report);
                if (r == 0)
                        r = html_response(report);
                if (r == 0)
                        r = html_fairness(report);
                if (r == 0)
                        r = html_roles(report);
                if (r == 0)
                        r = html_seconds(report);
                html_end(report);
                html_invalid(report);
                html_settling(report);
                html_cost(report);
        }
        return r < 0 ? r : html_manifest(report);
}

static int document(struct html_report *report)
{
        _cleanup_free_ char *answer = scaling_answer(report->run, report->scaling);
        int r;

        if (!answer)
                return -ENOMEM;
        head(report);
        fputs("<header>\n<h1>", report->to);
        html_prose(report->to, "%s", answer);
        fputs("</h1>\n", report->to);
        subtitle(report);
        warnings(report);
        keys(report);
        fputs("</header>\n<main>\n", report->to);
        r = sections(report);
        fputs("</main>\n<footer><p>All figures are from run.json, whose keys docs/results.md "
              "explains. docs/measuring.md says how they were measured and judged, "
              "docs/statistics.md what was worked out of them.</p></footer>\n"
              "</body>\n</html>\n",
                report->to);
        return r;
}

int report_html(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        struct html_report report = {.to = to, .run = run, .scaling = scaling};
        int r;

        for (size_t i = 0; i < run->n_steps; i++)
                report.repeated |= run->steps[i].repeat > 1;
        r = document(&report);

        if (r < 0)
                return why_errno(why, r, "report", NULL);
        if (why)
                *why = report.plot_why;
        return 0;
}
