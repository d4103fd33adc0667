/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which number of tiles is measured next, and when and why a sweep ends. Pure: it knows numbers
 * only, so that a sweep that was cut off goes on by being told again what was found.
 *
 * A sweep goes from `first` to `last` tiles, `step` more each time; with `search` it doubles from
 * `first` on until a number is not carried, and then halves the gap until it is no wider than
 * `step`. Each number is measured `repeat` times. It ends
 *
 *     - at the last number;
 *     - at the first one that is not valid (stop_at_invalid, and always with search);
 *     - when another tile adds less than `min_gain` of what each tile brought in the first step.
 *
 * A number of tiles is valid if more than half of its windows are: each further repeat makes the
 * answer surer. Were all asked for, each further one would make it more likely to fail by chance.
 * What chance cannot do (a wrong answer, a guest that was lost) counts from a single window.
 *
 * A gain below min_gain is believed if it is more than two standard errors away from a full one:
 * few requests prove nothing. And two numbers in a row must fall short, both measured by the one
 * before them, so that one noisy step ends nothing. A search makes larger steps, and takes each as
 * it is.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        SWEEP_MAX_TILES = 250,
};

struct sweep_config {
        unsigned first, last;  /* 1 <= first <= last <= SWEEP_MAX_TILES */
        unsigned step, repeat; /* at least 1 */
        bool search, stop_at_invalid;
        double min_gain; /* 0: no such end */
};

/* What a window has found. */
struct sweep_window {
        bool valid;
        bool broken; /* not valid for a reason that is no chance */
        double rate; /* requests answered a second, of all external clients */
        uint64_t requests;
};

/* All windows of one number of tiles. */
struct sweep_step {
        unsigned windows, valid;
        bool broken;
        double rates, rate_squares; /* sums */
        uint64_t requests;
};

struct sweep {
        struct sweep_config config;
        struct sweep_step steps[SWEEP_MAX_TILES + 1]; /* by number of tiles */
        unsigned order[SWEEP_MAX_TILES];              /* the numbers, as they were first measured */
        unsigned n_order;
};

void sweep_init(struct sweep *sweep, const struct sweep_config *config);

/* The next window: how many tiles, and which of its repeats (from 1). False when it is over. */
bool sweep_next(const struct sweep *sweep, unsigned *ret_tiles, unsigned *ret_repeat);

void sweep_add(struct sweep *sweep, unsigned tiles, const struct sweep_window *window);

/* The largest number up to which all that were measured are valid; 0: not even the first. */
unsigned sweep_valid_tiles(const struct sweep *sweep);

enum sweep_end {
        SWEEP_GOES_ON,
        SWEEP_LAST_STEP, /* all that was asked for was measured */
        SWEEP_INVALID,
        SWEEP_NO_GAIN,
        SWEEP_FOUND, /* by search: the largest number that is carried */
};

/* *ret_tiles: the number that decided it. For SWEEP_FOUND the smallest one that was not carried;
 * not set while it goes on. */
enum sweep_end sweep_ended(const struct sweep *sweep, unsigned *ret_tiles);

bool sweep_step_valid(const struct sweep_step *step);

/* Mean rate of the windows, and its standard error: by the scatter of repeats, and at least that of
 * a count of so many requests. */
double sweep_rate(const struct sweep_step *step, double *ret_error);

/* What each tile from `from` on to `to` added, as a share of what one brought in the first step;
 * NAN when that was nothing. *ret_error: its standard error. */
double sweep_gain(const struct sweep *sweep, unsigned from, unsigned to, double *ret_error);
