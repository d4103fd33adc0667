/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something failed, for a human: filled by library rooms, printed once by main.
 *
 * A function that can fail for a reason the user can mend takes a `struct why *` and returns
 * -errno. The line that main prints is
 *
 *         tileload: WHAT "VALUE": REASON
 *
 * WHAT names the thing (an option, a file, an address), VALUE is what was found there, REASON says
 * what is wrong and what to do. VALUE may be empty and is then left out.
 */
#pragma once

#include "macro.h"

struct why {
        char what[96];
        char value[256];
        char reason[512];
};

/* Fills *why (which may be NULL) and returns error unchanged, so that callers can
 * `return why_set(why, -EINVAL, "--rate", text, "not a number");`. value may be NULL. */
int why_set(struct why *why, int error, const char *what, const char *value, const char *reason,
        ...) _printf_(5, 6);

/* The same with the error's own text as the reason: -ENOENT gives "No such file or directory". */
int why_errno(struct why *why, int error, const char *what, const char *value);

/* Writes `WHAT "VALUE": REASON` (no newline) into text. Returns text. */
char *why_format(const struct why *why, char *text, size_t size);
