/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc as it leaves the factory.
 */
#pragma once

#include "why.h"

/* Copies what is in directory `from` into directory `to`, which exists: directories, files and
 * links, with their modes. Of anything else it makes an error. */
int factory_copy(const char *from, const char *to, struct why *why);
