/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel modules of the initrd.
 */
#pragma once

#include "why.h"

/* Loads the files that a list names, one a line, in its order (the image's build has put each
 * behind those that it depends on). Names are relative to the list's directory. */
int modules_load(const char *list, struct why *why);
