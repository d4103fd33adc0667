/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A measured step for people: the answer in one line, then what it rests on.
 */
#pragma once

#include "verdict.h"
#include "window.h"

#include <stdio.h>

/* "1 tile (8 guests) valid; 200 requests/s; average response 1.2 ms (p95 2.0 ms, p99 3.1 ms); no
 * errors". */
void summary_headline(
        FILE *to, const struct step_window *window, const struct step_verdict *verdict);

/* The headline, the figures behind it, a table of the guests and the reasons of invalid tiles. */
void summary_step(FILE *to, const struct step_window *window, const struct step_verdict *verdict);
