/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of all host commands.
 */
#pragma once

#include "command.h"

extern const struct command *const command_table[]; /* ends with NULL */

/* Why this command cannot run here: one line, or NULL. */
const char *command_unavailable(const struct command *command);
