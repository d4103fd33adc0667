/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a run.json: refused with a place and a reason, or plain values that keep what
 * run_file.h says of them, and of which reports of every format can be made.
 */
#include "fuzz.h"
#include "macro.h"
#include "report.h"
#include "run_file.h"
#include "scaling.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static void check_text(const char *text)
{
        for (; text && *text; text++)
                CHECK(!iscntrl((unsigned char)*text));
}

static void check_quantiles(const struct run_quantiles *q)
{
        const double values[] = {
                q->mean_ms, q->p50_ms, q->p90_ms, q->p95_ms, q->p99_ms, q->p999_ms, q->max_ms};

        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
                CHECK(isfinite(values[i]) && values[i] >= 0);
}

static void check_guest(const struct run_guest *g)
{
        CHECK(g->guest <= RUN_MAX_GUEST);
        CHECK(strlen(g->name) < sizeof g->name && strlen(g->role) < sizeof g->role);
        check_text(g->problem);
        check_text(g->work_unit);
        check_quantiles(&g->corrected);
        check_quantiles(&g->raw);
        CHECK(isfinite(g->rate_per_s) && g->rate_per_s >= 0);
        CHECK(!g->hist || hist_count(g->hist) == g->corrected.count);
        CHECK(g->problem ? !g->error_kinds : json_is_object(g->error_kinds));
        CHECK(!g->config || json_is_object(g->config));
        for (size_t i = 0; i < g->n_series; i++)
                CHECK(isfinite(g->series[i].t_s) && !isinf(g->series[i].mean_ms));
}

static void check_tile(const struct run_tile *t)
{
        CHECK(t->valid == (t->n_reasons == 0));
        for (size_t i = 0; i < t->n_reasons; i++)
                check_text(t->reasons[i]);
        check_quantiles(&t->response);
        CHECK(run_tile_guest(t, 0));
        for (size_t i = 0; i < t->n_guests; i++) {
                CHECK(run_tile_guest(t, t->guests[i].guest) == &t->guests[i]);
                check_guest(&t->guests[i]);
        }
}

static void check_step(const struct run_step *s)
{
        CHECK(s->tiles >= 1 && s->n_tile_results == s->tiles && s->repeat >= 1);
        CHECK(!s->valid || !s->interrupted);
        check_quantiles(&s->response);
        check_text(s->unsettled);
        for (size_t i = 0; i < s->n_limits; i++)
                check_text(s->limits[i]);
        for (size_t i = 0; i < s->n_tile_results; i++) {
                CHECK(!s->valid || s->tile_results[i].valid);
                CHECK(i == 0 || s->tile_results[i].tile > s->tile_results[i - 1].tile);
                check_tile(&s->tile_results[i]);
        }
}

/* ---- what is made of it ---- */

static const struct {
        int (*write)(const struct run_file *run, const struct scaling *scaling, FILE *to,
                struct why *why);
        bool answers; /* the answer is in it */
} formats[] = {
        {report_text, true},
        {report_markdown},
        {report_csv},
        {report_json},
        {report_html},
};

/* The answer is one line, and nothing in it is for a terminal. */
static void check_answer(const char *answer)
{
        CHECK(answer && *answer);
        check_text(answer);
}

static void check_report(const char *text, size_t size)
{
        json_t *json;

        CHECK(strlen(text) == size);
        for (const char *c = text; *c; c++)
                CHECK(!iscntrl((unsigned char)*c) || *c == '\n' || *c == '\t');
        if (strncmp(text, "<!DOCTYPE html>", 15) == 0)
                CHECK(!strstr(text, "<script"));
        if (text[0] != '{')
                return;
        json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        CHECK(json);
        json_decref(json);
}

static void check_reports(const struct run_file *run)
{
        struct scaling scaling;
        char *answer;

        /* No gnuplot: pictures would take a thousand times as long as all the rest. */
        CHECK(setenv("PATH", "/nonexistent", 1) == 0);
        CHECK(scaling_make(&scaling, run) == 0);
        CHECK(scaling.n_rows <= run->n_steps && (scaling.n_rows == 0) == !scaling.headline);
        answer = scaling_answer(run, &scaling);
        check_answer(answer);
        for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
                struct why why = {0};
                char *text = NULL;
                size_t size;
                FILE *to = open_memstream(&text, &size);

                CHECK(to);
                CHECK(formats[i].write(run, &scaling, to, &why) == 0);
                CHECK(fclose(to) == 0);
                check_report(text, size);
                CHECK(!formats[i].answers || strncmp(text, answer, strlen(answer)) == 0);
                free(text);
        }
        free(answer);
        scaling_free(&scaling);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct why why = {0};
        struct run_file run;
        int r = run_file_parse(&run, "a/run.json", (const char *)data, size, &why);

        CHECK(r == 0 || r == -EINVAL);
        if (r < 0) {
                CHECK(strcmp(why.value, "a/run.json") == 0 && why.reason[0]);
                return 0;
        }
        CHECK(run.complete == !run.incomplete_reason);
        CHECK(!run.complete || run.n_steps);
        CHECK(json_is_object(run.manifest) && json_is_object(run.limits));
        CHECK(json_is_array(run.notes));
        check_text(run.ended_by);
        for (size_t i = 0; i < run.n_steps; i++)
                check_step(&run.steps[i]);
        check_reports(&run);
        run_file_free(&run);
        return 0;
}
