/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report in words tells, in which order; text and Markdown differ in how it looks.
 */
#pragma once

#include "paper.h"
#include "scaling.h"

/* Returns 0 or -ENOMEM with *why. */
int outline_write(const struct paper_style *style, const struct run_file *run,
        const struct scaling *scaling, FILE *to, struct why *why);
