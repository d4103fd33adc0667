/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sections of report.html. Each writes itself, heading and all; a plot that could not be drawn
 * is said to be missing where it would stand, and the tables have its figures.
 */
#pragma once

#include "scaling.h"

#include <stdio.h>

struct html_report {
        FILE *to;
        const struct run_file *run;
        const struct scaling *scaling;
        bool repeated;       /* some number of tiles was measured several times */
        unsigned pictures;   /* drawn until now: their ids begin with its number */
        int plot_error;      /* of the first plot that is missing; 0: none is */
        struct why plot_why; /* and why it is */
};

/* id: that of the heading, for the table of contents. */
void html_section_begin(struct html_report *report, const char *id, const char *heading);
void html_section_end(struct html_report *report);

/* A paragraph of our own words. */
void html_note(struct html_report *report, const char *format, ...) _printf_(2, 3);

/* What is behind a line that one clicks, on screen; in print it is open. `extra`: further classes.
 */
void html_details_begin(struct html_report *report, const char *extra, const char *line, ...)
        _printf_(3, 4);
void html_details_end(struct html_report *report);

/* Is there anything to be hoped of drawing a picture? Returns 0, or the -errno with *why of one
 * that could not be drawn. */
int html_may_draw(const struct html_report *report, struct why *why);

/* A plot's outcome: drawn is what the plot_ function has returned, *svg (taken) and *why what it
 * filled. Label is what a screen reader says of it, caption stands below it. */
void html_picture(struct html_report *report, int drawn, char **svg, const struct why *why,
        const char *label, const char *caption);

/* The sections. Those that can fail return 0 or -ENOMEM; those of them that stand on the rows of
 * scaling want at least one. */
int html_throughput(struct html_report *report);
int html_response(struct html_report *report);
int html_seconds(struct html_report *report);
int html_roles(struct html_report *report);
int html_fairness(struct html_report *report);
void html_invalid(struct html_report *report);
void html_end(struct html_report *report);
void html_settling(struct html_report *report);
void html_cost(struct html_report *report);
int html_manifest(struct html_report *report);

/* What ended the run, in a few words; NULL: it is not told. */
const char *html_end_words(const struct run_file *run);

/* "4", or "4, repeat 2" in a run with repeats; "4 tiles", or "4 tiles, repeat 2". 48 bytes are
 * enough. */
char *html_step_name(
        const struct html_report *report, const struct run_step *step, char *text, size_t size);
char *html_step_words(
        const struct html_report *report, const struct run_step *step, char *text, size_t size);
