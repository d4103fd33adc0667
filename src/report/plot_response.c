/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include "plot_script.h"

#include <math.h>

struct range {
        double low, high;
};

static void widen(struct range *range, double value)
{
        if (!isfinite(value) || value <= 0)
                return;
        range->low = range->low > 0 ? MIN(range->low, value) : value;
        range->high = MAX(range->high, value);
}

static void data(FILE *to, const struct plot_step *steps, size_t n, struct range *range)
{
        fputs("$response << EOD\n", to);
        for (size_t i = 0; i < n; i++) {
                const struct plot_step *s = &steps[i];
                const double values[] = {
                        s->mean_ms, s->mean_low_ms, s->mean_high_ms, s->p95_ms, s->p99_ms};

                fprintf(to, "%u ", s->tiles);
                for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
                        /* What took no time has no place on an axis of powers. */
                        plot_value(to, values[j] > 0 ? values[j] : NAN);
                        widen(range, values[j]);
                }
                plot_value(to, s->valid || !(s->mean_ms > 0) ? NAN : s->mean_ms);
                fputc('\n', to);
        }
        fputs("EOD\n", to);
}

static void line(
        FILE *to, const char *title, unsigned column, const struct plot_look *look, double width)
{
        fprintf(to,
                ", $response using 1:%u with linespoints lw %g dt %s pt %u ps 0.8 lc rgb '%s' "
                "title '%s'",
                column, width, look->dash, look->mark, look->colour, title);
}

static void draw(FILE *to, const struct plot_step *steps, size_t n, double limit_ms)
{
        struct range range = {0};
        bool intervals = false, invalid = false;

        for (size_t i = 0; i < n; i++) {
                intervals =
                        intervals || (steps[i].mean_low_ms > 0 && isfinite(steps[i].mean_high_ms));
                invalid = invalid || !steps[i].valid;
        }
        data(to, steps, n, &range);
        widen(&range, limit_ms);
        plot_tiles_axis(to, steps[0].tiles, steps[n - 1].tiles, 0.6);
        if (range.high > 0)
                plot_log_axis(to, range.low / 1.6, range.high * 1.8);
        else
                fputs("set yrange [0:1]\n", to); /* nothing was answered, and there is no limit */
        fputs("set ylabel 'response time (ms)' tc rgb '" PLOT_INK "'\n"
              "set key outside top center horizontal samplen 4 Left reverse spacing 1.1 width "
              "2\n",
                to);
        if (limit_ms > 0)
                fprintf(to,
                        "set label 'limit of the average: %g ms' at graph 0.01,first %.10g left "
                        "offset 0,0.7 font 'sans-serif,12' tc rgb '" PLOT_INK "'\n",
                        limit_ms, limit_ms);
        fprintf(to, "plot %.10g with lines lw 1.5 dt (12,4,3,4) lc rgb '#000000' notitle",
                limit_ms > 0 ? limit_ms : -1); /* -1: outside the picture */
        line(to, "average", 2, &plot_looks[0], 2.6);
        line(to, "95th percentile", 5, &plot_looks[1], 1.8);
        line(to, "99th percentile", 6, &plot_looks[2], 1.8);
        if (intervals)
                fprintf(to,
                        ", $response using 1:3:(0):($4-$3) with vectors " PLOT_WHISKERS
                        " lw 1.5 lc rgb '%s' "
                        "title '95 %% interval'",
                        plot_looks[0].colour);
        if (invalid)
                fputs(", $response using 1:7 with points pt 2 ps 1.4 lw 2.5 lc rgb '#000000' title "
                      "'not valid'",
                        to);
        fputc('\n', to);
}

int plot_response(
        char **ret_svg, const struct plot_step *steps, size_t n, double limit_ms, struct why *why)
{
        _cleanup_(plot_script_end) struct plot_script script;
        int r = plot_script_begin(&script, 760, 420, why);

        if (r < 0)
                return r;
        draw(script.to, steps, n, limit_ms);
        return plot_script_draw(ret_svg, &script, why);
}
