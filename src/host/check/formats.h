/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was found, in one of several shapes. Each writes to a stream, and returns 0 or -ENOMEM;
 * whether the stream took all of it is for the caller to find out.
 */
#pragma once

#include "check.h"

#include <stdio.h>

/* all: why, risk and source of what is fine as well. */
int check_text(const struct check_report *report, bool all, FILE *to);

int check_json(const struct check_report *report, const char *root, FILE *to);

/* A shell script that makes the changes, and undoes them. */
int check_script(const struct check_report *report, FILE *to);

/* "2 warnings and 1 piece of advice"; "" when there is nothing to mend. Returns text. */
char *check_summary(const struct check_report *report, char *text, size_t size);

/* Writes text in lines of at most width characters, each of which begins with first (the first one)
 * or rest. */
void check_wrap(FILE *to, const char *first, const char *rest, const char *text, size_t width);
