/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live progress on standard error: a line a second, or on a terminal a table that refreshes.
 */
#pragma once

#include "window.h"

#include <stdbool.h>
#include <stdio.h>

struct progress {
        FILE *to;
        bool terminal;
        double total_s;       /* length of the window */
        unsigned table_lines; /* drawn last: to be drawn over */
};

void progress_init(struct progress *progress, FILE *to, double total_s);

/* To be given to measure_window() as its progress function. */
void progress_show(void *progress, const struct step_window *window, double elapsed_s);

/* A line of its own: a change of phase. progress may be NULL: nobody listens. */
void progress_say(struct progress *progress, const char *format, ...) _printf_(2, 3);
