/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser of conditions.
 */
#include "fail_if.h"

#include "macro.h"
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#define WHAT "--fail-if"

enum {
        WORD_SIZE = 32,
};

/* Other words for a metric. */
static const struct {
        const char *word;
        size_t metric;
} synonyms[] = {
        {"throughput", COMPARE_RATE},
        {"mean", COMPARE_AVERAGE},
        {"tiles", FAIL_IF_TILES},
};

/* One condition on its way from text. */
struct reading {
        const char *at;
        struct fail_if condition;
        struct why *why;
};

/* ---- pieces ---- */

/* From its beginning, and not without end. */
static int complain(const struct reading *r, const char *reason, const char *near)
{
        return why_set(r->why, -EINVAL, WHAT, near, "%s", reason);
}

static void skip_blanks(struct reading *r)
{
        while (isspace((unsigned char)*r->at))
                r->at++;
}

/* As many of these characters as stand here, into word. False: none, or too many. */
static bool take(struct reading *r, char word[static WORD_SIZE], const char *characters)
{
        size_t n = strspn(r->at, characters);

        if (n == 0 || n >= WORD_SIZE)
                return false;
        memcpy(word, r->at, n);
        word[n] = '\0';
        r->at += n;
        return true;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

static bool find(const char *word, const char *const *words, size_t n, size_t *ret)
{
        for (size_t i = 0; i < n; i++)
                if (strcmp(word, words[i]) == 0) {
                        *ret = i;
                        return true;
                }
        return false;
}

static bool find_metric(const char *word, size_t *ret)
{
        if (find(word, compare_metrics, COMPARE_METRICS, ret))
                return true;
        for (size_t i = 0; i < ARRAY_SIZE(synonyms); i++)
                if (strcmp(word, synonyms[i].word) == 0) {
                        *ret = synonyms[i].metric;
                        return true;
                }
        return false;
}

/* ---- what it is about ---- */

static int read_subject(struct reading *r)
{
        struct fail_if *c = &r->condition;
        const char *begin = r->at;
        char word[WORD_SIZE];

        if (!take(r, word, LETTERS DIGITS) || !find(word, compare_names, COMPARE_NAMES, &c->name))
                return complain(r,
                        "must begin with total, web1, external, web2, client, backend, cpu, disk, "
                        "oltp or idle, as in: web1.p99 > +10%",
                        begin);
        if (*r->at != '.')
                return complain(
                        r, "a point and a metric must follow the name, as in: web1.p99", begin);
        r->at++;
        if (!take(r, word, LETTERS DIGITS) || !find_metric(word, &c->metric))
                return complain(r,
                        "the metric must be rate, average, p50, p95, p99, max, errors or cpu, or "
                        "total.tiles",
                        begin);
        if (c->metric == FAIL_IF_TILES && c->name != COMPARE_TOTAL)
                return complain(r, "tiles are of the whole run only: total.tiles", begin);
        return 0;
}

static int read_tiles(struct reading *r)
{
        const char *begin = r->at;
        char word[WORD_SIZE];
        uint64_t tiles;

        if (*r->at != '@')
                return 0;
        r->at++;
        skip_blanks(r);
        if (r->condition.metric == FAIL_IF_TILES)
                return complain(r, "total.tiles is of the whole run: leave @TILES out", begin);
        if (!take(r, word, DIGITS) || parse_u64(word, &tiles) < 0 || tiles < 1 ||
                tiles > UINT32_MAX)
                return complain(
                        r, "a number of tiles must follow @, as in: web1.p99 @4 > +10%", begin);
        r->condition.tiles = (unsigned)tiles;
        return 0;
}

static int read_operator(struct reading *r)
{
        static const char *const words[] = {[FAIL_IF_ABOVE] = ">",
                [FAIL_IF_AT_LEAST] = ">=",
                [FAIL_IF_BELOW] = "<",
                [FAIL_IF_AT_MOST] = "<="};
        const char *begin = r->at;
        char word[WORD_SIZE];
        size_t op;

        if (!take(r, word, "<>=!") || !find(word, words, ARRAY_SIZE(words), &op))
                return complain(r, "expected here: >, >=, < or <=", begin);
        r->condition.op = (enum fail_if_operator)op;
        return 0;
}

/* ---- the bound ---- */

/* Takes `suffix` off the word's end. False: it does not end so. */
static bool strip(char *word, const char *suffix)
{
        size_t n = strlen(word), m = strlen(suffix);

        if (n <= m || strcmp(word + n - m, suffix) != 0)
                return false;
        word[n - m] = '\0';
        return true;
}

static int read_change(struct reading *r, char *word, const char *begin)
{
        struct fail_if *c = &r->condition;

        if (c->metric == COMPARE_ERRORS)
                return complain(r,
                        "errors are too rare for a change in per cent: give a share of the "
                        "operations, as in: total.errors > 0.1%",
                        begin);
        if (c->metric == COMPARE_MAX)
                return complain(r,
                        "a single value, the longest, wavers too much for a change in per cent: "
                        "give a time, as in: web1.max > 2s",
                        begin);
        if (!strip(word, "%") || parse_number(word + 1, &c->bound) < 0)
                return complain(r, "a change must be in per cent, as in: > +10%", begin);
        c->bound /= word[0] == '-' ? -100 : 100;
        if (c->bound < -1)
                return complain(r, "nothing can fall by more than 100 %", begin);
        c->is_change = true;
        return 0;
}

static int read_time(struct reading *r, const char *word, const char *begin)
{
        uint64_t ns;

        if (isdigit((unsigned char)word[strlen(word) - 1]) || parse_duration_ns(word, &ns) < 0)
                return complain(r,
                        "a time must have its unit (us, ms, s), as in: > 500ms, and a change its "
                        "sign, as in: > +10%",
                        begin);
        r->condition.bound = (double)ns / 1e6;
        return 0;
}

static int read_rate(struct reading *r, char *word, const char *begin)
{
        strip(word, "/s");
        if (parse_number(word, &r->condition.bound) < 0)
                return complain(r,
                        "a rate must be a number, as in: < 900/s, and a change must have its sign, "
                        "as in: < -5%",
                        begin);
        return 0;
}

static int read_share(struct reading *r, char *word, const char *begin)
{
        if (!strip(word, "%") || parse_number(word, &r->condition.bound) < 0)
                return complain(r, "a share must be in per cent, as in: > 0.1%", begin);
        r->condition.bound /= 100;
        return 0;
}

static int read_count(struct reading *r, const char *word, const char *begin)
{
        uint64_t tiles;

        if (parse_u64(word, &tiles) < 0)
                return complain(r, "must be a number of tiles, as in: total.tiles < 4", begin);
        r->condition.bound = (double)tiles;
        return 0;
}

static int read_bound(struct reading *r)
{
        const char *begin = r->at;
        char word[WORD_SIZE];

        if (!take(r, word, LETTERS DIGITS "+-.%/"))
                return complain(r, "a bound must follow the operator, as in: > +10%", begin);
        if (word[0] == '+' || word[0] == '-')
                return read_change(r, word, begin);
        switch (r->condition.metric) {
        case FAIL_IF_TILES:
                return read_count(r, word, begin);
        case COMPARE_RATE:
                return read_rate(r, word, begin);
        case COMPARE_ERRORS:
        case COMPARE_CPU:
                return read_share(r, word, begin);
        default:
                return read_time(r, word, begin);
        }
}

/* ---- the list ---- */

static int read_condition(struct reading *r)
{
        int error = read_subject(r);

        skip_blanks(r);
        if (error == 0)
                error = read_tiles(r);
        skip_blanks(r);
        if (error == 0)
                error = read_operator(r);
        skip_blanks(r);
        if (error == 0)
                error = read_bound(r);
        if (error == 0 && *r->at && !isspace((unsigned char)*r->at))
                error = complain(r, "the condition has an end here, but something follows", r->at);
        return error;
}

static int add(struct fail_if_list *list, const struct reading *r, const char *begin)
{
        struct fail_if *items = reallocarray(list->items, list->n + 1, sizeof *items);

        if (!items)
                return why_errno(r->why, -ENOMEM, WHAT, NULL);
        list->items = items;
        items[list->n] = r->condition;
        items[list->n].text = strndup(begin, (size_t)(r->at - begin));
        if (!items[list->n].text)
                return why_errno(r->why, -ENOMEM, WHAT, NULL);
        list->n++;
        return 0;
}

int fail_if_parse(struct fail_if_list *ret, const char *text, struct why *why)
{
        struct reading r = {.at = text, .why = why};
        struct fail_if_list list = {0};
        int error = 0;

        if (text)
                skip_blanks(&r);
        while (text && *r.at && error == 0) {
                const char *begin = r.at;

                r.condition = (struct fail_if){0};
                error = read_condition(&r);
                if (error == 0)
                        error = add(&list, &r, begin);
                skip_blanks(&r);
        }
        if (error < 0)
                fail_if_free(&list);
        else
                *ret = list;
        return error;
}

void fail_if_free(struct fail_if_list *list)
{
        for (size_t i = 0; i < list->n; i++)
                free(list->items[i].text);
        free(list->items);
        *list = (struct fail_if_list){0};
}
