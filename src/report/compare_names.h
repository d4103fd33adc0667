/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the figures of a comparison are called, in what is printed and in conditions: NAME.METRIC.
 */
#pragma once

#include "run_file.h"

/* Names begin with the numbers of the guests. */
enum {
        COMPARE_EXTERNAL,                  /* the clients that load web server 1 from outside */
        COMPARE_WEB1,                      /* as those clients see it; only its CPU is its own */
        COMPARE_TOTAL = RUN_MAX_GUEST + 1, /* all tiles together, and the host */
        COMPARE_NAMES,
};

enum {
        COMPARE_RATE,    /* work/s of one guest; total: requests/s of all external clients */
        COMPARE_AVERAGE, /* response time, and that of other operations: ms */
        COMPARE_P50,
        COMPARE_P95,
        COMPARE_P99,
        COMPARE_MAX,
        COMPARE_ERRORS, /* share of operations that failed; total: of the guest with the most */
        COMPARE_CPU,    /* share of one CPU; total: of the host */
        COMPARE_METRICS,
};

extern const char *const compare_names[COMPARE_NAMES];
extern const char *const compare_metrics[COMPARE_METRICS];
