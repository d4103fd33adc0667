/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A placement file: which guests go to which NUMA nodes and CPUs of their host.
 *
 *         # guests        nodes   CPUs
 *         t*-oltp         1
 *         tileload-t3-*   0       0-3,8
 *
 * A guest's name is a glob, as in fnmatch(3), for its domain or its host name; the first line that
 * matches counts. Between the columns stand blanks or a colon (behind a name also a comma). Nodes
 * and CPUs are numbers and ranges: 0-1,3. Pure: files are the caller's.
 */
#pragma once

#include "number_set.h"
#include "why.h"

#include <stdbool.h>
#include <stddef.h>

struct placement_rule {
        char *guests; /* glob */
        char *nodes;  /* "0-1,3" */
        char *cpus;   /* NULL: all CPUs of these nodes */
        unsigned line;
};

struct placement_file {
        struct placement_rule *rules;
        size_t n_rules;
};

/* path is what errors call the file. Returns 0, -EINVAL, -ERANGE or -ENOMEM. */
int placement_file_parse(
        struct placement_file *ret, const char *text, const char *path, struct why *why);
void placement_file_fini(struct placement_file *file);

/* By "tileload-t3-web1" and "t3-web1". The external client is outside its tile: it is found only by
 * a glob that has the word "external" in it. NULL: the guest runs wherever the host likes. */
const struct placement_rule *placement_file_find(
        const struct placement_file *file, unsigned tile, unsigned guest);

/* Lines that place nobody. Only the first NUMBER_SET_MAX lines of a file are looked at. */
struct placement_idle {
        struct number_set nobody;   /* match no guest */
        struct number_set too_late; /* match some, but each of them is found by an earlier line */
};

/* For tiles first..last, with their external clients. */
void placement_file_idle(const struct placement_file *file, unsigned first, unsigned last,
        struct placement_idle *ret);

/* Does any line name external clients? */
bool placement_file_has_external(const struct placement_file *file);
