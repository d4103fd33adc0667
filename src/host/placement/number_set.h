/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of small numbers, of NUMA nodes and CPUs, as text: "0-3,8".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        NUMBER_SET_MAX = 8191, /* the largest CPU number that Linux can be built for */
        NUMBER_SET_NONE = NUMBER_SET_MAX + 1,
};

struct number_set {
        uint64_t words[(NUMBER_SET_MAX + 1) / 64];
};

/* Numbers and ranges with commas between, in any order. Returns 0, -EINVAL or -ERANGE; *ret is set
 * only on success. */
int number_set_parse(struct number_set *ret, const char *text);

/* number <= NUMBER_SET_MAX. */
void number_set_add(struct number_set *set, unsigned number);
bool number_set_has(const struct number_set *set, unsigned number);
bool number_set_is_empty(const struct number_set *set);
unsigned number_set_count(const struct number_set *set);

/* The first number from `from` on; NUMBER_SET_NONE: there is none. */
unsigned number_set_next(const struct number_set *set, unsigned from);

void number_set_add_all(struct number_set *set, const struct number_set *more);
void number_set_keep(struct number_set *set, const struct number_set *of); /* drops all others */

/* The first number of set that is not in `of`; NUMBER_SET_NONE: it has all. */
unsigned number_set_beyond(const struct number_set *set, const struct number_set *of);

/* In order, as few words as it takes; "" for the empty set. Free it; NULL: no memory. */
char *number_set_text(const struct number_set *set);
