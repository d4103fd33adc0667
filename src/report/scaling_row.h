/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Part of scaling.c: the figures of one number of tiles.
 */
#pragma once

#include "samples.h"
#include "scaling.h"

/* Everything but linearity, out of all windows with so many tiles, of which there must be one.
 * *rates gets their throughputs, empty before, for sample_fini also when it fails. Returns 0 or
 * -ENOMEM; *ret is for scaling_row_fini in any case. */
int scaling_row_make(
        struct scaling_row *ret, struct sample *rates, const struct run_file *run, unsigned tiles);
void scaling_row_fini(struct scaling_row *row);

/* Shifts the interval, by its share, around the figure that stands in the file: series do not cover
 * the very ends of a window, and are read by themselves. */
void interval_around(struct interval *interval, double figure);
