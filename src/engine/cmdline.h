/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The `tileload.KEY=VALUE` words of a kernel command line.
 *
 * Words, quotes and the equality of '-' and '_' in keys are the kernel's (its
 * Documentation/admin-guide/kernel-parameters.rst): spaces inside double quotes do not end a word,
 * and quotes around a word or a value are taken off. Words of others are passed over. Of a key that
 * stands several times, the last counts.
 */
#pragma once

#include "why.h"

#include <stddef.h>

#define CMDLINE_PREFIX "tileload."

struct cmdline_entry {
        char *key;   /* without the prefix, '_' turned into '-' */
        char *value; /* NULL when the word has no '=' */
};

struct cmdline {
        struct cmdline_entry *entries; /* each key once, in order of first appearance */
        size_t n_entries;
};

/* Returns 0, -EINVAL (an open quote, an empty key) or -ENOMEM. */
int cmdline_parse(struct cmdline *cmdline, const char *text, struct why *why);

/* Reads and parses the first file that is there of $TILELOAD_CMDLINE (paths with ':' between:
 * tests, and roles on bare metal, which must not see the host's), or else /proc/cmdline. A machine
 * without that one has an empty one. */
int cmdline_read(struct cmdline *cmdline, struct why *why);

void cmdline_fini(struct cmdline *cmdline);

/* NULL when absent or without a value. */
const char *cmdline_get(const struct cmdline *cmdline, const char *key);
