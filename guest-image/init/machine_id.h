/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/machine-id: the domain's UUID, so that it stays the same from one start to the next though
 * nothing of / does; random when the machine has no UUID of its own.
 */
#pragma once

#include <stdbool.h>

#define MACHINE_ID_SIZE 33 /* 32 hexadecimal digits */

void machine_id_get(char id[MACHINE_ID_SIZE]);

/* "0A1B...-..." without dashes and in small letters. False for what is not a UUID, and for ones
 * that say "none": all digits the same. */
bool machine_id_from_uuid(const char *uuid, char id[MACHINE_ID_SIZE]);
