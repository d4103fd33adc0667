/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.json: everything that a run found, and under which circumstances (docs/results.md).
 */
#pragma once

#include "placement.h"
#include "verdict.h"
#include "why.h"
#include "window.h"

#include <jansson.h>

#define RESULT_SCHEMA "tileload-run-1"

/* A measured window as it is written, and what of it is needed later. */
struct result_step {
        unsigned tiles;
        bool broken;
        char *text;     /* JSON */
        json_t *limits; /* its "limits_reached" */
        char *reason;   /* the first one why it is not valid; NULL: it is */
};

struct result {
        json_t *json; /* the document without its steps */
        struct result_step *steps;
        size_t n_steps;
        unsigned valid_tiles;
        /* Windows with one tile that are valid, for linearity. */
        double rates_1;
        unsigned n_rates_1;
};

/* Takes ownership of manifest. launch is "process", "libvirt" or "none"; profile NULL: there is
 * none. notes ends with NULL. */
int result_init(struct result *result, json_t *manifest, const char *launch, const char *profile,
        const struct limits *limits, const char *const *notes);

/* Goes on with the document of a run that was cut off, without the windows that were cut short
 * (resume.h has checked it). Takes ownership of it. Returns 0 or -ENOMEM. */
int result_resume(struct result *result, json_t *document);

/* Notes when it went on. Returns 0 or -ENOMEM. */
int result_resumed(struct result *result, const char *time);

/* How the guests are run from then on, as far as that is not how they were run before. Returns 0 or
 * -ENOMEM. */
int result_resumed_notes(struct result *result, const char *const *notes);
void result_fini(struct result *result);

/* Adds a measured window. */
int result_add_step(struct result *result, const struct step_window *window,
        const struct step_verdict *verdict);

void result_set_valid_tiles(struct result *result, unsigned valid_tiles);

/* Why the steps ended (ending.h). Takes ownership. */
void result_set_ended(struct result *result, json_t *ended_by);

/* Where the guests were placed that were started so far. Returns as placement_json(). */
int result_placement(struct result *result, const struct placement *placement, struct why *why);

/* Marks the run complete, or incomplete for the given reason. Until then it says that it is
 * incomplete as it still runs. */
void result_complete(struct result *result);
void result_incomplete(struct result *result, const char *reason);

/* Writes DIRECTORY/run.json whole or not at all: when this returns, it is on the disk. */
int result_write(const struct result *result, const char *directory, struct why *why);
