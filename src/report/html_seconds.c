/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each number of tiles from second to second: small pictures of one scale, side by side.
 */
#include "html_report.h"

#include "html.h"
#include "plot.h"

#include <errno.h>
#include <math.h>

/* The series of a row's windows. */
struct row_series {
        struct step_series *windows;
        size_t n;
};

struct all_series {
        struct row_series *rows;
        size_t n;
};

static void all_series_free(struct all_series *all)
{
        for (size_t i = 0; i < all->n; i++) {
                for (size_t j = 0; j < all->rows[i].n; j++)
                        step_series_free(&all->rows[i].windows[j]);
                free(all->rows[i].windows);
        }
        free(all->rows);
}

static int all_series_make(struct all_series *all, const struct scaling *scaling)
{
        all->rows = calloc(scaling->n_rows, sizeof *all->rows);
        if (!all->rows)
                return -ENOMEM;
        for (; all->n < scaling->n_rows; all->n++) {
                const struct scaling_row *from = &scaling->rows[all->n];
                struct row_series *row = &all->rows[all->n];

                row->windows = calloc(from->n_steps, sizeof *row->windows);
                if (!row->windows)
                        return -ENOMEM;
                for (; row->n < from->n_steps; row->n++)
                        if (step_series_make(&row->windows[row->n], from->steps[row->n]) < 0) {
                                all->n++;
                                return -ENOMEM;
                        }
        }
        return 0;
}

/* ---- pictures ---- */

/* More could be drawn, but not looked at. */
#define MAX_PICTURES 64

static void pictures(struct html_report *report, const struct all_series *all)
{
        struct plot_range range = {0};
        size_t every = all->n / (MAX_PICTURES + 1) + 1;
        bool drawn = true;

        for (size_t i = 0; i < all->n; i++)
                for (size_t j = 0; j < all->rows[i].n; j++)
                        plot_range_add(&range, &all->rows[i].windows[j]);
        fputs("<div class=\"multiples\">\n", report->to);
        /* What keeps one from being drawn keeps all: it is said once. */
        for (size_t i = 0; i < all->n && drawn; i += every) {
                unsigned tiles = report->scaling->rows[i].tiles;
                struct why why = {0};
                char *svg = NULL, label[160], caption[96];
                int r = html_may_draw(report, &why);

                if (r == 0)
                        r = plot_seconds(&svg, all->rows[i].windows, all->rows[i].n, &range, &why);
                snprintf(label, sizeof label,
                        "Line plots of the step with %u tile%s: requests per second of a tile, and "
                        "average response time, against time",
                        tiles, tiles == 1 ? "" : "s");
                snprintf(caption, sizeof caption, "%u tile%s%s", tiles, tiles == 1 ? "" : "s",
                        report->scaling->rows[i].valid ? "" : ", not valid");
                html_picture(report, r, &svg, &why, label, caption);
                drawn = r == 0;
        }
        fputs("</div>\n", report->to);
        if (every > 1)
                html_note(report, "Of %zu steps one in %zu is drawn; the tables have all.", all->n,
                        every);
}

/* ---- tables ---- */

struct spread {
        double low, high, sum, squares;
        size_t n;
};

static void spread_add(struct spread *spread, double value)
{
        if (!isfinite(value))
                return;
        spread->low = spread->n ? MIN(spread->low, value) : value;
        spread->high = spread->n ? MAX(spread->high, value) : value;
        spread->sum += value;
        spread->squares += value * value;
        spread->n++;
}

static double spread_mean(const struct spread *spread)
{
        return spread->n ? spread->sum / (double)spread->n : NAN;
}

static double spread_deviation(const struct spread *spread)
{
        double mean = spread_mean(spread);

        if (spread->n < 2)
                return NAN;
        return sqrt(fmax(0, spread->squares / (double)spread->n - mean * mean));
}

static void spread_cells(FILE *to, const struct spread *spread)
{
        html_figure(to, spread->n ? spread->low : NAN);
        html_figure(to, spread_mean(spread));
        html_figure(to, spread->n ? spread->high : NAN);
        html_number(to, spread_deviation(spread) / spread_mean(spread) * 100, 1);
}

static void summary_row(
        struct html_report *report, const struct run_step *step, const struct step_series *series)
{
        struct spread rate = {0}, mean = {0};
        char name[48];

        for (size_t i = 0; i < series->n; i++) {
                spread_add(&rate, series->points[i].rate);
                spread_add(&mean, series->points[i].mean_ms);
        }
        html_row_begin(report->to, "%s", html_step_name(report, step, name, sizeof name));
        html_number(report->to, series->n ? series->interval_s : NAN, 1);
        spread_cells(report->to, &rate);
        spread_cells(report->to, &mean);
        html_row_end(report->to);
}

static void summary_table(struct html_report *report, const struct all_series *all)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"interval", "s"},
                {"least", "requests/s"},
                {"average", "requests/s"},
                {"most", "requests/s"},
                {"deviation", "%"},
                {"fastest", "ms"},
                {"average", "ms"},
                {"slowest", "ms"},
                {"deviation", "%"},
        };

        html_table_begin(report->to,
                "The intervals of each window: throughput of a tile, and average "
                "response time");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < all->n; i++)
                for (size_t j = 0; j < all->rows[i].n; j++)
                        summary_row(report, report->scaling->rows[i].steps[j],
                                &all->rows[i].windows[j]);
        html_table_end(report->to);
}

static void seconds_table(
        struct html_report *report, const struct run_step *step, const struct step_series *series)
{
        static const struct html_column columns[] = {
                {"until", "s"},
                {"throughput of a tile", "requests/s"},
                {"least and most", "requests/s"},
                {"average response", "ms"},
                {"lowest and highest tile", "ms"},
                {"failed requests", NULL},
        };
        FILE *to = report->to;
        char name[48];

        html_step_words(report, step, name, sizeof name);
        html_details_begin(report, "bulk", "Every interval of %s", name);
        html_table_begin(to, "The intervals of %s", name);
        html_table_head(to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < series->n; i++) {
                const struct series_point *p = &series->points[i];

                html_row_begin(to, "%.1f", p->t_s);
                html_figure(to, p->rate);
                html_range(to, p->rate_low, p->rate_high);
                html_figure(to, p->mean_ms);
                html_range(to, p->mean_low_ms, p->mean_high_ms);
                html_number(to, p->errors, 0);
                html_row_end(to);
        }
        html_table_end(to);
        html_details_end(report);
}

int html_seconds(struct html_report *report)
{
        _cleanup_(all_series_free) struct all_series all = {0};
        int r = all_series_make(&all, report->scaling);

        if (r < 0)
                return r;
        html_section_begin(report, "seconds", "Second by second");
        html_note(report,
                "Throughput of one tile and average response time within each window, on the "
                "same scale for all steps. The line is the average of the tiles; where a "
                "step was measured once, the pale span goes from the least to the most of "
                "them, and where it was repeated, each repeat has a line.");
        pictures(report, &all);
        summary_table(report, &all);
        for (size_t i = 0; i < all.n; i++)
                for (size_t j = 0; j < all.rows[i].n; j++)
                        if (all.rows[i].windows[j].n)
                                seconds_table(report, report->scaling->rows[i].steps[j],
                                        &all.rows[i].windows[j]);
        fputs("<p class=\"print-only\">Each interval's figures are in the document on screen, and "
              "in "
              "run.json.</p>\n",
                report->to);
        html_section_end(report);
        return 0;
}
