/* SPDX-License-Identifier: Apache-2.0 */
#include "outline.h"

#include "fmt.h"
#include "paper.h"
#include "role_use.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

struct outline {
        struct paper paper;
        const struct run_file *run;
        const struct scaling *scaling;
};

static const char *plural(size_t n)
{
        return n == 1 ? "" : "s";
}

/* "4 tiles", and which window of them if there are several. */
static const char *step_name(
        const struct outline *o, const struct run_step *step, char *text, size_t size)
{
        int n = snprintf(text, size, "%u tile%s", step->tiles, plural(step->tiles));
        size_t windows = 0;

        for (size_t i = 0; i < o->run->n_steps; i++)
                windows += o->run->steps[i].tiles == step->tiles;
        if (windows > 1)
                snprintf(text + n, size - (size_t)n, ", window %u", step->repeat);
        return text;
}

/* ---- throughput and response time ---- */

static void verdict_cell(struct sheet *sheet, const struct scaling_row *row)
{
        sheet_cell(sheet, "%s%s%s%s",
                row->cut_short ? "cut short"
                : row->valid   ? "valid"
                               : "NOT valid",
                row->noisy ? ", noisy" : "", row->settled ? "" : ", not settled",
                row->whole ? "" : ", guests missing");
}

static void variation_cell(struct sheet *sheet, const struct interval *interval)
{
        sheet_number(sheet, interval_variation(interval) * 100, 1);
}

static bool has_few_windows(const struct scaling *scaling)
{
        for (size_t i = 0; i < scaling->n_rows; i++)
                if (scaling->rows[i].n_steps < BOOTSTRAP_MIN_REPEATS)
                        return true;
        return false;
}

static void throughput(struct outline *o)
{
        static const struct sheet_column columns[] = {{"tiles"}, {"windows"}, {"requests/s"},
                {"+- %"}, {"offered/s"}, {"average ms"}, {"+- %"}, {"p95 ms"}, {"p99 ms"},
                {"failed"}, {"guest errors"}, {"verdict", true}};
        struct sheet sheet;

        sheet_init(&sheet, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < o->scaling->n_rows; i++) {
                const struct scaling_row *row = &o->scaling->rows[i];

                sheet_cell(&sheet, "%u", row->tiles);
                sheet_cell(&sheet, "%zu", row->n_steps);
                sheet_number(&sheet, row->rate_per_s.estimate, 1);
                variation_cell(&sheet, &row->rate_per_s);
                sheet_number(&sheet, row->offered_per_s, 1);
                sheet_figure(&sheet, row->mean_ms.estimate);
                variation_cell(&sheet, &row->mean_ms);
                sheet_figure(&sheet, row->response.p95_ms);
                sheet_figure(&sheet, row->response.p99_ms);
                sheet_number(&sheet, (double)row->errors, 0);
                sheet_number(&sheet, (double)row->guest_errors, 0);
                verdict_cell(&sheet, row);
        }
        paper_heading(&o->paper, "Throughput and response time of the external clients");
        paper_table(&o->paper, &sheet);
        sheet_fini(&sheet);
        if (o->scaling->n_rows)
                paper_item(&o->paper, "+-: half of the 95 %% confidence interval; -: not known");
        if (has_few_windows(o->scaling))
                paper_item(&o->paper,
                        "Fewer than %d windows hardly tell what the next one would "
                        "bring: that takes --repeat %d or more",
                        BOOTSTRAP_MIN_REPEATS, BOOTSTRAP_MIN_REPEATS);
}

/* ---- how it scales ---- */

static double mean_over_steps(
        const struct scaling_row *row, double (*value)(const struct run_step *step))
{
        double sum = 0;

        for (size_t i = 0; i < row->n_steps; i++)
                sum += value(row->steps[i]);
        return sum / (double)row->n_steps;
}

static double host_cpu(const struct run_step *step)
{
        return step->host_cpu_busy_percent;
}

static double harness_cpu(const struct run_step *step)
{
        return step->harness_cpu_percent;
}

/* Of the row's last window. */
static void limits_cell(struct outline *o, struct sheet *sheet, const struct scaling_row *row)
{
        const struct run_step *step = row->steps[row->n_steps - 1];
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f) {
                o->paper.failed = true;
                return;
        }
        for (size_t i = 0; i < step->n_limits; i++)
                fprintf(f, "%s%s", i ? ", " : "", step->limits[i]);
        if (fclose(f) != 0)
                o->paper.failed = true;
        sheet_cell(sheet, "%s", text && *text ? text : "-");
}

static void scales(struct outline *o)
{
        static const struct sheet_column columns[] = {{"tiles"}, {"linearity"}, {"+- %"},
                {"Jain's index"}, {"worst share"}, {"worst tile"}, {"host CPU %"},
                {"measuring CPU %"}, {"at its limit", true}};
        struct sheet sheet;

        sheet_init(&sheet, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < o->scaling->n_rows; i++) {
                const struct scaling_row *row = &o->scaling->rows[i];

                sheet_cell(&sheet, "%u", row->tiles);
                sheet_number(&sheet, row->linearity.estimate, 3);
                variation_cell(&sheet, &row->linearity);
                sheet_number(&sheet, row->jain, 3);
                sheet_number(&sheet, row->worst_share, 3);
                sheet_cell(&sheet, "%u", row->worst_tile);
                sheet_number(&sheet, mean_over_steps(row, host_cpu), 1);
                sheet_number(&sheet, mean_over_steps(row, harness_cpu), 2);
                limits_cell(o, &sheet, row);
        }
        paper_heading(&o->paper, "Scaling, fairness, and the host");
        paper_table(&o->paper, &sheet);
        sheet_fini(&sheet);
}

static void linear(struct outline *o)
{
        const struct scaling *s = o->scaling;

        if (!s->base)
                paper_item(&o->paper,
                        "Linearity is not known: there is no valid step to measure it by");
        else if (s->n_rows > 1)
                paper_item(&o->paper,
                        "Linear to %u tile%s: at least %.0f %% of the throughput a tile that the "
                        "step with %u had",
                        s->linear_to, plural(s->linear_to), SCALING_LINEAR * 100, s->base->tiles);
}

static void peak(struct outline *o, const struct usl *usl)
{
        char x[FMT_SIZE];

        fmt_number(x, usl->peak_x, usl->peak_x < 100);
        if (isfinite(usl->peak_n))
                paper_item(&o->paper,
                        "By that law throughput is largest with %.1f tiles, %s requests/s%s",
                        usl->peak_n, x,
                        usl->peak_n > usl->largest_n ? ": worked out, not measured" : "");
        else if (usl->bounded)
                paper_item(&o->paper,
                        "By that law throughput never falls, and comes near %s requests/s", x);
        else
                paper_item(&o->paper, "By that law throughput grows without bounds");
}

static void law(struct outline *o)
{
        const struct usl *usl = &o->scaling->usl;

        if (!o->scaling->has_usl) {
                if (o->scaling->n_rows > 1)
                        paper_item(&o->paper, "No fit of the Universal Scalability Law: %s",
                                o->scaling->usl_missing);
                return;
        }
        paper_item(&o->paper,
                "Universal Scalability Law: %.4g n / (1 + %.3g (n - 1) + %.3g n (n - 1)) "
                "requests/s with n tiles; contention %.3g, coherency %.3g, R2 %.3f",
                usl->lambda, usl->sigma, usl->kappa, usl->sigma, usl->kappa, usl->r_squared);
        if (o->scaling->usl_caution)
                paper_item(&o->paper, "That fit tells little: %s", o->scaling->usl_caution);
        peak(o, usl);
}

static void ending(struct outline *o)
{
        static const struct {
                const char *kind, *text;
        } kinds[] = {
                {"last step", "All steps that were asked for were measured"},
                {"invalid", "The first step that was not valid ended it"},
                {"no gain", "It ended when another tile added hardly any throughput"},
                {"search", "The search has found the largest number of valid tiles"},
        };
        const struct run_file *run = o->run;

        if (!run->complete)
                paper_item(
                        &o->paper, "The run did not come to its end: %s", run->incomplete_reason);
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
                if (strcmp(run->ended_kind, kinds[i].kind) == 0)
                        paper_item(&o->paper, "%s", kinds[i].text);
        if (run->ended_by && run->ended_resource[0])
                paper_item(&o->paper, "At its limit then: %s", run->ended_by);
}

/* ---- the guests ---- */

static void role_row(struct sheet *sheet, const struct role_use *use)
{
        sheet_cell(sheet, "%s", use->name);
        sheet_figure(sheet, use->unit[0] ? use->rate : NAN);
        sheet_cell(sheet, "%s", use->unit[0] ? use->unit : "-");
        sheet_number(sheet, use->measured ? (double)use->errors : NAN, 0);
        sheet_figure(sheet, use->mean_ms);
        sheet_figure(sheet, use->p99_ms);
        sheet_number(sheet, use->cpu_share * 100, 1);
        sheet_cell(sheet, "%u", use->missing);
}

static void guests(struct outline *o)
{
        static const struct sheet_column columns[] = {{"guest", true}, {"work/s"}, {"of", true},
                {"errors"}, {"average ms"}, {"p99 ms"}, {"CPU %"}, {"not measured"}};
        const struct scaling_row *row = o->scaling->headline;
        struct sheet sheet;
        char title[96];

        if (!row)
                return;
        sheet_init(&sheet, columns, ARRAY_SIZE(columns));
        for (unsigned guest = 0; guest <= RUN_MAX_GUEST; guest++) {
                struct role_use use = role_use_of(row, guest);

                if (use.name)
                        role_row(&sheet, &use);
        }
        snprintf(title, sizeof title, "The guests of a tile, with %u tile%s (mean over the tiles)",
                row->tiles, plural(row->tiles));
        paper_heading(&o->paper, title);
        paper_table(&o->paper, &sheet);
        sheet_fini(&sheet);
}

/* ---- what a reader must know ---- */

static void invalid(struct outline *o)
{
        char name[64];

        paper_heading(&o->paper, "Not valid");
        for (size_t i = 0; i < o->run->n_steps; i++) {
                const struct run_step *step = &o->run->steps[i];

                step_name(o, step, name, sizeof name);
                if (step->interrupted)
                        paper_item(&o->paper, "%s: cut short after %.1f s", name, step->duration_s);
                for (size_t t = 0; t < step->n_tile_results; t++)
                        for (size_t r = 0; r < step->tile_results[t].n_reasons; r++)
                                paper_item(&o->paper, "%s, tile %u: %s", name,
                                        step->tile_results[t].tile,
                                        step->tile_results[t].reasons[r]);
        }
}

static void doubtful(struct outline *o)
{
        char name[64], noise[SCALING_NOISE_SIZE];

        paper_heading(&o->paper, "To be taken with care");
        for (size_t i = 0; i < o->scaling->n_rows; i++) {
                const struct scaling_row *row = &o->scaling->rows[i];

                if (row->noisy)
                        paper_item(&o->paper, "%u tile%s: noisy, %s", row->tiles,
                                plural(row->tiles), scaling_noise(row, noise));
        }
        for (size_t i = 0; i < o->run->n_steps; i++) {
                const struct run_step *step = &o->run->steps[i];

                if (!step->settled)
                        paper_item(&o->paper, "%s: had not settled in %.0f s of warm-up%s%s",
                                step_name(o, step, name, sizeof name), step->warmup_s,
                                step->unsettled ? ": " : "",
                                step->unsettled ? step->unsettled : "");
        }
}

static void notes(struct outline *o)
{
        paper_heading(&o->paper, "Notes");
        for (size_t i = 0; i < json_array_size(o->run->notes); i++)
                paper_item(&o->paper, "%s", json_string_value(json_array_get(o->run->notes, i)));
}

static const char *fact(const json_t *object, const char *key)
{
        const char *text = json_string_value(json_object_get(object, key));

        return text ? text : "-";
}

static void circumstances(struct outline *o)
{
        const json_t *manifest = o->run->manifest, *host = json_object_get(manifest, "host");
        json_int_t memory = json_integer_value(json_object_get(host, "memory_bytes"));
        char size[FMT_SIZE];

        paper_heading(&o->paper, "How it was run");
        paper_item(&o->paper, "results: %s", o->run->path);
        paper_item(&o->paper, "tileload %s, launch %s, profile %s, started %s",
                fact(manifest, "tileload_version"), o->run->launch,
                o->run->profile[0] ? o->run->profile : "-", fact(manifest, "started"));
        paper_item(&o->paper, "host %s: %s, %" JSON_INTEGER_FORMAT " CPUs, %s, %s, kernel %s",
                fact(host, "hostname"), fact(host, "cpu_model"),
                json_integer_value(json_object_get(host, "cpus")), fmt_size(size, (uint64_t)memory),
                fact(host, "os"), fact(host, "kernel"));
}

int outline_write(const struct paper_style *style, const struct run_file *run,
        const struct scaling *scaling, FILE *to, struct why *why)
{
        struct outline o = {.paper = {.style = style, .to = to}, .run = run, .scaling = scaling};
        _cleanup_free_ char *answer = scaling_answer(run, scaling);

        if (!answer)
                return why_errno(why, -ENOMEM, "report", run->path);
        paper_answer(&o.paper, answer);
        throughput(&o);
        scales(&o);
        linear(&o);
        law(&o);
        ending(&o);
        guests(&o);
        invalid(&o);
        doubtful(&o);
        notes(&o);
        circumstances(&o);
        return o.paper.failed ? why_errno(why, -ENOMEM, "report", run->path) : 0;
}
