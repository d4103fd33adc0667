/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check.h"

/* What a host is, as far as its files tell. */
void facts_read(struct check_facts *facts, const struct root *root);
