/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report's pictures, drawn by gnuplot as SVG.
 *
 * gnuplot gets numbers and our own words, never text of a file. Colours stay apart for the
 * colour-blind (the palette of M. Okabe and K. Ito) and each line has dashes and marks of its own,
 * so that prints without colour can be read as well. The same figures give the same picture.
 *
 * All return 0 and an SVG document (free it), or -errno with *why as gnuplot_run() does.
 */
#pragma once

#include "scaling.h"
#include "step_series.h"

/* What is known of one number of tiles. NAN: not known. */
struct plot_step {
        unsigned tiles;
        bool valid;
        double rate, rate_low, rate_high; /* requests/s of all tiles; confidence interval */
        double mean_ms, mean_low_ms, mean_high_ms, p95_ms, p99_ms;
        const struct scaling_tile *tile_rows; /* n_tiles of them, by number */
        size_t n_tiles;
};

/* Throughput stacked by tile, with what it would be if it were linear (per_tile requests/s of each
 * tile; NAN: not known) and the Universal Scalability Law (NULL: no fit). steps: at least one, in
 * the order of their tiles. */
int plot_throughput(char **ret_svg, const struct plot_step *steps, size_t n, double per_tile,
        const struct usl *law, struct why *why);

/* Average, p95 and p99 with the average's limit. */
int plot_response(
        char **ret_svg, const struct plot_step *steps, size_t n, double limit_ms, struct why *why);

/* What all the pictures of one kind have in common, so that they can be compared by eye. */
struct plot_range {
        double end_s, rate_high, mean_low_ms, mean_high_ms;
};

void plot_range_add(struct plot_range *range, const struct step_series *series);

/* One number of tiles from second to second: a line a repeat, and if there is but one the span from
 * the least to the most of the tiles. */
int plot_seconds(char **ret_svg, const struct step_series *repeats, size_t n,
        const struct plot_range *range, struct why *why);

/* Work per tile of some roles (at most 9) against number of tiles, as a share of what it was with
 * the first: shares[role * n + step], NAN where not known; n at least 1. */
int plot_roles(char **ret_svg, const char *const *roles, size_t n_roles, const unsigned *tiles,
        const double *shares, size_t n, struct why *why);
