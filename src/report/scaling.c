/* SPDX-License-Identifier: Apache-2.0 */
#include "scaling.h"

#include "macro.h"
#include "scaling_row.h"

#include <errno.h>
#include <math.h>

/* Answered of offered, in a step: from there on it has given all that was asked for. */
#define ALL_ANSWERED 0.98

const struct scaling_row *scaling_find(const struct scaling *scaling, unsigned tiles)
{
        for (size_t i = 0; i < scaling->n_rows; i++)
                if (scaling->rows[i].tiles == tiles)
                        return &scaling->rows[i];
        return NULL;
}

/* The smallest number of tiles above `above` that was measured; 0: there is none. */
static unsigned next_tiles(const struct run_file *run, unsigned above)
{
        unsigned next = 0;

        for (size_t i = 0; i < run->n_steps; i++)
                if (run->steps[i].tiles > above && (next == 0 || run->steps[i].tiles < next))
                        next = run->steps[i].tiles;
        return next;
}

/* rates: room for as many as there are steps, empty. */
static int make_rows(struct scaling *scaling, struct sample *rates, const struct run_file *run)
{
        unsigned tiles = 0;

        while ((tiles = next_tiles(run, tiles))) {
                size_t i = scaling->n_rows++;
                int r = scaling_row_make(&scaling->rows[i], &rates[i], run, tiles);

                if (r < 0)
                        return r;
        }
        return 0;
}

static void find_valid(struct scaling *scaling)
{
        for (size_t i = 0; i < scaling->n_rows; i++) {
                const struct scaling_row *row = &scaling->rows[i];

                if (row->cut_short)
                        continue;
                if (!row->valid)
                        break;
                scaling->valid_tiles = row->tiles;
                scaling->headline = row;
        }
        if (!scaling->headline && scaling->n_rows)
                scaling->headline = &scaling->rows[0];
        for (size_t i = 0; i < scaling->n_rows && !scaling->base; i++)
                if (scaling->rows[i].valid && scaling->rows[i].rate_per_s.estimate > 0)
                        scaling->base = &scaling->rows[i];
}

/* Requests that fell due. */
static double due(const struct scaling_row *row)
{
        return row->offered_per_s * row->seconds;
}

static double answered_share(const struct scaling_row *row)
{
        return MIN(row->rate_per_s.estimate / row->offered_per_s, 1);
}

/* Throughput per tile as a share of that of base. Requests fall due at random: where as many did
 * per tile as chance explains, the tiles' loads were the same, and only what was answered of them
 * tells the steps apart. */
static double linearity_of(const struct scaling_row *row, const struct scaling_row *base)
{
        double per_tile = row->offered_per_s / row->tiles,
               base_per_tile = base->offered_per_s / base->tiles;
        double chance = 4 * sqrt(1 / due(row) + 1 / due(base));

        if (due(row) > 0 && due(base) > 0 && fabs(per_tile / base_per_tile - 1) <= chance)
                return answered_share(row) / answered_share(base);
        return row->rate_per_s.estimate / row->tiles / (base->rate_per_s.estimate / base->tiles);
}

static int make_linearity(struct scaling *scaling, const struct sample *rates)
{
        const struct scaling_row *base = scaling->base;
        bool linear = true;

        for (size_t i = 0; i < scaling->n_rows; i++) {
                struct scaling_row *row = &scaling->rows[i];
                int r;

                if (!base) {
                        row->linearity = interval_missing("no step was valid");
                        continue;
                }
                if (row == base) {
                        row->linearity = interval_missing("the others are compared with it");
                        row->linearity.estimate = 1;
                } else {
                        r = bootstrap_ratio(
                                &row->linearity, &rates[i], &rates[base - scaling->rows]);
                        if (r < 0)
                                return r;
                        interval_around(&row->linearity, linearity_of(row, base));
                }
                if (row < base || row->cut_short)
                        continue;
                linear = linear && row->valid && row->linearity.estimate >= SCALING_LINEAR;
                if (linear)
                        scaling->linear_to = row->tiles;
        }
        return 0;
}

/* Why the fit tells little; NULL: it does not. limited: steps that did not answer all. */
static const char *caution_of(const struct usl *usl, size_t limited)
{
        if (limited == 0)
                return "every step answered what its clients offered: a limit only shows in steps "
                       "that do not";
        if (usl->n_distinct == 3)
                return "three steps: the curve meets them whatever they are";
        if (limited == 1)
                return "all steps but one answered what their clients offered: how it bends hangs "
                       "on that one alone";
        return NULL;
}

/* All steps that were measured as a whole are in the fit, valid or not: how throughput bends is
 * best seen where users are not content any more. Those where a guest was missing carried less than
 * their number of tiles says. */
static int fit_usl(struct scaling *scaling)
{
        _cleanup_free_ double *points = calloc(scaling->n_rows + 1, 2 * sizeof *points);
        double *n = points, *x = points + scaling->n_rows;
        size_t n_points = 0, limited = 0;
        int r;

        if (!points)
                return -ENOMEM;
        for (size_t i = 0; i < scaling->n_rows; i++) {
                const struct scaling_row *row = &scaling->rows[i];

                if (row->cut_short || !row->whole)
                        continue;
                n[n_points] = row->tiles;
                x[n_points++] = row->rate_per_s.estimate;
                limited += row->rate_per_s.estimate < ALL_ANSWERED * row->offered_per_s;
        }
        r = usl_fit(&scaling->usl, n, x, n_points);
        if (r == -ENOMEM)
                return r;
        scaling->has_usl = r == 0;
        if (r == -ENODATA)
                scaling->usl_missing = "it takes three numbers of tiles that answered requests "
                                       "and lost no guest";
        else if (r < 0)
                scaling->usl_missing = "the throughputs are out of all range";
        else
                scaling->usl_caution = caution_of(&scaling->usl, limited);
        return 0;
}

int scaling_make(struct scaling *ret, const struct run_file *run)
{
        struct scaling scaling = {.rows = calloc(run->n_steps + 1, sizeof *scaling.rows)};
        struct sample *rates = calloc(run->n_steps + 1, sizeof *rates);
        int r = scaling.rows && rates ? make_rows(&scaling, rates, run) : -ENOMEM;

        if (r == 0) {
                find_valid(&scaling);
                r = make_linearity(&scaling, rates);
        }
        if (r == 0)
                r = fit_usl(&scaling);
        for (size_t i = 0; rates && i < run->n_steps; i++)
                sample_fini(&rates[i]);
        free(rates);
        if (r < 0) {
                scaling_free(&scaling);
                return r;
        }
        *ret = scaling;
        return 0;
}

void scaling_free(struct scaling *scaling)
{
        for (size_t i = 0; i < scaling->n_rows; i++)
                scaling_row_fini(&scaling->rows[i]);
        free(scaling->rows);
        *scaling = (struct scaling){0};
}
