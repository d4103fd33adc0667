/* SPDX-License-Identifier: Apache-2.0 */
#include "plot_script.h"

#include "gnuplot.h"

#include <errno.h>
#include <math.h>

/* The palette for the colour-blind of M. Okabe and K. Ito ("Color Universal Design", 2008). Its
 * yellow is too light for a line on white and comes last, as its black does, which other things are
 * drawn in. */
const struct plot_look plot_looks[9] = {
        {"#0072b2", "1", 7},
        {"#d55e00", "(12,5)", 9},
        {"#009e73", "(4,4)", 5},
        {"#cc79a7", "(14,4,3,4)", 11},
        {"#e69f00", "(2,3)", 13},
        {"#56b4e9", "(18,6)", 6},
        {"#7a7a7a", "(8,3,2,3,2,3)", 8},
        {"#c9b800", "(6,6)", 4},
        {"#1a1a1a", "(10,4,10,4,2,4)", 10},
};

static const uint32_t apart[] = {
        0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xd55e00, 0xf0e442, 0x7a7a7a};

/* From dark to light all the way, so that it is a scale to any eye and in grey. */
static const uint32_t scale[] = {0x0b2545, 0x125a86, 0x2a8c97, 0x7fb77e, 0xf0e08a};

static uint32_t between(uint32_t a, uint32_t b, double part)
{
        uint32_t colour = 0;

        for (unsigned shift = 0; shift <= 16; shift += 8) {
                double x = a >> shift & 0xff, y = b >> shift & 0xff;

                colour |= (uint32_t)lround(x + (y - x) * part) << shift;
        }
        return colour;
}

uint32_t plot_tile_colour(unsigned tile, unsigned n)
{
        double place;
        unsigned at;

        if (n <= ARRAY_SIZE(apart))
                return apart[(tile - 1) % ARRAY_SIZE(apart)];
        place = (double)(tile - 1) / (n - 1) * (ARRAY_SIZE(scale) - 1);
        at = MIN((unsigned)place, (unsigned)ARRAY_SIZE(scale) - 2);
        return between(scale[at], scale[at + 1], place - at);
}

int plot_script_begin(struct plot_script *script, unsigned width, unsigned height, struct why *why)
{
        *script = (struct plot_script){0};
        script->to = open_memstream(&script->text, &script->length);
        if (!script->to)
                return why_errno(why, -ENOMEM, "plot", NULL);
        fprintf(script->to,
                "set encoding utf8\n"
                "set terminal svg size %u,%u dynamic noenhanced font 'sans-serif,14'\n"
                "set border 3 lc rgb '" PLOT_INK "' lw 1\n"
                "set tics out nomirror scale 0.5 tc rgb '" PLOT_INK "'\n"
                "set grid ytics back lt 1 lc rgb '" PLOT_FAINT "' lw 1\n"
                "set key tc rgb '" PLOT_INK "'\n"
                "set datafile missing '?'\n"
                "set samples 400\n",
                width, height);
        return 0;
}

int plot_script_draw(char **ret_svg, struct plot_script *script, struct why *why)
{
        FILE *to = STEAL_PTR(script->to);

        if (fclose(to) != 0)
                return why_errno(why, -ENOMEM, "plot", NULL);
        return gnuplot_run(ret_svg, script->text, script->length, why);
}

void plot_script_end(struct plot_script *script)
{
        if (script->to)
                fclose(STEAL_PTR(script->to));
        free(STEAL_PTR(script->text));
}

void plot_quoted(FILE *to, const char *text)
{
        fputc('\'', to);
        for (; *text; text++) {
                if (*text == '\'')
                        fputc('\'', to);
                fputc((unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text, to);
        }
        fputc('\'', to);
}

void plot_value(FILE *to, double value)
{
        if (isfinite(value))
                fprintf(to, "%.10g ", value);
        else
                fputs("? ", to);
}

/* The next of 1, 2, 5, 10, 20, 50, ... */
static double round_up(double value)
{
        double power = pow(10, floor(log10(value)));

        return value <= power       ? power
               : value <= 2 * power ? 2 * power
               : value <= 5 * power ? 5 * power
                                    : 10 * power;
}

void plot_tiles_axis(FILE *to, unsigned first, double last, double room)
{
        double step = MAX(1.0, round_up((last - first + 1) / 24));

        /* With wider steps the numbers are multiples of them: 2, 4, 6, ... */
        fprintf(to,
                "set xlabel 'number of tiles' offset 0,0.4 tc rgb '" PLOT_INK "'\n"
                "set xrange [%g:%g]\n"
                "set xtics %g,%g\n",
                first - room, last + room, ceil(first / step) * step, step);
}

void plot_linear_axis(FILE *to, double high, unsigned most_tics)
{
        high = high > 0 ? high : 1;
        fprintf(to, "set yrange [0:%.10g]\nset ytics 0,%.10g\nset format y '%%.10g'\n", high,
                round_up(high / most_tics));
}

/* In ms. Less is no response time, and the logarithm of 0 no end of an axis. */
#define LEAST 1e-12

/* A tenfold at least is shown, so that noise does not look like a trend. Numbers stand at 1, 2, 5,
 * 10,
 * ..., or at powers of ten if that were too many. */
void plot_log_axis(FILE *to, double low, double high)
{
        static const double steps[] = {1, 2, 5};
        double widen, decades, every;
        size_t n_steps;

        low = MAX(low, LEAST);
        high = MAX(high, low);
        widen = sqrt(MAX(1.0, 10 / (high / low)));
        low /= widen;
        high *= widen;
        decades = log10(high / low);
        every = MAX(1.0, ceil(decades / 10));
        n_steps = decades < 2.2 ? ARRAY_SIZE(steps) : 1;
        fprintf(to, "set logscale y 10\nset yrange [%.10g:%.10g]\nset ytics (", low, high);
        for (double power = floor(log10(low)); power <= log10(high); power += every)
                for (size_t i = 0; i < n_steps; i++)
                        fprintf(to, "%s'%.10g' %.10g", power > floor(log10(low)) || i ? ", " : "",
                                steps[i] * pow(10, power), steps[i] * pow(10, power));
        fputs(")\n", to);
}
