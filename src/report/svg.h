/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A picture among others in one HTML document.
 */
#pragma once

#include <stdio.h>

/* Writes an SVG document of gnuplot's as an element of HTML: its ids (and what refers to them)
 * begin with prefix, so that no two pictures share one; titles and descriptions that gnuplot gives
 * by itself go; label is what a screen reader says. prefix: letters, digits and '-' only. Returns 0
 * or -EINVAL (it is not of the shape that gnuplot writes), and then nothing was written. */
int svg_embed(FILE *to, const char *svg, const char *prefix, const char *label);
