/* SPDX-License-Identifier: Apache-2.0 */
#include "placement_file.h"

#include "targets.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <string.h>

#define BLANKS " \t\r\v\f"

/* A line under way: what is left of it. */
struct reader {
        char *rest;
        const char *path;
        unsigned line;
        struct why *why;
};

static int complain(const struct reader *reader, int error, const char *format, ...) _printf_(3, 4);

static int complain(const struct reader *reader, int error, const char *format, ...)
{
        char reason[sizeof reader->why->reason];
        va_list ap;

        va_start(ap, format);
        vsnprintf(reason, sizeof reason, format, ap);
        va_end(ap);
        return why_set(reader->why, error, "placement file", reader->path, "line %u: %s",
                reader->line, reason);
}

static void skip_blanks(struct reader *reader)
{
        reader->rest += strspn(reader->rest, BLANKS);
}

/* The end of a glob: a separator that is not in brackets. NULL: a bracket stays open. */
static char *glob_end(char *p)
{
        for (; *p && !strchr(BLANKS ":,", *p); p++) {
                if (*p == '\\' && p[1]) {
                        p++;
                } else if (*p == '[') {
                        p++;
                        p += *p == '!' || *p == '^';
                        /* A closing bracket in front is one of the set. */
                        p = *p ? strchr(p + 1, ']') : NULL;
                        if (!p)
                                return NULL;
                }
        }
        return p;
}

/* Cuts the rest at end and goes on behind it and behind the separator: blanks, or one of
 * separators with blanks around. Returns what was cut off. */
static char *take(struct reader *reader, char *end, const char *separators)
{
        char *word = reader->rest;

        reader->rest = end;
        skip_blanks(reader);
        if (*reader->rest && strchr(separators, *reader->rest))
                reader->rest++;
        skip_blanks(reader);
        *end = '\0'; /* behind the rest, or its last NUL */
        return word;
}

static int take_numbers(struct reader *reader, const char *what, char **ret)
{
        char *end = reader->rest + strcspn(reader->rest, BLANKS ":");
        char *word = take(reader, end, ":");
        struct number_set set;
        int r = number_set_parse(&set, word);

        if (r == -ERANGE)
                return complain(reader, r, "\"%s\": %s are numbered from 0 to %d", word, what,
                        NUMBER_SET_MAX);
        if (r < 0)
                return complain(reader, r, "\"%s\" are no %s: write numbers and ranges as 0-1,3",
                        word, what);
        *ret = strdup(word);
        return *ret ? 0 : -ENOMEM;
}

static int add_rule(struct placement_file *file, struct reader *reader)
{
        struct placement_rule *rules, *rule;
        char *end = glob_end(reader->rest), *word;
        int r;

        if (!end)
                return complain(reader, -EINVAL, "a [ is opened and not closed");
        word = take(reader, end, ":,");
        if (!*word)
                return complain(reader, -EINVAL, "no guests: write GUESTS NODES, as t*-oltp 1");
        if (!*reader->rest)
                return complain(reader, -EINVAL, "\"%s\" has no nodes: write GUESTS NODES", word);

        rules = reallocarray(file->rules, file->n_rules + 1, sizeof *rules);
        if (!rules)
                return -ENOMEM;
        file->rules = rules;
        rule = &rules[file->n_rules++];
        *rule = (struct placement_rule){.guests = strdup(word), .line = reader->line};
        if (!rule->guests)
                return -ENOMEM;
        r = take_numbers(reader, "NUMA nodes", &rule->nodes);
        if (r == 0 && *reader->rest)
                r = take_numbers(reader, "CPUs", &rule->cpus);
        if (r == 0 && *reader->rest)
                r = complain(reader, -EINVAL, "\"%s\" is too much: a line has GUESTS NODES CPUS",
                        reader->rest);
        return r;
}

int placement_file_parse(
        struct placement_file *ret, const char *text, const char *path, struct why *why)
{
        struct placement_file file = {0};
        _cleanup_free_ char *copy = strdup(text);
        struct reader reader = {.path = path, .why = why};
        char *lines = copy;
        int r = copy ? 0 : -ENOMEM;

        while (r == 0 && (reader.rest = strsep(&lines, "\n"))) {
                reader.line++;
                reader.rest[strcspn(reader.rest, "#")] = '\0';
                skip_blanks(&reader);
                if (*reader.rest)
                        r = add_rule(&file, &reader);
        }
        if (r == -ENOMEM)
                why_errno(why, r, "placement file", path);
        if (r < 0)
                placement_file_fini(&file);
        else
                *ret = file;
        return r;
}

void placement_file_fini(struct placement_file *file)
{
        for (size_t i = 0; i < file->n_rules; i++) {
                free(file->rules[i].guests);
                free(file->rules[i].nodes);
                free(file->rules[i].cpus);
        }
        free(file->rules);
        *file = (struct placement_file){0};
}

/* ---- who is meant ---- */

static bool names_external(const struct placement_rule *rule)
{
        return strstr(rule->guests, guest_name(GUEST_EXTERNAL)) != NULL;
}

static bool matches(const struct placement_rule *rule, unsigned tile, unsigned guest)
{
        static const char prefix[] = "tileload-";
        char domain[64];

        if (guest == GUEST_EXTERNAL && !names_external(rule))
                return false;
        snprintf(domain, sizeof domain, "%st%u-%s", prefix, tile, guest_name(guest));
        return fnmatch(rule->guests, domain, 0) == 0 ||
               fnmatch(rule->guests, domain + strlen(prefix), 0) == 0;
}

const struct placement_rule *placement_file_find(
        const struct placement_file *file, unsigned tile, unsigned guest)
{
        for (size_t i = 0; i < file->n_rules; i++)
                if (matches(&file->rules[i], tile, guest))
                        return &file->rules[i];
        return NULL;
}

static bool matches_any(const struct placement_rule *rule, unsigned first, unsigned last)
{
        for (unsigned t = first; t <= last; t++)
                for (unsigned g = GUEST_EXTERNAL; g <= TILE_GUESTS; g++)
                        if (matches(rule, t, g))
                                return true;
        return false;
}

void placement_file_idle(const struct placement_file *file, unsigned first, unsigned last,
        struct placement_idle *ret)
{
        struct number_set used = {0};

        *ret = (struct placement_idle){0};
        for (unsigned t = first; t <= last; t++)
                for (unsigned g = GUEST_EXTERNAL; g <= TILE_GUESTS; g++) {
                        const struct placement_rule *rule = placement_file_find(file, t, g);

                        if (rule && rule->line <= NUMBER_SET_MAX)
                                number_set_add(&used, rule->line);
                }
        for (size_t i = 0; i < file->n_rules; i++) {
                const struct placement_rule *rule = &file->rules[i];

                if (rule->line <= NUMBER_SET_MAX && !number_set_has(&used, rule->line))
                        number_set_add(
                                matches_any(rule, first, last) ? &ret->too_late : &ret->nobody,
                                rule->line);
        }
}

bool placement_file_has_external(const struct placement_file *file)
{
        for (size_t i = 0; i < file->n_rules; i++)
                if (names_external(&file->rules[i]))
                        return true;
        return false;
}
