/* SPDX-License-Identifier: Apache-2.0 */
#include "compare_outline.h"

#include "compare_words.h"
#include "paper.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum {
        MAX_PLACES = 8, /* guests that are placed otherwise: there may be hundreds */
};

struct outline {
        struct paper paper;
        const struct compare_report *report;
};

static const char *plural(size_t n)
{
        return n == 1 ? "" : "s";
}

/* ---- who is compared ---- */

/* Runs have numbers, of which 1 is the baseline's. */
static size_t number_of(const struct outline *o, const struct comparison *c)
{
        return (size_t)(c - o->report->comparisons) + 2;
}

static void answers(struct outline *o)
{
        for (size_t i = 0; i < o->report->n; i++) {
                const struct comparison *c = &o->report->comparisons[i];
                _cleanup_free_ char *text = compare_answer(c);

                if (!text)
                        o->paper.failed = true;
                else if (o->report->n == 1)
                        paper_answer(&o->paper, text);
                else
                        paper_item(&o->paper, "run %zu: %s", number_of(o, c), text);
        }
}

static void run(struct outline *o, size_t number, const struct compared_run *one)
{
        _cleanup_free_ char *text = scaling_answer(&one->run, &one->scaling);

        if (!text)
                o->paper.failed = true;
        else
                paper_item(&o->paper, "%zu%s: %s: %s", number, number == 1 ? ", the baseline" : "",
                        one->run.path, text);
}

static void runs(struct outline *o)
{
        paper_heading(&o->paper, "Runs");
        run(o, 1, o->report->comparisons[0].before);
        for (size_t i = 0; i < o->report->n; i++)
                run(o, i + 2, o->report->comparisons[i].after);
}

/* ---- what they differ in ---- */

static bool is_place(const struct difference *d)
{
        return strncmp(d->name, "placement.guests.", strlen("placement.guests.")) == 0;
}

static const char *or_none(const char *text)
{
        return text ? text : "(nothing)";
}

static void differences(
        struct outline *o, const struct differences *list, enum difference_kind kind)
{
        size_t places = 0;

        for (size_t i = 0; i < list->n; i++) {
                const struct difference *d = &list->items[i];

                if (d->kind != kind)
                        continue;
                places += is_place(d);
                if (!is_place(d) || places <= MAX_PLACES)
                        paper_item(&o->paper, "%s: %s, then %s", d->name, or_none(d->before),
                                or_none(d->after));
        }
        if (places > MAX_PLACES)
                paper_item(&o->paper, "placement.guests: %zu more", places - MAX_PLACES);
}

static void all_differences(struct outline *o, const struct comparison *c)
{
        paper_heading(&o->paper, "NOT the same workload: what differs may be only that");
        differences(o, &c->differences, DIFFERENCE_WORKLOAD);
        paper_heading(&o->paper, "What else differs");
        differences(o, &c->differences, DIFFERENCE_CIRCUMSTANCE);
        if (o->paper.heading)
                paper_item(&o->paper, "nothing that the manifests know of");
        paper_heading(&o->paper, "Each run's own");
        differences(o, &c->differences, DIFFERENCE_PASSING);
}

/* ---- the figures ---- */

static void figure_row(struct sheet *sheet, const struct compare_row *row, size_t name, size_t m)
{
        const struct compare_figure *figure = &row->figures[name][m];
        char text[COMPARE_WORDS_SIZE];

        sheet_cell(sheet, "%s", compare_names[name]);
        sheet_cell(sheet, "%s", compare_title(text, m, row->units[name]));
        sheet_cell(sheet, "%s", compare_value(text, m, figure->before));
        sheet_cell(sheet, "%s", compare_value(text, m, figure->after));
        sheet_cell(sheet, "%s", compare_change(text, figure->ratio.estimate));
        sheet_cell(sheet, "%s", compare_low(text, &figure->ratio));
        sheet_cell(sheet, "%s", compare_change(text, figure->ratio.high));
        sheet_cell(sheet, "%s", compare_verdicts[compare_verdict(figure)]);
}

/* Where users look, and in the end who does the work. */
static const size_t order[COMPARE_NAMES] = {
        COMPARE_TOTAL, COMPARE_WEB1, COMPARE_EXTERNAL, 2, 3, 4, 5, 6, 7, 8};

/* What nobody knows of either run has no line, nor have failures if there were none. */
static bool is_shown(const struct compare_row *row, size_t name, size_t metric)
{
        const struct compare_figure *figure = &row->figures[name][metric];

        if (!compare_is_shown(name, metric))
                return false;
        if (metric == COMPARE_ERRORS)
                return figure->before > 0 || figure->after > 0;
        return isfinite(figure->before) || isfinite(figure->after);
}

/* Why intervals are missing, each reason once. */
static void missing(struct outline *o, const struct compare_row *row)
{
        const char *reasons[COMPARE_NAMES * COMPARE_METRICS];
        size_t n = 0;

        for (size_t i = 0; i < COMPARE_NAMES; i++)
                for (size_t m = 0; m < COMPARE_METRICS; m++) {
                        const char *reason = row->figures[order[i]][m].ratio.missing;
                        bool told = !reason || !is_shown(row, order[i], m);

                        for (size_t k = 0; k < n && !told; k++)
                                told = strcmp(reasons[k], reason) == 0;
                        if (told)
                                continue;
                        reasons[n++] = reason;
                        paper_item(&o->paper, "? %s", reason);
                }
}

static void doubts(struct outline *o, const char *whose, const struct scaling_row *row)
{
        char noise[SCALING_NOISE_SIZE];

        if (!row->valid)
                paper_item(&o->paper, "%s: this step is NOT valid", whose);
        if (row->noisy)
                paper_item(&o->paper, "%s: noisy, %s", whose, scaling_noise(row, noise));
        if (!row->settled)
                paper_item(&o->paper, "%s: had not settled", whose);
        if (!row->whole)
                paper_item(&o->paper, "%s: not all guests were measured", whose);
}

static void one_row(struct outline *o, const struct compare_row *row)
{
        static const struct sheet_column columns[] = {{"guest", true}, {"figure", true},
                {"baseline"}, {"compared"}, {"change %"}, {"from"}, {"to"}, {"stands out", true}};
        struct sheet sheet;
        char title[96];

        sheet_init(&sheet, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < COMPARE_NAMES; i++)
                for (size_t m = 0; m < COMPARE_METRICS; m++)
                        if (is_shown(row, order[i], m))
                                figure_row(&sheet, row, order[i], m);
        snprintf(title, sizeof title, "%u tile%s (windows: %zu and %zu)", row->tiles,
                plural(row->tiles), row->before->n_steps, row->after->n_steps);
        paper_heading(&o->paper, title);
        paper_table(&o->paper, &sheet);
        sheet_fini(&sheet);
        missing(o, row);
        doubts(o, "baseline", row->before);
        doubts(o, "compared", row->after);
        o->paper.heading = NULL;
}

/* ---- what is not compared ---- */

/* Why this number of tiles is not; NULL: it is, or nobody has measured it. */
static const char *left_out(const struct comparison *c, unsigned tiles)
{
        const struct scaling_row *before = scaling_find(&c->before->scaling, tiles),
                                 *after = scaling_find(&c->after->scaling, tiles);

        if (!before || !after)
                return after ? "not in the baseline" : before ? "in the baseline only" : NULL;
        if (before->cut_short)
                return after->cut_short ? "cut short in both" : "cut short in the baseline";
        return after->cut_short ? "cut short in the run that is compared" : NULL;
}

/* The least number above that one that either has measured; 0: there is none. */
static unsigned next_tiles(const struct comparison *c, unsigned above)
{
        const struct scaling *sides[] = {&c->before->scaling, &c->after->scaling};
        unsigned next = 0;

        for (size_t side = 0; side < ARRAY_SIZE(sides); side++)
                for (size_t i = 0; i < sides[side]->n_rows; i++) {
                        unsigned tiles = sides[side]->rows[i].tiles;

                        if (tiles > above && (!next || tiles < next))
                                next = tiles;
                }
        return next;
}

/* Neighbours with the same reason in one line. */
static void all_left_out(struct outline *o, const struct comparison *c)
{
        unsigned first = next_tiles(c, 0), last, next;

        paper_heading(&o->paper, "Not compared");
        for (; first; first = next) {
                const char *reason = left_out(c, first);

                for (last = first; (next = next_tiles(c, last)); last = next)
                        if (left_out(c, next) != reason)
                                break;
                if (reason && last > first)
                        paper_item(&o->paper, "%u to %u tiles: %s", first, last, reason);
                else if (reason)
                        paper_item(&o->paper, "%u tile%s: %s", first, plural(first), reason);
        }
}

/* ---- what it is worth ---- */

static void chance(struct outline *o, const struct comparison *c)
{
        size_t yes = c->verdicts[COMPARE_YES], maybe = c->verdicts[COMPARE_MAYBE],
               judged = yes + maybe + c->verdicts[COMPARE_NO];

        paper_heading(&o->paper, "How to read it");
        if (judged == 0)
                return;
        paper_item(&o->paper,
                "A figure stands out if 0 is outside of its 95 %% interval (from .. to)");
        paper_item(&o->paper,
                "Of %zu figures about %.*f do by mere chance if nothing has changed; %zu do%s",
                judged, judged < 100, (double)judged * 0.05, yes, yes == 1 ? "es" : "");
        if (maybe)
                paper_item(&o->paper,
                        "%zu may (maybe), but it takes %d windows of each to know: use --repeat %d",
                        maybe, BOOTSTRAP_MIN_REPEATS, BOOTSTRAP_MIN_REPEATS);
}

/* ---- conditions ---- */

static void conditions(struct outline *o)
{
        static const char *const outcomes[] = {[FAIL_IF_NOT_MET] = "not met",
                [FAIL_IF_MET] = "MET",
                [FAIL_IF_UNKNOWN] = "NOT KNOWN"};
        static const struct sheet_column columns[] = {
                {"fail if", true}, {"run"}, {"tiles"}, {"outcome", true}, {"found", true}};
        const struct fail_if_judgements *all = o->report->judgements;
        struct sheet sheet;
        char text[COMPARE_WORDS_SIZE];

        sheet_init(&sheet, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < all->n; i++) {
                const struct fail_if_judgement *j = &all->items[i];

                sheet_cell(&sheet, "%s", j->condition->text);
                sheet_cell(&sheet, "%zu", number_of(o, j->comparison));
                sheet_number(&sheet, j->tiles ? j->tiles : NAN, 0);
                sheet_cell(&sheet, "%s", outcomes[j->outcome]);
                sheet_cell(&sheet, "%s", compare_met(text, j));
        }
        paper_heading(&o->paper, "Conditions");
        paper_table(&o->paper, &sheet);
        sheet_fini(&sheet);
}

/* ---- all of it ---- */

static void one_comparison(struct outline *o, const struct comparison *c)
{
        char title[64];

        if (o->report->n > 1) {
                snprintf(title, sizeof title, "RUN %zu AGAINST THE BASELINE", number_of(o, c));
                paper_title(&o->paper, title);
        }
        all_differences(o, c);
        for (size_t i = 0; i < c->n_rows; i++)
                one_row(o, &c->rows[i]);
        all_left_out(o, c);
        chance(o, c);
}

int compare_outline(const struct paper_style *style, const struct compare_report *report, FILE *to,
        struct why *why)
{
        struct outline o = {.paper = {.style = style, .to = to}, .report = report};

        answers(&o);
        runs(&o);
        for (size_t i = 0; i < report->n; i++)
                one_comparison(&o, &report->comparisons[i]);
        conditions(&o);
        return o.paper.failed ? why_errno(why, -ENOMEM, "compare", NULL) : 0;
}
