/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all pictures' scripts have in common.
 */
#pragma once

#include "macro.h"
#include "why.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct plot_script {
        char *text;
        size_t length;
        FILE *to; /* NULL: no memory; then nothing may be written */
};

#define PLOT_INK   "#1a1a1a"
#define PLOT_FAINT "#d8d8d8"
#define PLOT_SPAN  "#b9d3e6"

/* How an interval is drawn, with `vectors`: from end to end with a short bar across each.
 * (gnuplot's own error bars blank out whatever is below their middle.) */
#define PLOT_WHISKERS "heads size screen 0.006,90 nofilled"

/* A line's look: colour, dash type and mark, each enough to tell it from the others. */
struct plot_look {
        const char *colour;
        const char *dash; /* as in `dashtype DASH` */
        unsigned mark;
};

extern const struct plot_look plot_looks[9];

/* Colour of tile 1..n, 0xRRGGBB: apart from each other for up to eight, a scale from dark to light
 * for more. */
uint32_t plot_tile_colour(unsigned tile, unsigned n);

/* Opens the script with what it needs to draw a picture of that size, in pixels. Returns 0 or
 * -errno with *why. */
int plot_script_begin(struct plot_script *script, unsigned width, unsigned height, struct why *why);

/* Runs it. Returns as gnuplot_run(). */
int plot_script_draw(char **ret_svg, struct plot_script *script, struct why *why);

void plot_script_end(struct plot_script *script);

/* A gnuplot string of any text: in single quotes, where gnuplot takes nothing for a command. */
void plot_quoted(FILE *to, const char *text);

/* A column of a data block and a blank; what is no number is a gap. */
void plot_value(FILE *to, double value);

/* A y axis from 0 on, with so many numbers at most beside the 0. */
void plot_linear_axis(FILE *to, double high, unsigned most_tics);

/* A logarithmic y axis; both above 0. */
void plot_log_axis(FILE *to, double low, double high);

/* The x axis of a picture against number of tiles, with so much room at both ends, in tiles. */
void plot_tiles_axis(FILE *to, unsigned first, double last, double room);
