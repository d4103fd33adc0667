/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one start of a role leaves for the next, and for who has to say why there is none: two small
 * files in the directory that systemd gives a unit and names in $RUNTIME_DIRECTORY. Without one all
 * of this comes to nothing. Nothing depends on it, so that errors are passed over.
 */
#pragma once

/* A role starts: counts that, and forgets why the last start ended. Returns the number of this
 * start, from 1; 0 when it is not known. */
unsigned memo_start(void);

/* Why this start ends: one line. */
void memo_reason(const char *line);
