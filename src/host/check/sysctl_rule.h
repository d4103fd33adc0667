/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel setting below /proc/sys should be, for items whose name is the setting's.
 */
#pragma once

#include "check.h"

struct sysctl_rule {
        /* Either one of these values, the first of which is recommended: "1 2". */
        const char *values;

        /* Or at least this, in its number field (from 0): so many, or what the tiles take, with the
         * arithmetic in note. And no more than most, if that is not 0. */
        unsigned field;
        uint64_t least, most;
        uint64_t (*need)(const struct check_needs *needs, char *note, size_t size);

        enum check_level level; /* of what is not so */
        const char *otherwise;  /* why that is bad, more closely; NULL: nothing to add */

        /* What it means that there is no such setting; NULL: it cannot be told here. */
        const char *absent;
};

/* The look of items with a rule of this kind. */
void sysctl_look(const struct check_item *item, struct check_report *report);

/* "/proc/sys/net/ipv4/tcp_sack" of "net.ipv4.tcp_sack". Returns path. */
char *sysctl_path(char *path, size_t size, const char *name);
