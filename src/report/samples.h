/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Samples (bootstrap.h) out of what stands in a run.json. A sample is made empty by {0}, gets one
 * window after another added, and is given to sample_fini in the end.
 *
 * Each returns 0 or -ENOMEM. A window that has no series adds one reading, of the whole window: it
 * counts as a repeat then, but has no blocks.
 */
#pragma once

#include "bootstrap.h"
#include "run_file.h"

/* Throughput of all external clients together, requests/s. Their readings, which are not quite of
 * the same times, are put on one scale of seconds, as far as all of them reach. Nothing is added if
 * any external client was not measured. */
int sample_add_rate(struct sample *sample, const struct run_step *step);

/* Average response time of all external clients' requests, ms, in the same way. */
int sample_add_response(struct sample *sample, const struct run_step *step);

/* The same of the guests of one number in all tiles: their work, units/s, and the average of their
 * headline latency, ms. */
int sample_add_role_rate(struct sample *sample, const struct run_step *step, unsigned guest);
int sample_add_role_mean(struct sample *sample, const struct run_step *step, unsigned guest);

/* Work of one guest, units/s, and the average of its headline latency, ms. A guest with a problem
 * adds nothing. */
int sample_add_guest_rate(struct sample *sample, const struct run_guest *guest);
int sample_add_guest_mean(struct sample *sample, const struct run_guest *guest);

/* One single figure of a repeat, say its 99th percentile. NAN adds nothing. */
int sample_add_figure(struct sample *sample, double figure);

void sample_fini(struct sample *sample);
