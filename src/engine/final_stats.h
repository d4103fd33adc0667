/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --final-stats: the last stats.json, as a file or on standard output ("-").
 */
#pragma once

#include "snapshot.h"

/* Can it be written? Better known now than after hours of work. path NULL: none is wanted. */
int final_stats_check(const char *path, struct why *why);

/* Writes the snapshot there; path is not NULL. */
int final_stats_write(const char *path, const struct snapshot *snapshot, struct why *why);
