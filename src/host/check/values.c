/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <errno.h>
#include <string.h>

#define BLANKS " \t\n\v\f\r"

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

static bool is_printable(char c)
{
        return c >= ' ' && c <= '~';
}

/* Digits only; goes on behind them. */
static bool take_number(const char **p, uint64_t *ret)
{
        uint64_t value = 0;
        const char *begin = *p;

        for (; is_digit(**p); (*p)++)
                if (__builtin_mul_overflow(value, 10, &value) ||
                        __builtin_add_overflow(value, (uint64_t)(**p - '0'), &value))
                        return false;
        *ret = value;
        return *p > begin;
}

/* The next word, without brackets; false at the end. Words in brackets are the chosen ones. */
static bool next_word(const char **p, const char **word, size_t *length, bool *chosen)
{
        *p += strspn(*p, BLANKS);
        *word = *p;
        *length = strcspn(*p, BLANKS);
        *p += *length;
        *chosen = *length >= 2 && (*word)[0] == '[' && (*word)[*length - 1] == ']';
        if (*chosen) {
                (*word)++;
                *length -= 2;
        }
        return *p > *word;
}

int values_chosen(const char *text, char *chosen, size_t size)
{
        const char *p = text, *word, *found = NULL, *only = NULL;
        size_t length, found_length = 0, only_length = 0;
        unsigned n_words = 0;
        bool marked;

        for (; next_word(&p, &word, &length, &marked); n_words++) {
                if (marked && found)
                        return -EINVAL;
                if (marked) {
                        found = word;
                        found_length = length;
                }
                only = word;
                only_length = length;
        }
        if (!found && n_words == 1) {
                found = only;
                found_length = only_length;
        }
        if (!found || !found_length)
                return -EINVAL;
        if (found_length >= size)
                return -ENAMETOOLONG;
        memcpy(chosen, found, found_length);
        chosen[found_length] = '\0';
        return 0;
}

bool values_offers(const char *text, const char *word)
{
        const char *p = text, *offered;
        size_t length;
        bool marked;

        while (next_word(&p, &offered, &length, &marked))
                if (length == strlen(word) && memcmp(offered, word, length) == 0)
                        return true;
        return false;
}

int values_numbers(const char *text, uint64_t *numbers, size_t max)
{
        const char *p = text + strspn(text, BLANKS);
        size_t n = 0;

        while (*p) {
                uint64_t value;

                if (n == max || !take_number(&p, &value) || (*p && !strchr(BLANKS, *p)))
                        return -EINVAL;
                numbers[n++] = value;
                p += strspn(p, BLANKS);
        }
        return n ? (int)n : -EINVAL;
}

char *values_tidy(char *to, size_t size, const char *text)
{
        size_t used = 0;

        text += strspn(text, BLANKS);
        while (*text && used + 1 < size) {
                size_t blanks = strspn(text, BLANKS);

                text += blanks;
                if (!*text)
                        break;
                if (blanks)
                        to[used++] = ' ';
                if (used + 1 < size)
                        to[used++] = is_printable(*text) ? *text : '?';
                text++;
        }
        if (used && to[used - 1] == ' ')
                used--;
        to[used] = '\0';
        return to;
}

bool values_is_plain(const char *text)
{
        for (; *text; text++)
                if (!is_printable(*text) && *text != '\t')
                        return false;
        return true;
}

const char *values_field(const char *text, const char *key)
{
        size_t length = strlen(key);

        while (*text) {
                if (strncmp(text, key, length) == 0) {
                        const char *p = text + length + strspn(text + length, " \t");

                        if (*p == ':')
                                return p + 1 + strspn(p + 1, " \t");
                }
                text += strcspn(text, "\n");
                text += *text == '\n';
        }
        return NULL;
}
