/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.json: everything that a run found, and under which circumstances (docs/results.md).
 */
#pragma once

#include "verdict.h"
#include "why.h"
#include "window.h"

#include <jansson.h>

#define RESULT_SCHEMA "tileload-run-1"

struct result {
        json_t *json;
        unsigned valid_tiles; /* the last step up to which every step was valid */
        bool all_valid;
        double rate_1; /* throughput of the step with one tile, for linearity; 0: not measured */
};

/* Takes ownership of manifest. launch is "process", "libvirt" or "none". notes ends with NULL. */
int result_init(struct result *result, json_t *manifest, const char *launch,
        const struct limits *limits, const char *const *notes);
void result_fini(struct result *result);

/* Adds a measured step. */
int result_add_step(struct result *result, const struct step_window *window,
        const struct step_verdict *verdict);

/* Marks the run complete, or incomplete for the given reason. Until then it says that it is
 * incomplete as it still runs. */
void result_complete(struct result *result);
void result_incomplete(struct result *result, const char *reason);

/* Writes DIRECTORY/run.json whole or not at all. */
int result_write(const struct result *result, const char *directory, struct why *why);
