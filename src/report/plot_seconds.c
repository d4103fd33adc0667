/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include "plot_script.h"

#include <math.h>

static double larger(double a, double b)
{
        return isfinite(b) ? MAX(a, b) : a;
}

void plot_range_add(struct plot_range *range, const struct step_series *series)
{
        for (size_t i = 0; i < series->n; i++) {
                const struct series_point *p = &series->points[i];

                range->end_s = larger(range->end_s, p->t_s);
                range->rate_high = larger(range->rate_high, p->rate_high);
                if (!(p->mean_low_ms > 0))
                        continue;
                range->mean_high_ms = larger(range->mean_high_ms, p->mean_high_ms);
                range->mean_low_ms = range->mean_low_ms > 0
                                             ? MIN(range->mean_low_ms, p->mean_low_ms)
                                             : p->mean_low_ms;
        }
}

static double positive(double value)
{
        return value > 0 ? value : NAN;
}

static void data(FILE *to, const struct step_series *series, size_t number)
{
        fprintf(to, "$series%zu << EOD\n", number);
        for (size_t i = 0; i < series->n; i++) {
                const struct series_point *p = &series->points[i];

                fprintf(to, "%.6g ", p->t_s - series->interval_s / 2);
                plot_value(to, p->rate);
                plot_value(to, p->rate_low);
                plot_value(to, p->rate_high);
                plot_value(to, positive(p->mean_ms));
                plot_value(to, positive(p->mean_low_ms));
                plot_value(to, positive(p->mean_high_ms));
                fputc('\n', to);
        }
        fputs("EOD\n", to);
}

/* What a panel shows, and its middle. (An axis' own label would make way for wide numbers and leave
 * the picture.) */
#define SIDE_LABEL "set label 1 \"%s\" at screen 0.035,%g center rotate tc rgb '" PLOT_INK "'\n"

/* The panel of one figure, whose mean, least and most are three columns from the first on. */
static void panel(FILE *to, size_t n, unsigned column, const struct step_series *repeats)
{
        const char *comma = "plot ";

        if (n == 1 && repeats[0].n > 1) {
                fprintf(to,
                        "plot $series0 using 1:%u:%u with filledcurves fs solid noborder fc rgb "
                        "'" PLOT_SPAN "' notitle",
                        column + 1, column + 2);
                comma = ", ";
        }
        for (size_t i = 0; i < n; i++) {
                const struct plot_look *look = &plot_looks[i % ARRAY_SIZE(plot_looks)];
                char lines[48], points[48];

                snprintf(lines, sizeof lines, "lines dt %s", look->dash);
                snprintf(points, sizeof points, "points pt %u ps 0.5", look->mark);
                fprintf(to, "%s$series%zu using 1:%u with %s lw 1.8 lc rgb '%s' notitle", comma, i,
                        column, repeats[i].n > 1 ? lines : points, look->colour);
                comma = ", ";
        }
        fputc('\n', to);
}

static void draw(
        FILE *to, const struct step_series *repeats, size_t n, const struct plot_range *range)
{
        for (size_t i = 0; i < n; i++)
                data(to, &repeats[i], i);
        fprintf(to,
                "set multiplot\n"
                "set lmargin at screen 0.23\n"
                "set rmargin at screen 0.97\n"
                "set xrange [0:%.6g]\n"
                "set tmargin at screen 0.97\n"
                "set bmargin at screen 0.60\n"
                "set format x ''\n" SIDE_LABEL,
                range->end_s > 0 ? range->end_s : 1, "requests/s\\nof a tile", 0.785);
        plot_linear_axis(to, range->rate_high * 1.1, 4);
        panel(to, n, 2, repeats);
        fputs("set tmargin at screen 0.55\n"
              "set bmargin at screen 0.18\n"
              "set format x '%g'\n"
              "set xlabel 'time in the window (s)' offset 0,0.7 tc rgb '" PLOT_INK "'\n",
                to);
        fprintf(to, SIDE_LABEL, "average\\nresponse (ms)", 0.365);
        if (range->mean_high_ms > 0)
                plot_log_axis(to, range->mean_low_ms / 1.3, range->mean_high_ms * 1.3);
        panel(to, n, 5, repeats);
        fputs("unset multiplot\n", to);
}

int plot_seconds(char **ret_svg, const struct step_series *repeats, size_t n,
        const struct plot_range *range, struct why *why)
{
        _cleanup_(plot_script_end) struct plot_script script;
        int r = plot_script_begin(&script, 440, 320, why);

        if (r < 0)
                return r;
        draw(script.to, repeats, n, range);
        return plot_script_draw(ret_svg, &script, why);
}
