/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison for programs, with all its figures (docs/compare.md; docs/schema).
 */
#include "compare_outline.h"
#include "compare_words.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

#define COMPARE_SCHEMA "tileload-compare-1"

/* To a millionth: more than is known of any of them. */
static json_t *number(double value)
{
        return isfinite(value) ? json_real(round(value * 1e6) / 1e6) : json_null();
}

static json_t *count(uint64_t value)
{
        return json_integer((json_int_t)value);
}

static json_t *text(const char *value)
{
        return value ? json_string(value) : json_null();
}

/* ---- what they differ in ---- */

static json_t *differences(const struct differences *list, enum difference_kind kind)
{
        json_t *array = json_array();

        for (size_t i = 0; i < list->n; i++) {
                const struct difference *d = &list->items[i];

                if (d->kind == kind)
                        json_array_append_new(
                                array, json_pack("{s:s, s:o, s:o}", "name", d->name, "baseline",
                                               text(d->before), "compared", text(d->after)));
        }
        return array;
}

/* ---- figures ---- */

static json_t *stands_out(const struct compare_figure *f)
{
        enum compare_verdict verdict = compare_verdict(f);

        return verdict == COMPARE_UNJUDGED ? json_null() : json_string(compare_verdicts[verdict]);
}

static json_t *figure(const struct compare_figure *f)
{
        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "baseline", number(f->before),
                "compared", number(f->after), "ratio", number(f->ratio.estimate), "low",
                number(f->ratio.low), "high", number(f->ratio.high), "missing",
                text(f->ratio.missing), "stands_out", stands_out(f));
}

/* Each under its name and its metric; what neither run knows is left out. */
static json_t *figures(const struct compare_row *row)
{
        json_t *all = json_object();

        for (size_t name = 0; name < COMPARE_NAMES; name++) {
                json_t *one = json_pack("{s:s}", "unit", row->units[name]);

                for (size_t m = 0; m < COMPARE_METRICS; m++) {
                        const struct compare_figure *f = &row->figures[name][m];

                        if (isfinite(f->before) || isfinite(f->after))
                                json_object_set_new(one, compare_metrics[m], figure(f));
                }
                json_object_set_new(all, compare_names[name], one);
        }
        return all;
}

static json_t *side(const struct scaling_row *row)
{
        return json_pack("{s:b, s:o, s:b, s:b, s:b}", "valid", row->valid, "windows",
                count(row->n_steps), "settled", row->settled, "noisy", row->noisy, "whole",
                row->whole);
}

static json_t *rows(const struct comparison *c)
{
        json_t *list = json_array();

        for (size_t i = 0; i < c->n_rows; i++) {
                const struct compare_row *row = &c->rows[i];

                json_array_append_new(
                        list, json_pack("{s:o, s:o, s:o, s:o}", "tiles", count(row->tiles),
                                      "baseline", side(row->before), "compared", side(row->after),
                                      "figures", figures(row)));
        }
        return list;
}

/* ---- comparisons and conditions ---- */

static json_t *run(const struct compared_run *one)
{
        return json_pack("{s:s, s:b, s:o}", "run", one->run.path, "complete", one->run.complete,
                "valid_tiles", count(one->scaling.valid_tiles));
}

static json_t *verdicts(const struct comparison *c)
{
        return json_pack("{s:o, s:o, s:o, s:o}", "yes", count(c->verdicts[COMPARE_YES]), "maybe",
                count(c->verdicts[COMPARE_MAYBE]), "no", count(c->verdicts[COMPARE_NO]), "unjudged",
                count(c->verdicts[COMPARE_UNJUDGED]));
}

static json_t *comparison(const struct comparison *c)
{
        char *answer = compare_answer(c);
        json_t *json = json_pack("{s:s?, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "answer", answer,
                "compared", run(c->after), "comparable",
                differences_count(&c->differences, DIFFERENCE_WORKLOAD) == 0, "workload",
                differences(&c->differences, DIFFERENCE_WORKLOAD), "circumstances",
                differences(&c->differences, DIFFERENCE_CIRCUMSTANCE), "passing",
                differences(&c->differences, DIFFERENCE_PASSING), "steps", rows(c), "verdicts",
                verdicts(c));

        free(answer);
        return json;
}

static json_t *comparisons(const struct compare_report *report)
{
        json_t *list = json_array();

        for (size_t i = 0; i < report->n; i++)
                json_array_append_new(list, comparison(&report->comparisons[i]));
        return list;
}

static json_t *condition(const struct fail_if_judgement *j)
{
        static const char *const outcomes[] = {[FAIL_IF_NOT_MET] = "not met",
                [FAIL_IF_MET] = "met",
                [FAIL_IF_UNKNOWN] = "not known"};

        return json_pack("{s:s, s:s, s:o, s:s, s:o}", "condition", j->condition->text, "compared",
                j->comparison->after->run.path, "tiles", j->tiles ? count(j->tiles) : json_null(),
                "outcome", outcomes[j->outcome], "reason", text(j->reason));
}

static json_t *conditions(const struct fail_if_judgements *all)
{
        json_t *list = json_array();

        for (size_t i = 0; i < all->n; i++)
                json_array_append_new(list, condition(&all->items[i]));
        return list;
}

int compare_json(const struct compare_report *report, FILE *to, struct why *why)
{
        json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "schema", COMPARE_SCHEMA, "baseline",
                run(report->comparisons[0].before), "comparisons", comparisons(report),
                "conditions", conditions(report->judgements));
        int r = 0;

        if (!json)
                return why_errno(why, -ENOMEM, "compare", NULL);
        errno = 0;
        if (json_dumpf(json, to, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) < 0)
                r = why_errno(why, errno ? -errno : -EIO, "compare", NULL);
        fputc('\n', to);
        json_decref(json);
        return r;
}
