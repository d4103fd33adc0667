/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In place of a role that has failed for good: serves its control endpoint in state `failed`, with
 * the reason, so that a guest that does not work says why instead of saying nothing.
 */
#pragma once

#include "why.h"

#include <stdio.h>

#define FAILED_NAME    "failed"
#define FAILED_SUMMARY "says why the guest's role has failed, in its place"

/* argv[0] is its name. Returns an exit status, with *why filled unless it is EXIT_DONE. */
int failed_run(int argc, char *argv[], struct why *why);

void failed_help(FILE *to);
