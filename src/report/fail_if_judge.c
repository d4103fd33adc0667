/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of conditions.
 */
#include "fail_if.h"

#include "macro.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define FEW_WINDOWS \
        "it may have changed so far, but that takes 3 windows of each run to know: use --repeat 3"

static bool holds(enum fail_if_operator op, double value, double bound)
{
        switch (op) {
        case FAIL_IF_ABOVE:
                return value > bound;
        case FAIL_IF_AT_LEAST:
                return value >= bound;
        case FAIL_IF_BELOW:
                return value < bound;
        case FAIL_IF_AT_MOST:
                return value <= bound;
        }
        return false;
}

static enum fail_if_outcome by_value(const struct fail_if *condition, double value)
{
        return holds(condition->op, value, condition->bound) ? FAIL_IF_MET : FAIL_IF_NOT_MET;
}

/* What does not stand out is no change. What may stand out is one or none: it is only unknown
 * where that makes a difference. */
static void judge_change(struct fail_if_judgement *j)
{
        enum compare_verdict verdict = compare_verdict(j->figure);
        enum fail_if_outcome changed = by_value(j->condition, j->figure->ratio.estimate - 1),
                             unchanged = by_value(j->condition, 0);

        if (verdict == COMPARE_UNJUDGED) {
                j->outcome = FAIL_IF_UNKNOWN;
                j->reason = j->figure->ratio.missing;
        } else if (verdict == COMPARE_MAYBE && changed != unchanged) {
                j->outcome = FAIL_IF_UNKNOWN;
                j->reason = FEW_WINDOWS;
        } else {
                j->outcome = verdict == COMPARE_NO ? unchanged : changed;
        }
}

static void judge_figure(struct fail_if_judgement *j)
{
        const struct compare_figure *figure = j->figure;

        if (j->condition->is_change) {
                judge_change(j);
        } else if (isnan(figure->after)) {
                j->outcome = FAIL_IF_UNKNOWN;
                j->reason = "there is no such figure";
        } else {
                j->outcome = by_value(j->condition, figure->after);
        }
}

/* Tiles are counted: there is no noise in their number. */
static void judge_tiles(struct fail_if_judgement *j)
{
        double before = j->comparison->before->scaling.valid_tiles,
               after = j->comparison->after->scaling.valid_tiles;

        if (!j->condition->is_change) {
                j->outcome = by_value(j->condition, after);
        } else if (before > 0) {
                j->outcome = by_value(j->condition, after / before - 1);
        } else {
                j->outcome = FAIL_IF_UNKNOWN;
                j->reason = "the baseline has no valid step";
        }
}

static int add(struct fail_if_judgements *list, const struct fail_if_judgement *judgement)
{
        struct fail_if_judgement *items = reallocarray(list->items, list->n + 1, sizeof *items);

        if (!items)
                return -ENOMEM;
        list->items = items;
        items[list->n++] = *judgement;
        return 0;
}

/* Was it on its way to so many tiles, and did not get there? A run that was not asked for them has
 * just not measured them. */
static bool ended_before(const struct compared_run *run, unsigned tiles)
{
        const struct scaling *scaling = &run->scaling;
        const struct scaling_row *row = scaling_find(scaling, tiles);
        bool early = !run->run.complete || strcmp(run->run.ended_kind, "invalid") == 0 ||
                     strcmp(run->run.ended_kind, "no gain") == 0;

        if (row)
                return row->cut_short;
        if (strcmp(run->run.ended_kind, "search") == 0)
                return tiles > run->run.valid_tiles;
        return early && (!scaling->n_rows || scaling->rows[scaling->n_rows - 1].tiles < tiles);
}

/* What the baseline carried and the other run did not come to must not pass for no difference. */
static int judge_rest(struct fail_if_judgements *list, const struct fail_if *condition,
        const struct comparison *comparison)
{
        const struct scaling *before = &comparison->before->scaling;
        int r = 0;

        for (size_t i = 0; i < before->n_rows && r == 0; i++) {
                const struct scaling_row *row = &before->rows[i];
                const struct fail_if_judgement j = {.condition = condition,
                        .comparison = comparison,
                        .tiles = row->tiles,
                        .outcome = FAIL_IF_UNKNOWN,
                        .reason = "the run ended before it had measured them"};

                if (row->valid && !comparison_find(comparison, row->tiles) &&
                        ended_before(comparison->after, row->tiles))
                        r = add(list, &j);
        }
        return r;
}

static int judge_rows(struct fail_if_judgements *list, const struct fail_if *condition,
        const struct comparison *comparison)
{
        size_t before = list->n;

        for (size_t i = 0; i < comparison->n_rows; i++) {
                const struct compare_row *row = &comparison->rows[i];
                struct fail_if_judgement j = {.condition = condition,
                        .comparison = comparison,
                        .tiles = row->tiles,
                        .figure = &row->figures[condition->name][condition->metric]};

                if (condition->tiles ? row->tiles != condition->tiles : !row->before->valid)
                        continue;
                judge_figure(&j);
                if (add(list, &j) < 0)
                        return -ENOMEM;
        }
        if (!condition->tiles && judge_rest(list, condition, comparison) < 0)
                return -ENOMEM;
        if (list->n == before) {
                const struct fail_if_judgement none = {.condition = condition,
                        .comparison = comparison,
                        .tiles = condition->tiles,
                        .outcome = FAIL_IF_UNKNOWN,
                        .reason = condition->tiles ? "not measured in both"
                                                   : "no number of tiles is valid in the baseline "
                                                     "and measured in both"};

                return add(list, &none);
        }
        return 0;
}

int fail_if_judge(struct fail_if_judgements *ret, const struct fail_if_list *conditions,
        const struct comparison *comparisons, size_t n)
{
        struct fail_if_judgements list = {0};
        int r = 0;

        for (size_t i = 0; i < conditions->n; i++)
                for (size_t k = 0; k < n && r == 0; k++) {
                        struct fail_if_judgement j = {
                                .condition = &conditions->items[i], .comparison = &comparisons[k]};

                        if (j.condition->metric != FAIL_IF_TILES) {
                                r = judge_rows(&list, j.condition, j.comparison);
                        } else {
                                judge_tiles(&j);
                                r = add(&list, &j);
                        }
                }
        if (r < 0)
                fail_if_judgements_free(&list);
        else
                *ret = list;
        return r;
}

void fail_if_judgements_free(struct fail_if_judgements *judgements)
{
        free(judgements->items);
        *judgements = (struct fail_if_judgements){0};
}

size_t fail_if_count(const struct fail_if_judgements *judgements, enum fail_if_outcome outcome)
{
        size_t n = 0;

        for (size_t i = 0; i < judgements->n; i++)
                n += judgements->items[i].outcome == outcome;
        return n;
}
