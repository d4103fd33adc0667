/* SPDX-License-Identifier: Apache-2.0 */
#include "compare.h"

#include "comparable.h"
#include "macro.h"
#include "manifest_diff.h"
#include "role_side.h"
#include "samples.h"
#include "scaling_row.h"

#include <errno.h>
#include <math.h>

/* ---- runs ---- */

int compared_run_read(struct compared_run *ret, const char *path, struct why *why)
{
        struct compared_run one = {0};
        int r = run_file_read(&one.run, path, why);

        if (r < 0)
                return r;
        r = scaling_make(&one.scaling, &one.run);
        if (r < 0) {
                run_file_free(&one.run);
                return why_errno(why, r, "compare", path);
        }
        *ret = one;
        return 0;
}

void compared_run_free(struct compared_run *run)
{
        scaling_free(&run->scaling);
        run_file_free(&run->run);
}

/* ---- all tiles together ---- */

static double worse(double a, double b)
{
        return isnan(a) || b > a ? b : a;
}

static int compare_host(struct compare_figure *figure, const struct compare_row *row)
{
        _cleanup_(sample_fini) struct sample before = {0}, after = {0};
        const struct scaling_row *rows[] = {row->before, row->after};
        struct sample *samples[] = {&before, &after};
        double means[2];

        for (size_t side = 0; side < 2; side++) {
                double sum = 0;

                for (size_t i = 0; i < rows[side]->n_steps; i++) {
                        double share = rows[side]->steps[i]->host_cpu_busy_percent / 100;

                        if (sample_add_figure(samples[side], share) < 0)
                                return -ENOMEM;
                        sum += share;
                }
                means[side] = sum / (double)rows[side]->n_steps;
        }
        *figure = (struct compare_figure){.before = means[0], .after = means[1]};
        return compare_windows(figure, &before, &after);
}

/* From the figures of the guests. */
static int compare_total(struct compare_row *row)
{
        struct compare_figure *total = row->figures[COMPARE_TOTAL], *rate = &total[COMPARE_RATE],
                              *errors = &total[COMPARE_ERRORS];

        for (size_t m = 0; m < COMPARE_METRICS; m++)
                total[m] = row->figures[COMPARE_EXTERNAL][m];
        row->units[COMPARE_TOTAL] = row->units[COMPARE_EXTERNAL];
        rate->before = row->before->rate_per_s.estimate;
        rate->after = row->after->rate_per_s.estimate;
        if (rate->before > 0 && rate->ratio.estimate > 0)
                interval_around(&rate->ratio, rate->after / rate->before);
        for (size_t name = 0; name <= RUN_MAX_GUEST; name++) {
                const struct compare_figure *one = &row->figures[name][COMPARE_ERRORS];

                errors->before = worse(errors->before, one->before);
                errors->after = worse(errors->after, one->after);
        }
        return compare_host(&total[COMPARE_CPU], row);
}

/* ---- one number of tiles ---- */

static int compare_guest(struct compare_row *row, unsigned guest)
{
        struct role_side before = {0}, after = {0};
        int r = role_side_make(&before, row->before, guest);

        if (r == 0)
                r = role_side_make(&after, row->after, guest);
        if (r == 0) {
                row->units[guest] = after.use.unit[0] ? after.use.unit : before.use.unit;
                r = role_sides_compare(row->figures[guest], &before, &after);
        }
        role_side_fini(&before);
        role_side_fini(&after);
        return r;
}

/* Web server 1 is what its users see of it. */
static void see_web1_from_outside(struct compare_row *row)
{
        struct compare_figure *web1 = row->figures[COMPARE_WEB1];

        for (size_t m = 0; m < COMPARE_METRICS; m++)
                if (m != COMPARE_CPU)
                        web1[m] = row->figures[COMPARE_EXTERNAL][m];
        row->units[COMPARE_WEB1] = row->units[COMPARE_EXTERNAL];
}

static int make_row(struct compare_row *row)
{
        int r = 0;

        row->tiles = row->before->tiles;
        for (unsigned guest = 0; guest <= RUN_MAX_GUEST && r == 0; guest++)
                r = compare_guest(row, guest);
        if (r == 0)
                r = compare_total(row);
        if (r == 0)
                see_web1_from_outside(row);
        return r;
}

/* ---- the comparison ---- */

static int make_rows(struct comparison *c)
{
        const struct scaling *before = &c->before->scaling, *after = &c->after->scaling;

        c->rows = calloc(before->n_rows + 1, sizeof *c->rows);
        if (!c->rows)
                return -ENOMEM;
        for (size_t i = 0; i < before->n_rows; i++) {
                const struct scaling_row *a = &before->rows[i], *b = scaling_find(after, a->tiles);
                struct compare_row *row = &c->rows[c->n_rows];
                int r;

                if (!b || a->cut_short || b->cut_short)
                        continue;
                *row = (struct compare_row){.before = a, .after = b};
                r = make_row(row);
                if (r < 0)
                        return r;
                c->n_rows++;
        }
        return 0;
}

static void count(struct comparison *c, const struct compare_row *row)
{
        for (size_t name = 0; name < COMPARE_NAMES; name++)
                for (size_t m = 0; m < COMPARE_METRICS; m++)
                        if (compare_is_shown(name, m))
                                c->verdicts[compare_verdict(&row->figures[name][m])]++;
}

int compare_make(
        struct comparison *ret, const struct compared_run *before, const struct compared_run *after)
{
        struct comparison c = {.before = before, .after = after};
        int r = comparable_check(&c.differences, &before->run, &after->run);

        if (r == 0)
                r = manifest_diff(&c.differences, &before->run, &after->run);
        if (r == 0)
                r = make_rows(&c);
        if (r < 0) {
                comparison_free(&c);
                return r;
        }
        for (size_t i = 0; i < c.n_rows; i++)
                count(&c, &c.rows[i]);
        *ret = c;
        return 0;
}

void comparison_free(struct comparison *comparison)
{
        differences_fini(&comparison->differences);
        free(comparison->rows);
        *comparison = (struct comparison){0};
}

const struct compare_row *comparison_find(const struct comparison *comparison, unsigned tiles)
{
        for (size_t i = 0; i < comparison->n_rows; i++)
                if (comparison->rows[i].tiles == tiles)
                        return &comparison->rows[i];
        return NULL;
}

enum compare_verdict compare_verdict(const struct compare_figure *figure)
{
        const struct interval *ratio = &figure->ratio;

        if (ratio->missing)
                return COMPARE_UNJUDGED;
        if (ratio->low <= 1 && ratio->high >= 1)
                return COMPARE_NO;
        return ratio->repeats < BOOTSTRAP_MIN_REPEATS ? COMPARE_MAYBE : COMPARE_YES;
}

bool compare_is_shown(size_t name, size_t metric)
{
        switch (metric) {
        case COMPARE_CPU:
                return true;
        case COMPARE_RATE:
                return name != COMPARE_EXTERNAL && name != COMPARE_WEB1;
        case COMPARE_AVERAGE:
        case COMPARE_P95:
        case COMPARE_P99:
                return name == COMPARE_WEB1;
        case COMPARE_ERRORS:
                return name == COMPARE_TOTAL;
        default:
                return false;
        }
}
