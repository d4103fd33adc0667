/* SPDX-License-Identifier: Apache-2.0 */
#include "option.h"

#include "clock.h"
#include "fmt.h"
#include "parse.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static void *member(const struct option *option, const void *config)
{
        return (char *)config + option->offset;
}

/* '-' and '_' are the same in a key. */
static bool same_key(const char *a, const char *b)
{
        for (; *a && *b; a++, b++)
                if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
                        return false;
        return *a == *b;
}

static int find(const struct option_set *sets, size_t n_sets, const char *key,
        const struct option **ret_option, void **ret_config)
{
        for (size_t s = 0; s < n_sets; s++) {
                for (size_t i = 0; i < sets[s].n_options; i++) {
                        if (!same_key(sets[s].options[i].name, key))
                                continue;
                        *ret_option = &sets[s].options[i];
                        *ret_config = sets[s].config;
                        return 0;
                }
        }
        return -ENOENT;
}

static const char *nearest(
        const struct option_set *sets, size_t n_sets, const char *prefix, const char *key)
{
        unsigned best = UINT32_MAX;
        const char *name = NULL;

        if (strcmp(prefix, CMDLINE_PREFIX) == 0) { /* a key, though not an option */
                best = parse_distance(key, "role");
                name = "role";
        }
        for (size_t s = 0; s < n_sets; s++) {
                for (size_t i = 0; i < sets[s].n_options; i++) {
                        unsigned distance = parse_distance(key, sets[s].options[i].name);

                        if (distance < best) {
                                best = distance;
                                name = sets[s].options[i].name;
                        }
                }
        }
        return name;
}

static int unknown(const struct option_set *sets, size_t n_sets, const char *prefix,
        const char *key, struct why *why)
{
        const char *name = nearest(sets, n_sets, prefix, key);
        char what[sizeof why->what];

        snprintf(what, sizeof what, "%s%s", prefix, key);
        if (!name)
                return why_set(why, -ENOENT, what, NULL, "unknown: there are no such options here");
        return why_set(
                why, -ENOENT, what, NULL, "unknown: the nearest valid one is %s%s", prefix, name);
}

static const char *expected(enum option_type type)
{
        static const char *const texts[] = {
                [OPTION_STRING] = "text",
                [OPTION_COUNT] = "a whole number",
                [OPTION_SIZE] = "a size such as 4096, 64K, 512M or 2G",
                [OPTION_DURATION] = "a duration such as 500ms, 30s, 5m or 1h",
                [OPTION_NUMBER] = "a number such as 200 or 0.5",
                [OPTION_SHARE] = "a share such as 30% or 0.3, at most 100%",
                [OPTION_BOOL] = "yes or no",
                [OPTION_CHOICE] = "one of the choices",
                [OPTION_LIST] = "text",
        };

        return texts[type];
}

static const char *argument_name(const struct option *option)
{
        static const char *const names[] = {
                [OPTION_STRING] = "TEXT",
                [OPTION_COUNT] = "N",
                [OPTION_SIZE] = "SIZE",
                [OPTION_DURATION] = "TIME",
                [OPTION_NUMBER] = "NUMBER",
                [OPTION_SHARE] = "SHARE",
                [OPTION_BOOL] = "yes|no",
                [OPTION_CHOICE] = "CHOICE",
                [OPTION_LIST] = "TEXT",
        };

        return option->argument ? option->argument : names[option->type];
}

/* A value of the table's own unit as text: for bounds and for option_text(). */
static void value_text(enum option_type type, uint64_t value, char *text, size_t size)
{
        static const struct {
                const char *suffix;
                uint64_t unit;
        } sizes[] = {{"T", UINT64_C(1) << 40}, {"G", 1u << 30}, {"M", 1u << 20}, {"K", 1u << 10}},
          times[] = {{"h", 3600 * NS_PER_S}, {"m", 60 * NS_PER_S}, {"s", NS_PER_S},
                  {"ms", NS_PER_MS}, {"us", NS_PER_US}, {"ns", 1}};

        if (type == OPTION_SIZE)
                for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
                        if (value && value % sizes[i].unit == 0) {
                                snprintf(text, size, "%" PRIu64 "%s", value / sizes[i].unit,
                                        sizes[i].suffix);
                                return;
                        }
        if (type == OPTION_DURATION)
                for (size_t i = 0; i < ARRAY_SIZE(times); i++)
                        if (value && value % times[i].unit == 0) {
                                snprintf(text, size, "%" PRIu64 "%s", value / times[i].unit,
                                        times[i].suffix);
                                return;
                        }
        snprintf(text, size, "%" PRIu64, value);
}

/* Fifteen digits, as many as a double keeps, and never an exponent, which no option takes. */
static char *number_text(double value, const char *suffix)
{
        int decimals = value > 0 ? MAX(14 - (int)floor(log10(value)), 0) : 0;
        _cleanup_free_ char *digits = NULL;
        char *text;
        size_t length;

        if (asprintf(&digits, "%.*f", decimals, value) < 0)
                return NULL;
        length = strlen(digits);
        if (strchr(digits, '.')) {
                while (digits[length - 1] == '0')
                        length--;
                length -= digits[length - 1] == '.';
        }
        return asprintf(&text, "%.*s%s", (int)length, digits, suffix) < 0 ? NULL : text;
}

char *option_text(const struct option *option, const void *config)
{
        const void *at = member(option, config);
        char text[64];

        switch (option->type) {
        case OPTION_STRING:
        case OPTION_LIST: {
                const char *string = *(char *const *)at;

                if (!string)
                        return NULL;
                return strdup(option->secret ? "(not shown)" : string);
        }
        case OPTION_COUNT:
        case OPTION_SIZE:
        case OPTION_DURATION:
                value_text(option->type, *(const uint64_t *)at, text, sizeof text);
                break;
        case OPTION_NUMBER:
                return number_text(*(const double *)at, "");
        case OPTION_SHARE:
                return number_text(*(const double *)at * 100, "%");
        case OPTION_BOOL:
                snprintf(text, sizeof text, "%s", *(const bool *)at ? "yes" : "no");
                break;
        case OPTION_CHOICE:
                snprintf(text, sizeof text, "%s", option->choices[*(const unsigned *)at]);
                break;
        }
        return strdup(text);
}

static void choices_text(const struct option *option, char *text, size_t size)
{
        size_t used = 0;

        text[0] = '\0';
        for (const char *const *c = option->choices; *c && used < size; c++)
                used += (size_t)snprintf(
                        text + used, size - used, "%s%s", c == option->choices ? "" : "|", *c);
}

static int set_choice(const struct option *option, void *at, const char *value)
{
        for (unsigned i = 0; option->choices[i]; i++) {
                if (strcmp(option->choices[i], value) == 0) {
                        *(unsigned *)at = i;
                        return 0;
                }
        }
        return -EINVAL;
}

static int set_string(void *at, const char *value)
{
        char *copy = strdup(value);

        if (!copy)
                return -ENOMEM;
        free(*(char **)at);
        *(char **)at = copy;
        return 0;
}

/* Words, in front of which those of `before` are kept; NULL: none. */
static int set_words(void *at, const char *before, const char *value)
{
        char *joined;

        value += strspn(value, " ");
        if (!*value)
                return -ENODATA;
        if (!before)
                return set_string(at, value);
        if (asprintf(&joined, "%s %s", before, value) < 0)
                return -ENOMEM;
        free(*(char **)at);
        *(char **)at = joined;
        return 0;
}

static int set_integer(const struct option *option, void *at, const char *value)
{
        uint64_t number;
        int r;

        if (option->type == OPTION_COUNT)
                r = parse_u64(value, &number);
        else if (option->type == OPTION_SIZE)
                r = parse_size(value, &number);
        else
                r = parse_duration_ns(value, &number);
        if (r < 0)
                return r == -ERANGE ? -EOVERFLOW : r;
        if (number < option->min || (option->max && number > option->max))
                return -ERANGE;
        *(uint64_t *)at = number;
        return 0;
}

static int set_number(const struct option *option, void *at, const char *value)
{
        double number;
        int r = parse_number(value, &number);

        if (r < 0)
                return r == -ERANGE ? -EOVERFLOW : r;
        if (number < (double)option->min || (option->max && number > (double)option->max))
                return -ERANGE;
        *(double *)at = number;
        return 0;
}

/* more: the words of a list are added to those that are there. */
static int set(const struct option *option, void *config, const char *value, bool more)
{
        void *at = member(option, config);

        switch (option->type) {
        case OPTION_STRING:
                return *value || option->secret ? set_string(at, value) : -ENODATA;
        case OPTION_COUNT:
        case OPTION_SIZE:
        case OPTION_DURATION:
                return set_integer(option, at, value);
        case OPTION_NUMBER:
                return set_number(option, at, value);
        case OPTION_SHARE:
                return parse_share(value, at);
        case OPTION_BOOL:
                return parse_bool(value, at);
        case OPTION_CHOICE:
                return set_choice(option, at, value);
        case OPTION_LIST:
                return set_words(at, more ? *(char **)at : NULL, value);
        }
        return -EINVAL;
}

static int bad_value(const struct option *option, const char *prefix, const char *value, int error,
        struct why *why)
{
        char what[sizeof why->what], low[32], high[32], choices[256];

        snprintf(what, sizeof what, "%s%s", prefix, option->name);
        if (error == -ENOMEM)
                return why_errno(why, error, what, value);
        if (option->type == OPTION_CHOICE) {
                choices_text(option, choices, sizeof choices);
                return why_set(why, error, what, value, "not one of %s", choices);
        }
        if (error == -ENODATA)
                return why_set(why, -EINVAL, what, NULL, "must not be empty");
        if (error == -EOVERFLOW && option->max)
                error = -ERANGE;
        if (error == -EOVERFLOW)
                return why_set(why, -ERANGE, what, value, "too large");
        if (error == -ERANGE && option->type == OPTION_SHARE)
                return why_set(why, error, what, value, "out of range: 0%% to 100%%");
        if (error != -ERANGE)
                return why_set(why, error, what, value, "not %s", expected(option->type));

        value_text(option->type, option->min, low, sizeof low);
        value_text(option->type, option->max, high, sizeof high);
        if (option->max)
                return why_set(why, error, what, value, "out of range: %s to %s", low, high);
        if (option->min)
                return why_set(why, error, what, value, "out of range: %s or more", low);
        return why_set(why, error, what, value, "out of range: not %s", expected(option->type));
}

static int apply(const struct option *option, void *config, const char *prefix, const char *value,
        bool more, struct why *why)
{
        int r;

        if (!value) {
                char what[sizeof why->what];

                if (option->type == OPTION_BOOL) {
                        value = "yes";
                } else {
                        snprintf(what, sizeof what, "%s%s", prefix, option->name);
                        return why_set(why, -EINVAL, what, NULL, "needs a value: %s",
                                expected(option->type));
                }
        }
        r = set(option, config, value, more);
        return r < 0 ? bad_value(option, prefix, value, r, why) : 0;
}

int option_sets_apply(const struct option_set *sets, size_t n_sets, const char *prefix,
        const char *key, const char *value, struct why *why)
{
        const struct option *option;
        void *config;

        if (find(sets, n_sets, key, &option, &config) < 0)
                return unknown(sets, n_sets, prefix, key, why);
        return apply(option, config, prefix, value, false, why);
}

static bool is_owned(const struct option *option)
{
        return option->type == OPTION_STRING || option->type == OPTION_LIST;
}

static void clear_strings(const struct option_set *set)
{
        for (size_t i = 0; i < set->n_options; i++)
                if (is_owned(&set->options[i]))
                        *(char **)member(&set->options[i], set->config) = NULL;
}

int option_sets_init(const struct option_set *sets, size_t n_sets, struct why *why)
{
        for (size_t s = 0; s < n_sets; s++)
                clear_strings(&sets[s]);
        for (size_t s = 0; s < n_sets; s++) {
                for (size_t i = 0; i < sets[s].n_options; i++) {
                        const struct option *option = &sets[s].options[i];
                        int r;

                        if (!option->fallback)
                                continue;
                        r = set(option, sets[s].config, option->fallback, false);
                        if (r < 0)
                                return bad_value(option, "--", option->fallback, r, why);
                }
        }
        return 0;
}

void option_sets_fini(const struct option_set *sets, size_t n_sets)
{
        for (size_t s = 0; s < n_sets; s++)
                for (size_t i = 0; i < sets[s].n_options; i++)
                        if (is_owned(&sets[s].options[i]))
                                free(*(char **)member(&sets[s].options[i], sets[s].config));
        for (size_t s = 0; s < n_sets; s++)
                clear_strings(&sets[s]);
}

/* One word, or two, of argv: an option and its value. */
struct argument {
        char *key; /* owned */
        const char *value;
        const struct option *option;
        void *config;
};

static void argument_fini(struct argument *argument)
{
        free(argument->key);
}

/* A switch takes a value only by '=', so that `--verbose next` does not eat its neighbour. Returns
 * how many words it took, or -errno. */
static int take_argument(struct argument *ret, const struct option_set *sets, size_t n_sets,
        int argc, char *const argv[], struct why *why)
{
        char *equals;

        if (strncmp(argv[0], "--", 2) != 0 || !argv[0][2])
                return why_set(why, -EINVAL, "argument", argv[0],
                        "not expected here: options begin with -- (see --help)");
        ret->key = strdup(argv[0] + 2);
        if (!ret->key)
                return why_errno(why, -ENOMEM, "argument", argv[0]);
        equals = strchr(ret->key, '=');
        if (equals) {
                *equals = '\0';
                ret->value = equals + 1;
        }
        if (find(sets, n_sets, ret->key, &ret->option, &ret->config) < 0)
                return unknown(sets, n_sets, "--", ret->key, why);
        if (equals || argc < 2 || ret->option->type == OPTION_BOOL)
                return 1;
        ret->value = argv[1];
        return 2;
}

static bool is_in(const void *const *list, size_t n, const void *item)
{
        for (size_t i = 0; i < n; i++)
                if (list[i] == item)
                        return true;
        return false;
}

/* All words of argv. Those that are no options go to words (room for argc of them), or are an error
 * without it. */
static int take_arguments(const struct option_set *sets, size_t n_sets, int argc,
        char *const argv[], const char **words, size_t *ret_n_words, struct why *why)
{
        _cleanup_free_ const void **given = calloc((size_t)argc + 1, sizeof *given);
        size_t n_given = 0, n_words = 0;
        bool ended = false; /* no more options */
        int taken = 1;

        if (!given)
                return why_errno(why, -ENOMEM, "arguments", NULL);
        for (int i = 0; i < argc; i += taken) {
                _cleanup_(argument_fini) struct argument a = {0};
                const void *at;
                int r;

                taken = 1;
                if (words && !ended && strcmp(argv[i], "--") == 0) {
                        ended = true;
                        continue;
                }
                if (words && (ended || argv[i][0] != '-')) {
                        words[n_words++] = argv[i];
                        continue;
                }
                taken = take_argument(&a, sets, n_sets, argc - i, argv + i, why);
                if (taken < 0)
                        return taken;
                at = member(a.option, a.config);
                r = apply(a.option, a.config, "--", a.value, is_in(given, n_given, at), why);
                if (r < 0)
                        return r;
                given[n_given++] = at;
        }
        if (words)
                *ret_n_words = n_words;
        return 0;
}

int option_sets_argv(
        const struct option_set *sets, size_t n_sets, int argc, char *const argv[], struct why *why)
{
        return take_arguments(sets, n_sets, argc, argv, NULL, NULL, why);
}

int option_sets_argv_words(const struct option_set *sets, size_t n_sets, int argc,
        char *const argv[], const char **words, size_t *ret_n_words, struct why *why)
{
        return take_arguments(sets, n_sets, argc, argv, words, ret_n_words, why);
}

int option_sets_cmdline(const struct option_set *sets, size_t n_sets, const struct cmdline *cmdline,
        struct why *why)
{
        for (size_t i = 0; i < cmdline->n_entries; i++) {
                const struct cmdline_entry *entry = &cmdline->entries[i];
                int r;

                if (strcmp(entry->key, "role") == 0)
                        continue;
                r = option_sets_apply(sets, n_sets, CMDLINE_PREFIX, entry->key, entry->value, why);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void help_option(const struct option *option, FILE *to)
{
        char left[96], choices[256];

        if (option->type == OPTION_CHOICE) {
                choices_text(option, choices, sizeof choices);
                snprintf(left, sizeof left, "--%s %.64s", option->name,
                        option->argument ? option->argument : choices);
        } else if (option->type == OPTION_BOOL) {
                snprintf(left, sizeof left, "--%s[=no]", option->name);
        } else {
                snprintf(left, sizeof left, "--%s %s", option->name, argument_name(option));
        }
        fprintf(to, "  %-28s %s", left, option->help);
        if (option->fallback && *option->fallback)
                fprintf(to, " [%s]", option->fallback);
        fputc('\n', to);
}

void option_sets_help(const struct option_set *sets, size_t n_sets, FILE *to)
{
        for (size_t s = 0; s < n_sets; s++) {
                if (sets[s].n_options == 0)
                        continue;
                if (sets[s].title)
                        fprintf(to, "%s%s:\n", s ? "\n" : "", sets[s].title);
                for (size_t i = 0; i < sets[s].n_options; i++)
                        help_option(&sets[s].options[i], to);
        }
}
