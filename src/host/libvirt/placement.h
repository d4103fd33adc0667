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

#include "why.h"

#include <stddef.h>

struct placement_rule {
        char *guests; /* glob */
        char *nodes;  /* "0-1,3" */
        char *cpus;   /* NULL: all CPUs of these nodes */
        unsigned line;
};

struct placement {
        struct placement_rule *rules;
        size_t n_rules;
};

/* path is what errors call the file. Returns 0, -EINVAL or -ENOMEM. */
int placement_parse(struct placement *ret, const char *text, const char *path, struct why *why);
void placement_fini(struct placement *placement);

/* By "tileload-t3-web1" and "t3-web1". NULL: it runs wherever the host likes. */
const struct placement_rule *placement_find(
        const struct placement *placement, const char *domain, const char *host_name);

/* The CPUs of these nodes as "0-3,8", from what virConnectGetCapabilities() says of the host that
 * uri names. Free *ret. Returns 0, -ENOENT (no such node, or none of them has CPUs), -EINVAL (not
 * such text) or -ENOMEM. */
int placement_cpus(
        char **ret, const char *nodes, const char *capabilities, const char *uri, struct why *why);
