/* SPDX-License-Identifier: Apache-2.0 */
#include "plot.h"

#include "plot_script.h"

#include <math.h>

static void draw(FILE *to, const char *const *roles, size_t n_roles, const unsigned *tiles,
        const double *shares, size_t n)
{
        double top = 100;

        fputs("$roles << EOD\n", to);
        for (size_t i = 0; i < n; i++) {
                fprintf(to, "%u ", tiles[i]);
                for (size_t role = 0; role < n_roles; role++) {
                        double percent = shares[role * n + i] * 100;

                        plot_value(to, percent);
                        top = isfinite(percent) ? MAX(top, percent) : top;
                }
                fputc('\n', to);
        }
        fputs("EOD\n", to);
        plot_tiles_axis(to, tiles[0], tiles[n - 1], 0.6);
        plot_linear_axis(to, top * 1.05, 8);
        fputs("set ylabel 'work of a tile (% of the first step)' tc rgb '" PLOT_INK "'\n"
              "set key outside right center vertical Left reverse samplen 5 spacing 1.25\n",
                to);
        for (size_t role = 0; role < n_roles; role++) {
                const struct plot_look *look = &plot_looks[role % ARRAY_SIZE(plot_looks)];

                fprintf(to,
                        "%s$roles using 1:%zu with linespoints lw 2 dt %s pt %u ps 0.8 lc rgb "
                        "'%s' title ",
                        role ? ", " : "plot ", role + 2, look->dash, look->mark, look->colour);
                plot_quoted(to, roles[role]);
        }
        fputc('\n', to);
}

int plot_roles(char **ret_svg, const char *const *roles, size_t n_roles, const unsigned *tiles,
        const double *shares, size_t n, struct why *why)
{
        _cleanup_(plot_script_end) struct plot_script script;
        int r = plot_script_begin(&script, 760, 380, why);

        if (r < 0)
                return r;
        draw(script.to, roles, n_roles, tiles, shares, n);
        return plot_script_draw(ret_svg, &script, why);
}
