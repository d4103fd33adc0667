/* SPDX-License-Identifier: Apache-2.0 */
#include "number_set.h"

#include "macro.h"

#include <errno.h>

void number_set_add(struct number_set *set, unsigned number)
{
        set->words[number / 64] |= UINT64_C(1) << number % 64;
}

bool number_set_has(const struct number_set *set, unsigned number)
{
        return set->words[number / 64] >> number % 64 & 1;
}

bool number_set_is_empty(const struct number_set *set)
{
        for (unsigned i = 0; i < ARRAY_SIZE(set->words); i++)
                if (set->words[i])
                        return false;
        return true;
}

unsigned number_set_count(const struct number_set *set)
{
        unsigned n = 0;

        for (unsigned i = 0; i < ARRAY_SIZE(set->words); i++)
                n += (unsigned)__builtin_popcountll(set->words[i]);
        return n;
}

unsigned number_set_next(const struct number_set *set, unsigned from)
{
        while (from <= NUMBER_SET_MAX && !number_set_has(set, from))
                from++;
        return from <= NUMBER_SET_MAX ? from : NUMBER_SET_NONE;
}

void number_set_add_all(struct number_set *set, const struct number_set *more)
{
        for (unsigned i = 0; i < ARRAY_SIZE(set->words); i++)
                set->words[i] |= more->words[i];
}

void number_set_keep(struct number_set *set, const struct number_set *of)
{
        for (unsigned i = 0; i < ARRAY_SIZE(set->words); i++)
                set->words[i] &= of->words[i];
}

unsigned number_set_beyond(const struct number_set *set, const struct number_set *of)
{
        unsigned n = number_set_next(set, 0);

        while (n != NUMBER_SET_NONE && number_set_has(of, n))
                n = number_set_next(set, n + 1);
        return n;
}

/* Digits only: neither blanks nor signs. Moves *text behind them. */
static int parse_one(const char **text, unsigned *ret)
{
        const char *p = *text;
        unsigned number = 0;

        if (*p < '0' || *p > '9')
                return -EINVAL;
        for (; *p >= '0' && *p <= '9'; p++) {
                number = number * 10 + (unsigned)(*p - '0');
                if (number > NUMBER_SET_MAX)
                        return -ERANGE;
        }
        *text = p;
        *ret = number;
        return 0;
}

/* "3" or "0-3". */
static int parse_numbers(const char **text, struct number_set *set)
{
        unsigned from, to;
        int r = parse_one(text, &from);

        if (r < 0)
                return r;
        to = from;
        if (**text == '-') {
                ++*text;
                r = parse_one(text, &to);
        }
        if (r == 0 && to < from)
                r = -EINVAL;
        for (unsigned n = from; r == 0 && n <= to; n++)
                number_set_add(set, n);
        return r;
}

int number_set_parse(struct number_set *ret, const char *text)
{
        struct number_set set = {0};

        for (;;) {
                int r = parse_numbers(&text, &set);

                if (r < 0)
                        return r;
                if (!*text)
                        break;
                if (*text++ != ',')
                        return -EINVAL;
        }
        *ret = set;
        return 0;
}

char *number_set_text(const struct number_set *set)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        const char *comma = "";

        if (!to)
                return NULL;
        for (unsigned from = 0; from <= NUMBER_SET_MAX; from++) {
                unsigned end = from; /* one behind the range */

                while (end <= NUMBER_SET_MAX && number_set_has(set, end))
                        end++;
                if (end == from)
                        continue;
                fprintf(to, "%s%u", comma, from);
                if (end - from > 1)
                        fprintf(to, "-%u", end - 1);
                comma = ",";
                from = end;
        }
        if (fclose(to) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
