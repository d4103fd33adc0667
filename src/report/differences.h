/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two runs differ in, one named thing after another.
 */
#pragma once

#include <stddef.h>

enum difference_kind {
        DIFFERENCE_WORKLOAD,     /* they did not do the same work: comparable.h */
        DIFFERENCE_CIRCUMSTANCE, /* what is compared, or what disturbs it: manifest_diff.h */
        DIFFERENCE_PASSING,      /* each run has its own: when it was, where its results are */
};

struct difference {
        enum difference_kind kind;
        char *name;           /* as in run.json: "host.kernel"; of a role's option "cpu.memory" */
        char *before, *after; /* NULL: not there */
};

struct differences {
        struct difference *items;
        size_t n;
};

/* Adds to a list that was {0} in the beginning; what has a name that is there already is not added
 * again. before and after (NULL: not there) are copied. Returns 0 or -ENOMEM. */
int differences_add(struct differences *list, enum difference_kind kind, const char *name,
        const char *before, const char *after);

size_t differences_count(const struct differences *list, enum difference_kind kind);
void differences_fini(struct differences *list);
