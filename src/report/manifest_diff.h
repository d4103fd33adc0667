/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the circumstances of two runs differ in: version, launcher, profile, placement, limits,
 * options, host (kernel, mitigations, governor, ...) and notes. Whatever stands in the manifest is
 * looked at, so that what will be added to it some day is, too; but for the command line, as all
 * that it says is among the options.
 */
#pragma once

#include "differences.h"
#include "run_file.h"

/* Adds to *list what is not in it yet. Returns 0 or -ENOMEM. */
int manifest_diff(
        struct differences *list, const struct run_file *before, const struct run_file *after);
