/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rows a transaction touches, and what their texts are. Pure: no database here.
 *
 * The distributions of ids are those of sysbench 1.0, with its default parameters. The texts have
 * the form of sysbench's (c: 10 groups of 11 digits, pad: 5 groups), but the last group of a c is
 * not random: it follows from the groups before it, the table and the row's id. So whoever reads a
 * c can tell whether it is unharmed and belongs to the row that was asked for.
 */
#pragma once

#include "rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum draw_distribution {
        DRAW_UNIFORM,
        DRAW_SPECIAL,  /* 75 % in the central 1 % of the rows, the others as gaussian */
        DRAW_GAUSSIAN, /* the mean of 12 uniform draws: standard deviation 1/12 of the rows */
        DRAW_PARETO,   /* h = 0.2: 80 % in the first fifth, and so on within it */
};

/* The order is that of enum draw_distribution; ends with NULL. */
extern const char *const draw_distribution_names[];

/* An id, 1 .. n. n must not be 0. */
uint32_t draw_id(enum draw_distribution distribution, uint32_t n, struct rng *rng);

#define DRAW_C_SIZE   119 /* in CHAR(120) */
#define DRAW_PAD_SIZE 59  /* in CHAR(60) */

/* The text follows from seed (and, for c, from table and id); it is not terminated by a NUL. */
void draw_c(char c[static DRAW_C_SIZE], uint32_t table, uint32_t id, uint64_t seed);
void draw_pad(char pad[static DRAW_PAD_SIZE], uint64_t seed);

/* Is this a text that draw_c() made for this row? By chance it is with probability 1e-11. */
bool draw_c_matches(const char *c, size_t size, uint32_t table, uint32_t id);
