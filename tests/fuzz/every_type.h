/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two option tables that have every type, with and without bounds, and what must hold of a
 * configuration however it came to be.
 */
#pragma once

#include "option.h"

struct every_type {
        struct {
                char *listen;
                uint64_t tile;
        } frame;
        struct {
                char *text, *secret, *unset, *list;
                uint64_t count, count_in_bounds, bytes, bytes_in_bounds, time_ns, time_in_bounds_ns;
                double number, number_in_bounds, share;
                bool on, off;
                unsigned choice;
        } role;
        struct option_set sets[2];
};

/* Fills with the defaults. */
void every_type_init(struct every_type *every);
void every_type_fini(struct every_type *every);

/* Aborts unless every value is in its bounds and what option_text() says, given back as argv,
 * makes the same configuration. */
void every_type_check(const struct every_type *every);

/* Aborts unless a failure is one of the documented ones and says what, and why. */
void every_type_check_failure(int error, const struct why *why);
