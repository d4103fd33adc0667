/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the kernel writes values into its files. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "none [mq-deadline] kyber": copies the one in brackets; a text of one word is its own choice.
 * Returns 0, -EINVAL (no choice is marked, or several), -ENAMETOOLONG. */
int values_chosen(const char *text, char *chosen, size_t size);

/* Is word one of the words, in brackets or not? */
bool values_offers(const char *text, const char *word);

/* The numbers in "4096<tab>131072<tab>6291456". Returns how many there are, at most max; -EINVAL if
 * anything but numbers and blanks is there, or more than max. */
int values_numbers(const char *text, uint64_t *numbers, size_t max);

/* Copies text for people: blanks squeezed to single spaces, at the ends none, anything that is not
 * printable ASCII as '?'. Cut at size - 1. Returns to. */
char *values_tidy(char *to, size_t size, const char *text);

/* Can it stand in a script, in single quotes, as it is: printable ASCII and tabs, on one line? */
bool values_is_plain(const char *text);

/* The value of "key: 12 kB" or "key : text" at the start of a line. Returns where it begins in
 * text, behind colon and blanks; NULL when there is no such line. */
const char *values_field(const char *text, const char *key);
