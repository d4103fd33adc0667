/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts that result.c puts together.
 */
#pragma once

#include "verdict.h"
#include "window.h"

#include <jansson.h>

/* A figure as people and plots want it; null for what is not finite. */
json_t *result_rounded(double value, double unit);
json_t *result_ms(double ns);
json_t *result_seconds(uint64_t ns);

json_t *result_quantiles(const struct quantiles *quantiles);
json_t *result_cpu(const struct guestinfo_cpu *cpu);
json_t *result_psi(const struct guestinfo_psi *psi, double window_s);
json_t *result_guest(const struct guest_window *guest);

/* The whole of it. rate_1: throughput of one tile, for linearity; NAN: not known. */
json_t *result_step(
        const struct step_window *window, const struct step_verdict *verdict, double rate_1);

/* "resources": what the window used of the measuring machine. */
json_t *result_resources(const struct usage *usage);

/* "limits_reached". */
json_t *result_limits(const struct limits_reached *reached);

/* "settling": null when it was not looked at. */
json_t *result_settling(const struct settling *settling, double warmup_s);
