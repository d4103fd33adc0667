/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With --verbose a role tells of each change of its state, in one line on standard error:
 *
 *         tileload: disk (tile 3, guest 6): ready after 4.10 s
 */
#pragma once

#include "macro.h"

#include <stdbool.h>

struct herald {
        bool verbose;
        char title[96]; /* "disk (tile 3, guest 6)" */
};

/* tile and guest 0: none given. */
void herald_init(
        struct herald *herald, const char *role, unsigned tile, unsigned guest, bool verbose);

/* What follows the title. Nothing without --verbose. */
void herald_say(const struct herald *herald, const char *format, ...) _printf_(2, 3);
