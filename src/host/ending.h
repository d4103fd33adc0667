/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a sweep ended, in words: the number of tiles that decided it (sweep.h), and which resource
 * had no more to give there. A resource that was at its limit already when all was well explains
 * nothing (a disk role keeps its disk busy from the first tile on), so one that came to it later
 * goes first.
 */
#pragma once

#include "result.h"
#include "sweep.h"

/* Run.json's "ended_by". NULL: no memory. The sweep must be over; its windows are those of result.
 */
json_t *ending_json(const struct sweep *sweep, const struct result *result);
