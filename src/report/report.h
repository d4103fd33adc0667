/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run's report in one of several formats (docs/report.md), each a file of its own. All begin with
 * the answer, but for CSV, which is a table and nothing else.
 *
 * Each writes one whole report to a stream and returns 0 or -errno with *why; 0 with a reason in
 * *why if it had to do without something, such as gnuplot. Whether the stream took all of it is for
 * the caller to find out, once, when it is closed. The texts of a run_file are free of control
 * characters; what else must be escaped is the format's business.
 */
#pragma once

#include "run_file.h"

#include <stdio.h>

struct scaling;

int report_html(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why);
int report_text(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why);
int report_json(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why);
int report_markdown(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why);

/* Rows only, each with the run's path in front, so that several runs make one table. */
int report_csv(
        const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why);
void report_csv_header(FILE *to);

/* ---- from a path to a file ---- */

enum report_format {
        REPORT_HTML,
        REPORT_TEXT,
        REPORT_CSV,
        REPORT_JSON,
        REPORT_MARKDOWN,
};
extern const char *const report_format_names[]; /* in that order, ends with NULL */

/* A report, before it is written anywhere. */
struct report {
        char *text;
        size_t size;
        char *run; /* path of run.json */
        char *answer;
        char *beside; /* report.html in the directory of run.json */
        char *note;   /* what it had to do without, and why; NULL: nothing */
};

/* Reads a results directory or a run.json and makes its report. Returns 0 or -errno with *why. */
int report_make(struct report *ret, const char *path, enum report_format format, struct why *why);
void report_fini(struct report *report);

/* Whoever reads a file meanwhile sees the one of before or the whole new one. (What is no file,
 * such as a pipe, is written into.) Returns 0 or -errno with *why. */
int report_save(const struct report *report, const char *path, struct why *why);
