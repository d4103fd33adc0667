/* SPDX-License-Identifier: Apache-2.0 */
#include "besim.h"

#include "macro.h"
#include "rng.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/*
 * The commands. `args` names the kinds of a query's arguments and `fields` those of a record's
 * fields, a letter each:
 *
 *     u  a customer's or product's number     t  a word of text
 *     n  a count                              s  a sentence of text (replies only)
 *     d  a date, YYYYMMDD                     h  a digest, 32 hex digits (replies only)
 *     a  an amount of money, with two decimals
 *
 * Banking's ten commands are SPECweb2005's; of Ecommerce and Support there are those that its
 * commonest pages call. How many records there are is drawn for each query, evenly from min to max.
 */
struct command {
        char workload; /* '1' Banking, '2' Ecommerce, '3' Support */
        unsigned char number;
        unsigned char min, max;
        const char *args;
        const char *fields;
};

static const struct command commands[] = {
        {'1', 1, 1, 1, "u", "hsdn"},        /* login: digest, name, last seen, messages */
        {'1', 2, 2, 8, "u", "uta"},         /* balances: account, kind, balance */
        {'1', 3, 2, 8, "u", "utaana"},      /* summary: deposits and payments too */
        {'1', 4, 1, 1, "un", "uadss"},      /* check: account, amount, date, two images */
        {'1', 5, 5, 60, "u", "usda"},       /* bill pay: payees and the last payment to each */
        {'1', 6, 1, 1, "uuttttnn", "utd"},  /* add payee */
        {'1', 7, 1, 3, "uuda", "uuadt"},    /* quick pay */
        {'1', 8, 0, 99, "udd", "udsat"},    /* payment status between two dates */
        {'1', 9, 1, 1, "u", "ssttnnt"},     /* profile */
        {'1', 10, 1, 1, "uttttnnt", "utd"}, /* change profile */
        {'2', 1, 10, 30, "u", "uts"},       /* product lines of a region */
        {'2', 2, 5, 50, "ut", "usan"},      /* search: products with price and stock */
        {'2', 3, 4, 12, "uu", "tsssa"},     /* a product's detail */
        {'2', 4, 20, 80, "uu", "utsan"},    /* customise: every component on offer */
        {'3', 1, 8, 20, "u", "uts"},        /* product categories */
        {'3', 2, 5, 40, "ut", "uss"},       /* search */
        {'3', 3, 10, 60, "uu", "usdn"},     /* file catalog of a product */
        {'3', 4, 1, 1, "uu", "sssdnh"},     /* a file: name, texts, date, size, digest */
};

struct request {
        const struct command *command;
        const char *id; /* the first argument: of every command a 'u' */
        size_t id_length;
};

/* What is being written: never past limit; once something did not fit, nothing more goes in. */
struct text {
        char *start;
        size_t length, limit;
        bool full;
};

static void put(struct text *text, const char *from, size_t size)
{
        text->full = text->full || size > text->limit - text->length;
        if (text->full)
                return;
        memcpy(text->start + text->length, from, size);
        text->length += size;
}

static void put_string(struct text *text, const char *from)
{
        put(text, from, strlen(from));
}

/* A number of exactly `digits` digits, zeros in front. */
static void put_digits(struct text *text, uint64_t number, unsigned digits)
{
        char written[20];

        for (unsigned i = digits; i > 0; i--, number /= 10)
                written[i - 1] = (char)('0' + number % 10);
        put(text, written, digits);
}

/* A number in as many digits as it has. */
static void put_number(struct text *text, uint64_t number)
{
        unsigned digits = 1;

        for (uint64_t rest = number / 10; rest > 0; rest /= 10)
                digits++;
        put_digits(text, number, digits);
}

static void put_word(struct text *text, struct rng *rng)
{
        static const char syllables[][4] = {"ba", "cor", "den", "fi", "gal", "hu", "jo", "kel",
                "li", "mar", "no", "pra", "qui", "ros", "su", "ten"};
        uint64_t bits = rng_u64(rng);

        for (unsigned n = 2 + (unsigned)(bits & 1); n > 0; n--) {
                bits >>= 4;
                put_string(text, syllables[bits & 15]);
        }
}

static void put_kind(struct text *text, char kind, struct rng *rng)
{
        static const char hex[] = "0123456789abcdef";

        switch (kind) {
        case 'u':
                put_digits(text, rng_below(rng, 1000000000), 9);
                break;
        case 'n':
                put_number(text, rng_below(rng, 10000));
                break;
        case 'd':
                put_digits(text, 2000 + rng_below(rng, 30), 4);
                put_digits(text, 1 + rng_below(rng, 12), 2);
                put_digits(text, 1 + rng_below(rng, 28), 2);
                break;
        case 'a':
                put_number(text, rng_below(rng, 10000));
                put(text, ".", 1);
                put_digits(text, rng_below(rng, 100), 2);
                break;
        case 't':
                put_word(text, rng);
                break;
        case 's':
                for (uint64_t n = 2 + rng_below(rng, 3); n > 0; n--) {
                        put_word(text, rng);
                        if (n > 1)
                                put(text, " ", 1);
                }
                break;
        case 'h':
                for (int i = 0; i < 32; i++)
                        put(text, &hex[rng_below(rng, 16)], 1);
                break;
        }
}

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* What may stand unescaped in a query, without the '&' that parts arguments. */
static bool is_text(char c)
{
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c != '\0' && strchr("-._~+@:,", c));
}

static bool argument_valid(char kind, const char *at, size_t length)
{
        size_t n_points = 0;

        for (size_t i = 0; i < length; i++) {
                if (kind == 't' ? !is_text(at[i]) : !is_digit(at[i]) && at[i] != '.')
                        return false;
                n_points += at[i] == '.';
        }
        switch (kind) {
        case 'u':
                return length >= 1 && length <= 20 && n_points == 0;
        case 'n':
                return length >= 1 && length <= 9 && n_points == 0;
        case 'd':
                return length == 8 && n_points == 0;
        case 'a': /* digits, a point, two digits */
                return length >= 4 && length <= 12 && n_points == 1 && at[length - 3] == '.';
        default:
                return length >= 1 && length <= 40;
        }
}

static const struct command *find_command(char workload, const char *number, size_t length)
{
        unsigned value = 0;

        if (length < 1 || length > 2 || number[0] == '0')
                return NULL;
        for (size_t i = 0; i < length; i++) {
                if (!is_digit(number[i]))
                        return NULL;
                value = value * 10 + (unsigned)(number[i] - '0');
        }
        for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
                if (commands[i].workload == workload && commands[i].number == value)
                        return &commands[i];
        return NULL;
}

/* NULL when the query is valid, else what is wrong with it. */
static const char *parse(const char *query, struct request *ret)
{
        size_t length = strnlen(query, BESIM_QUERY_SIZE);
        const char *at = query, *kind;

        if (length == BESIM_QUERY_SIZE)
                return "query too long";
        if (length < 2 || query[1] != '&')
                return "no workload";
        at = query + 2;
        length = strcspn(at, "&");
        ret->command = find_command(query[0], at, length);
        if (!ret->command)
                return "no such command";
        for (kind = ret->command->args; *kind; kind++) {
                at += length;
                if (*at != '&')
                        return "too few arguments";
                at++;
                length = strcspn(at, "&");
                if (!argument_valid(*kind, at, length))
                        return "bad argument";
                if (kind == ret->command->args) {
                        ret->id = at;
                        ret->id_length = length;
                }
        }
        return at[length] ? "too many arguments" : NULL;
}

/* Every byte of the query counts, so another query gives another answer. */
static uint64_t seed_of(const char *query)
{
        uint64_t seed = 0;

        for (; *query; query++)
                seed = rng_mix(seed ^ (unsigned char)*query);
        return seed;
}

int besim_answer(const char *query, char reply[static BESIM_REPLY_SIZE], size_t *ret_length)
{
        struct text text = {.start = reply, .limit = BESIM_REPLY_SIZE - 1};
        struct request request = {};
        const char *wrong = parse(query, &request);
        const struct command *command;
        struct rng rng;
        uint64_t n;

        if (wrong) {
                put_string(&text, "1\n");
                put_string(&text, wrong);
                put(&text, "\n", 1);
                goto end;
        }

        /* The first record repeats who was asked about and says how many follow. */
        command = request.command;
        rng_init(&rng, seed_of(query), 0);
        n = command->min + rng_below(&rng, (uint64_t)command->max - command->min + 1);
        put_string(&text, "0\n");
        put(&text, &command->workload, 1);
        put(&text, "&", 1);
        put_number(&text, command->number);
        put(&text, "&", 1);
        put(&text, request.id, request.id_length);
        put(&text, "&", 1);
        put_number(&text, n);
        put(&text, "\n", 1);
        for (; n > 0; n--)
                for (const char *field = command->fields; *field; field++) {
                        put_kind(&text, *field, &rng);
                        put(&text, field[1] ? "&" : "\n", 1);
                }
end:
        reply[text.length] = '\0';
        *ret_length = text.length;
        return wrong ? -EINVAL : 0;
}

/* For between tags: markup is escaped, and what is no printable ASCII becomes '?'. */
static void put_html(struct text *text, const char *from, size_t size)
{
        for (size_t i = 0; i < size; i++) {
                switch (from[i]) {
                case '&':
                        put_string(text, "&amp;");
                        break;
                case '<':
                        put_string(text, "&lt;");
                        break;
                case '>':
                        put_string(text, "&gt;");
                        break;
                case '"':
                        put_string(text, "&quot;");
                        break;
                default:
                        put(text, from[i] >= ' ' && from[i] <= '~' ? &from[i] : "?", 1);
                }
        }
}

size_t besim_page(const char *query, const char *reply, size_t reply_length,
        char page[static BESIM_PAGE_SIZE])
{
        static const char tail[] = "</table>\n</body>\n</html>\n";
        /* The tail has its place kept: a reply of any other origin, too long for the page, is cut
         * at a whole token. Replies of besim_answer() all fit. */
        struct text text = {.start = page, .limit = BESIM_PAGE_SIZE - sizeof tail};
        const char *end = reply + reply_length;

        put_string(&text, "<!DOCTYPE html>\n<html>\n<head><title>");
        put_html(&text, query, strnlen(query, BESIM_QUERY_SIZE));
        put_string(&text, "</title></head>\n<body>\n<table>\n");
        while (reply < end) {
                const char *line_end = memchr(reply, '\n', (size_t)(end - reply));

                line_end = line_end ? line_end : end;
                put_string(&text, "<tr>");
                for (const char *at = reply; at <= line_end; at++) {
                        const char *field_end = memchr(at, '&', (size_t)(line_end - at));

                        field_end = field_end ? field_end : line_end;
                        put_string(&text, "<td>");
                        put_html(&text, at, (size_t)(field_end - at));
                        at = field_end;
                }
                put_string(&text, "</tr>\n");
                reply = line_end + 1;
        }
        text.full = false;
        text.limit = BESIM_PAGE_SIZE - 1;
        put_string(&text, tail);
        page[text.length] = '\0';
        return text.length;
}

void besim_query(unsigned long key, char query[static BESIM_QUERY_SIZE])
{
        const struct command *command = &commands[key % ARRAY_SIZE(commands)];
        struct text text = {.start = query, .limit = BESIM_QUERY_SIZE - 1};
        struct rng rng;

        rng_init(&rng, key, 0);
        put(&text, &command->workload, 1);
        put(&text, "&", 1);
        put_number(&text, command->number);
        /* The first argument comes from the key itself and is in the reply: no two keys share an
         * answer. */
        put(&text, "&", 1);
        put_number(&text, key / ARRAY_SIZE(commands));
        for (const char *kind = command->args + 1; *kind; kind++) {
                put(&text, "&", 1);
                put_kind(&text, *kind, &rng);
        }
        query[text.length] = '\0';
}
