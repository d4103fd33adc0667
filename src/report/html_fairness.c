/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Did every tile get its share?
 */
#include "html_report.h"

#include "html.h"

#include <inttypes.h>
#include <math.h>

/* In its best window, as the worst one is that of its worst. */
static const struct run_tile *best_of(const struct scaling_row *row)
{
        const struct run_tile *best = NULL;

        for (size_t i = 0; i < row->n_steps; i++)
                for (size_t j = 0; j < row->steps[i]->n_tile_results; j++) {
                        const struct run_tile *tile = &row->steps[i]->tile_results[j];

                        if (!best || tile->fair_share > best->fair_share)
                                best = tile;
                }
        return best;
}

static void fairness_row(FILE *to, const struct scaling_row *row)
{
        const struct run_tile *best = best_of(row);

        html_row_begin(to, "%u", row->tiles);
        html_number(to, row->jain, 4);
        html_number(to, row->worst_tile, 0);
        html_number(to, row->worst_share, 3);
        html_number(to, best ? best->tile : NAN, 0);
        html_number(to, best ? best->fair_share : NAN, 3);
        html_row_end(to);
}

static void fairness_table(struct html_report *report)
{
        static const struct html_column columns[] = {
                {"tiles", NULL},
                {"Jain's index", NULL},
                {"worst tile", NULL},
                {"its share", "of a fair one"},
                {"best tile", NULL},
                {"its share", "of a fair one"},
        };

        html_table_begin(report->to, "Fairness among the tiles of each step");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < report->scaling->n_rows; i++)
                fairness_row(report->to, &report->scaling->rows[i]);
        html_table_end(report->to);
}

/* ---- tile by tile ---- */

struct tile_use {
        struct hist hist; /* of all windows */
        uint64_t requests, errors;
        size_t valid, windows;
};

static int by_number(const void *number, const void *element)
{
        const struct run_tile *tile = element;
        unsigned wanted = *(const unsigned *)number;

        return (wanted > tile->tile) - (wanted < tile->tile);
}

static void tile_use_add(struct tile_use *use, const struct run_step *step, unsigned number)
{
        const struct run_tile *tile = bsearch(&number, step->tile_results, step->n_tile_results,
                sizeof *step->tile_results, by_number);
        const struct run_guest *client = tile ? run_tile_guest(tile, 0) : NULL;

        if (!tile)
                return;
        use->windows++;
        use->valid += tile->valid;
        use->requests += tile->requests;
        use->errors += tile->errors;
        if (client && client->hist)
                hist_add(&use->hist, client->hist);
}

static void tile_row(FILE *to, const struct scaling_row *row, const struct scaling_tile *tile)
{
        struct tile_use use = {0};
        bool any;

        for (size_t i = 0; i < row->n_steps; i++)
                tile_use_add(&use, row->steps[i], tile->tile);
        any = hist_count(&use.hist) > 0;
        html_row_begin(to, "%u", tile->tile);
        html_figure(to, tile->rate_per_s);
        html_number(to, tile->share, 3);
        html_figure(to, any ? hist_mean_ns(&use.hist) / 1e6 : NAN);
        html_figure(to, any ? (double)hist_quantile_ns(&use.hist, 0.95) / 1e6 : NAN);
        html_figure(to, any ? (double)hist_quantile_ns(&use.hist, 0.99) / 1e6 : NAN);
        html_number(to, (double)use.requests, 0);
        html_number(to, (double)use.errors, 0);
        if (use.windows > 1)
                html_cell(to, "%zu of %zu", use.valid, use.windows);
        else
                html_cell(to, "%s", use.valid ? "yes" : "no");
        html_row_end(to);
}

static void tiles_table(struct html_report *report, const struct scaling_row *row)
{
        static const struct html_column columns[] = {
                {"tile", NULL},
                {"throughput", "requests/s"},
                {"share", "of a fair one"},
                {"average", "ms"},
                {"p95", "ms"},
                {"p99", "ms"},
                {"requests", NULL},
                {"failed requests", NULL},
                {"valid", NULL, true},
        };

        /* Of many steps print has those two that the answer is about. */
        bool bulk = report->scaling->n_rows > 8 && row != report->scaling->headline &&
                    row != &report->scaling->rows[report->scaling->n_rows - 1];

        html_details_begin(report, bulk ? "bulk" : "", "Tile by tile: the step with %u tile%s",
                row->tiles, row->tiles == 1 ? "" : "s");
        html_table_begin(report->to, "Each tile of the step with %u tile%s", row->tiles,
                row->tiles == 1 ? "" : "s");
        html_table_head(report->to, columns, ARRAY_SIZE(columns));
        for (size_t i = 0; i < row->n_tile_rows; i++)
                tile_row(report->to, row, &row->tile_rows[i]);
        html_table_end(report->to);
        html_details_end(report);
}

int html_fairness(struct html_report *report)
{
        html_section_begin(report, "fairness", "Fairness");
        html_note(report,
                "A tile's share is its throughput divided by an equal part of the step's: 1 "
                "is fair. Jain's index is 1 when all tiles get the same, and 1/n when one "
                "gets all. Of several windows the index is that of the least fair one, and each of "
                "the two tiles is shown in the window where it got least or most.");
        fairness_table(report);
        for (size_t i = 0; i < report->scaling->n_rows; i++)
                tiles_table(report, &report->scaling->rows[i]);
        if (report->scaling->n_rows > 8)
                fputs("<p class=\"print-only\">The tiles of the other steps are in the document on "
                      "screen, and in run.json.</p>\n",
                        report->to);
        html_section_end(report);
        return 0;
}
