/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a quotient wavers by what each window brought as a whole. Readings tell a lot of a
 * single window, but of three windows too little of how windows differ; and a stall of a few
 * requests moves a percentile, and no second's average.
 */
#pragma once

#include "bootstrap.h"

/* Widens the interval as far as the figures of whole windows differ: to Welch's interval for their
 * logarithms (B. Welch, Biometrika 34, 1947), of 95 %. A quotient that has no interval, as readings
 * waver too much, gets that one. Nothing is done if it is not above 0, or with fewer than
 * BOOTSTRAP_MIN_REPEATS windows of one of them. */
void windows_widen(struct interval *ratio, const struct sample *after, const struct sample *before);
