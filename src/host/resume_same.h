/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows of one run are compared with each other: those that are measured when it goes on have to
 * be of the same program, host, files and options as those before.
 */
#pragma once

#include "why.h"

#include <jansson.h>

/* manifest: the run's (docs/results.md), of a file that was checked. directory is for *why. Returns
 * 0, or -EXDEV with *why saying what is not the same. */
int resume_same_program(const json_t *manifest, const char *directory, struct why *why);
int resume_same_host(const json_t *manifest, const char *directory, struct why *why);

/* Files that its options name, by when they were last written. */
int resume_same_files(const json_t *manifest, const char *directory, struct why *why);

/* options: what its command line means now, as option_sets_json() tells it. */
int resume_same_options(
        const json_t *manifest, const json_t *options, const char *directory, struct why *why);
