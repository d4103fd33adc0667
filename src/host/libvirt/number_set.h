/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sets of small numbers, of NUMA nodes and CPUs, as text: "0-3,8".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
        NUMBER_SET_MAX = 8191, /* the largest CPU number that Linux can be built for */
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

/* In order, as few words as it takes; "" for the empty set. Free it; NULL: no memory. */
char *number_set_text(const struct number_set *set);
