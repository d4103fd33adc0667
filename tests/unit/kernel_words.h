/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's own idea of its command line's words, for comparison: what its next_arg()
 * (lib/cmdline.c) is documented and seen to do, written as a copy of the text with marks instead of
 * by cutting it up in place.
 *
 *  - Blanks end a word, except between quotes; a quote anywhere opens or closes.
 *  - The first '=' of a word, unless it is its first character, parts key and value; quotes do not
 *    hide it.
 *  - One quote is dropped where a word begins and one where a value begins. If one was dropped, a
 *    quote that ends the word is dropped too: one, not two. All other quotes stay.
 */
#pragma once

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct kernel_word {
        const char *key;
        size_t key_size;
        const char *value; /* NULL: no '=' */
        size_t value_size;
        bool open; /* the text ended inside quotes */
};

/* The word at *text, which moves behind it. False: there is none. */
static inline bool kernel_next_word(const char **text, struct kernel_word *ret)
{
        const char *begin = *text, *end, *first, *last, *equals;
        bool inside = false, dropped;

        while (isspace((unsigned char)*begin))
                begin++;
        for (end = begin; *end && (inside || !isspace((unsigned char)*end)); end++)
                inside ^= *end == '"';
        *text = end;
        if (begin == end)
                return false;

        first = begin;
        last = end;
        dropped = *first == '"';
        first += dropped;
        equals = last - first > 1 ? memchr(first + 1, '=', (size_t)(last - first) - 1) : NULL;

        *ret = (struct kernel_word){.key = first, .open = inside};
        if (equals) {
                ret->key_size = (size_t)(equals - first);
                first = equals + 1;
                if (first < last && *first == '"') {
                        dropped = true;
                        first++;
                }
                ret->value = first;
        }
        if (dropped && last > first && last[-1] == '"')
                last--;
        if (equals)
                ret->value_size = (size_t)(last - first);
        else
                ret->key_size = (size_t)(last - first);
        return true;
}
