/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Number to text, for people. Each writes into text (FMT_SIZE is always enough) and returns it, so
 * that calls nest in a printf.
 */
#pragma once

#include <stdint.h>

#define FMT_SIZE 32

/* "950 ns", "3.14 ms", "1.20 s", "2 m 05 s". */
char *fmt_duration(char text[static FMT_SIZE], uint64_t ns);

/* "512 B", "1.5 KiB", "3.2 GiB". */
char *fmt_size(char text[static FMT_SIZE], uint64_t bytes);

/* Thousands apart: "1,612" with the given number of decimals: "1,612.4". */
char *fmt_number(char text[static FMT_SIZE], double value, int decimals);
