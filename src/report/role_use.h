/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guests of one number did in all tiles of a row, and in all its windows.
 */
#pragma once

#include "scaling.h"

struct role_use {
        unsigned measured, missing; /* guests: with figures, and without */
        const char *name;           /* borrowed; NULL: there is none of that number */
        const char *unit;           /* of its work; borrowed; may be empty */
        double rate;                /* work/s of a guest: mean; NAN: none was measured */
        double cpu_share;           /* of one CPU: mean of those known; NAN: none */
        uint64_t work, errors;      /* of all */
        double mean_ms, p99_ms;     /* of all their operations together; NAN: it has no latency */
};

struct role_use role_use_of(const struct scaling_row *row, unsigned guest);
