/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of conditions.
 */
#include "fail_if.h"

#include "macro.h"

#include <errno.h>
#include <math.h>

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

static void judge_figure(struct fail_if_judgement *j)
{
        const struct compare_figure *figure = j->figure;

        j->outcome = FAIL_IF_UNKNOWN;
        if (!j->condition->is_change && isnan(figure->after))
                j->reason = "there is no such figure";
        else if (!j->condition->is_change)
                j->outcome = by_value(j->condition, figure->after);
        else if (figure->ratio.missing)
                j->reason = figure->ratio.missing;
        else
                j->outcome = by_value(
                        j->condition, compare_stands_out(figure) ? figure->ratio.estimate - 1 : 0);
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
