/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gnuplot as a child process: a script in, one picture out.
 */
#pragma once

#include "why.h"

#include <stddef.h>

/* Runs gnuplot on a script that writes one SVG to standard output. The script is all that it reads:
 * no startup file, no environment. Returns 0 and the picture (free it), -ENOENT when there is no
 * gnuplot in $PATH, or another -errno, with *why; gnuplot's own complaint is in it. */
int gnuplot_run(char **ret_svg, const char *script, size_t length, struct why *why);
