/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include "plot_script.h"

#include <math.h>

/* A peak that the law sees farther than this beyond what was measured is not in the picture. */
#define PEAK_REACH 1.5

static double larger(double a, double b)
{
        return isfinite(b) ? MAX(a, b) : a;
}

static double top_of(const struct plot_step *steps, size_t n, double per_tile, double last)
{
        double top = 0;

        for (size_t i = 0; i < n; i++) {
                top = larger(larger(top, steps[i].rate), steps[i].rate_high);
        }
        /* The straight line may leave the picture once it is plain how far off it is. */
        if (isfinite(per_tile))
                top = MAX(top, MIN(per_tile * last, top * 1.3));
        return top > 0 ? top * 1.08 : 1;
}

static double last_shown(const struct plot_step *steps, size_t n, const struct usl *law)
{
        double last = steps[n - 1].tiles;

        if (law && isfinite(law->peak_n) && law->peak_n > last &&
                law->peak_n <= last * PEAK_REACH + 1)
                last = ceil(law->peak_n);
        return last;
}

/* The largest number that a tile has. */
static unsigned most_tiles(const struct plot_step *steps, size_t n)
{
        unsigned most = 1;

        for (size_t i = 0; i < n; i++)
                if (steps[i].n_tiles)
                        most = MAX(most, steps[i].tile_rows[steps[i].n_tiles - 1].tile);
        return most;
}

/* Bars do not touch, wherever the steps are. */
static double bar_width(const struct plot_step *steps, size_t n)
{
        double gap = 1, range = n > 1 ? steps[n - 1].tiles - steps[0].tiles : 1;

        if (n > 1)
                gap = range;
        for (size_t i = 1; i < n; i++)
                gap = MIN(gap, (double)(steps[i].tiles - steps[i - 1].tiles));
        gap = MIN(gap, range / 12 + 0.4);
        return MAX(gap, 1.0) * (n > 1 ? 0.74 : 0.36);
}

static void bars(FILE *to, const struct plot_step *steps, size_t n)
{
        unsigned most = most_tiles(steps, n);
        double half = bar_width(steps, n) / 2;

        fputs("$bars << EOD\n", to);
        for (size_t i = 0; i < n; i++) {
                double low = 0;

                for (size_t t = 0; t < steps[i].n_tiles; t++) {
                        const struct scaling_tile *tile = &steps[i].tile_rows[t];
                        double high = low + tile->rate_per_s;

                        fprintf(to, "%u %.10g %.10g %.10g %.10g %.10g 0x%06x\n", steps[i].tiles,
                                low, steps[i].tiles - half, steps[i].tiles + half, low, high,
                                plot_tile_colour(tile->tile, most));
                        low = high;
                }
        }
        fputs("EOD\n", to);
}

/* Is this one of those that are named? All, or some of many. */
static bool is_labelled(const struct plot_step *step, size_t t)
{
        return step->n_tiles <= 8 || t == 0 || t == step->n_tiles - 1 ||
               step->tile_rows[t].tile % 8 == 0;
}

/* Which tile is which: beside the last bar, as many of them as there is room for. */
static void tile_labels(FILE *to, const struct plot_step *steps, size_t n, double shown, double top)
{
        const struct plot_step *last = &steps[n - 1];
        double low = 0, free_from = -top;
        char beside[32] = "graph 1";

        if (last->n_tiles <= 8 || shown > last->tiles)
                snprintf(beside, sizeof beside, "first %.10g",
                        last->tiles + bar_width(steps, n) / 2);
        for (size_t t = 0; t < last->n_tiles; t++) {
                double high = low + last->tile_rows[t].rate_per_s, middle = (low + high) / 2;

                if (is_labelled(last, t) && middle >= free_from) {
                        fprintf(to,
                                "set label '%s%u' at %s,first %.10g left offset 0.4,0 font "
                                "'sans-serif,12' tc rgb '" PLOT_INK "'\n",
                                t == 0 ? "tile " : "", last->tile_rows[t].tile, beside, middle);
                        free_from = middle + top * 0.042;
                }
                low = high;
        }
}

static void totals(FILE *to, const struct plot_step *steps, size_t n, double top)
{
        fputs("$totals << EOD\n", to);
        for (size_t i = 0; i < n; i++) {
                fprintf(to, "%u ", steps[i].tiles);
                plot_value(to, steps[i].rate);
                plot_value(to, steps[i].rate_low);
                plot_value(to, steps[i].rate_high);
                plot_value(to, steps[i].valid
                                       ? NAN
                                       : larger(steps[i].rate, steps[i].rate_high) + top * 0.035);
                fputc('\n', to);
        }
        fputs("EOD\n", to);
}

static bool any_invalid(const struct plot_step *steps, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (!steps[i].valid && isfinite(steps[i].rate))
                        return true;
        return false;
}

static bool any_interval(const struct plot_step *steps, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (isfinite(steps[i].rate_low) && isfinite(steps[i].rate_high))
                        return true;
        return false;
}

static void law_lines(FILE *to, const struct usl *law, unsigned measured, double last)
{
        if (!law)
                return;
        fprintf(to,
                ", [1:%u] law(x) with lines lw 2.5 dt solid lc rgb '#000000' title "
                "'Universal Scalability Law'",
                measured);
        if (last > measured)
                fprintf(to, ", [%u:%g] law(x) with lines lw 2 dt (3,4) lc rgb '#000000' notitle",
                        measured, last + 0.5);
        if (isfinite(law->peak_n) && law->peak_n <= last && law->peak_n >= 1)
                fprintf(to,
                        ", '+' using (%.10g):(law(%.10g)) every ::::0 with points pt 13 ps 1.1 lc "
                        "rgb '#000000' title 'its peak: %.3g tiles'",
                        law->peak_n, law->peak_n, law->peak_n);
}

static void draw(
        FILE *to, const struct plot_step *steps, size_t n, double per_tile, const struct usl *law)
{
        double last = last_shown(steps, n, law), top = top_of(steps, n, per_tile, last);

        plot_tiles_axis(to, steps[0].tiles, last, MAX(0.6, bar_width(steps, n) * 0.6));
        bars(to, steps, n);
        totals(to, steps, n, top);
        tile_labels(to, steps, n, last, top);
        plot_linear_axis(to, top, 8);
        /* Within the picture the key would blank out the lines of the grid. */
        fputs("set ylabel 'throughput (requests/s)' tc rgb '" PLOT_INK "'\n"
              "set rmargin 7\n"
              "set key outside top center horizontal samplen 3 Left reverse spacing 1.1 width 1\n",
                to);
        if (law)
                fprintf(to, "law(x) = %.12g*x / (1 + %.12g*(x-1) + %.12g*x*(x-1))\n", law->lambda,
                        law->sigma, law->kappa);
        fputs("plot $bars using 1:2:3:4:5:6:7 with boxxyerror fs solid 1 border lc rgb '#ffffff' "
              "lw 0.5 fc rgb variable notitle",
                to);
        if (isfinite(per_tile))
                fprintf(to,
                        ", [%u:%g] %.12g*x with lines lw 1.5 dt (8,5) lc rgb '#000000' title "
                        "'linear'",
                        steps[0].tiles, last + 0.5, per_tile);
        law_lines(to, law, steps[n - 1].tiles, last);
        if (any_interval(steps, n))
                fputs(", $totals using 1:3:(0):($4-$3) with vectors " PLOT_WHISKERS
                      " lw 1.5 lc rgb '#000000' title '95 % interval'",
                        to);
        if (any_invalid(steps, n))
                fputs(", $totals using 1:5 with points pt 2 ps 1.2 lw 2.5 lc rgb '#000000' title "
                      "'not valid'",
                        to);
        fputc('\n', to);
}

int plot_throughput(char **ret_svg, const struct plot_step *steps, size_t n, double per_tile,
        const struct usl *law, struct why *why)
{
        _cleanup_(plot_script_end) struct plot_script script;
        int r = plot_script_begin(&script, 760, 460, why);

        if (r < 0)
                return r;
        draw(script.to, steps, n, per_tile, law);
        return plot_script_draw(ret_svg, &script, why);
}
