/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl_rule.h"

#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
        MAX_FIELDS = 4,
};

char *sysctl_path(char *path, size_t size, const char *name)
{
        size_t used = (size_t)snprintf(path, size, "/proc/sys/");

        snprintf(path + used, size - used, "%s", name);
        for (char *p = path + used; *p; p++)
                if (*p == '.')
                        *p = '/';
        return path;
}

/* "1", "1 or 2", "0, 1 or 2". */
static void say_values(char *text, size_t size, const char *values)
{
        const char *last = strrchr(values, ' ');
        size_t used = 0;

        text[0] = '\0';
        for (const char *p = values; *p && used < size; p += *p == ' ') {
                size_t length = strcspn(p, " ");

                used += (size_t)snprintf(text + used, size - used, "%s%.*s",
                        p == values     ? ""
                        : p - 1 == last ? " or "
                                        : ", ",
                        (int)length, p);
                p += length;
        }
}

static void judge_values(const struct check_item *item, struct check_report *report,
        const char *path, const char *text)
{
        const struct sysctl_rule *rule = item->rule;
        bool fine = values_offers(rule->values, text);
        struct check_finding *f = check_add(report, item, fine ? CHECK_OK : rule->level, NULL);
        char recommended[sizeof f->recommended], wanted[64];

        check_set(f->present, "%s", text);
        say_values(recommended, sizeof recommended, rule->values);
        check_set(f->recommended, "%s", recommended);
        if (fine)
                return;
        if (rule->otherwise)
                check_set(f->note, "%s", rule->otherwise);
        snprintf(wanted, sizeof wanted, "%.*s", (int)strcspn(rule->values, " "), rule->values);
        check_change(report, CHANGE_VALUE, path, "", text, wanted);
}

/* The numbers again, with one of them replaced, as the kernel takes them. */
static void replace_field(
        char *to, size_t size, const uint64_t *numbers, int n, unsigned field, uint64_t wanted)
{
        size_t used = 0;

        for (int i = 0; i < n && used < size; i++)
                used += (size_t)snprintf(to + used, size - used, "%s%" PRIu64, i ? "\t" : "",
                        (unsigned)i == field ? wanted : numbers[i]);
}

static const char *field_name(int n, unsigned field)
{
        static const char *const names[] = {"first number ", "second number ", "third number "};

        return n > 1 && field < ARRAY_SIZE(names) ? names[field] : "";
}

static void judge_numbers(const struct check_item *item, struct check_report *report,
        const char *path, const char *text, const uint64_t *numbers, int n)
{
        const struct sysctl_rule *rule = item->rule;
        char note[sizeof((struct check_finding *)0)->note] = "", wanted[160];
        uint64_t needed = rule->need ? rule->need(&report->needs, note, sizeof note) : 0;
        uint64_t least = MAX(needed, rule->least), value = numbers[rule->field];
        bool low = value < least, high = rule->most && value > rule->most;
        struct check_finding *f =
                check_add(report, item, low || high ? rule->level : CHECK_OK, NULL);

        check_set(f->present, "%s", text);
        check_set(f->note, "%s%s%s", note, *note && (low || high) && rule->otherwise ? "; " : "",
                (low || high) && rule->otherwise ? rule->otherwise : "");
        if (rule->most)
                check_set(f->recommended, "%s%" PRIu64 " to %" PRIu64, field_name(n, rule->field),
                        least, rule->most);
        else
                check_set(f->recommended, "%sat least %" PRIu64, field_name(n, rule->field), least);
        if (!low && !high)
                return;
        replace_field(wanted, sizeof wanted, numbers, n, rule->field, low ? least : rule->most);
        check_change(report, CHANGE_VALUE, path, "", text, wanted);
}

static void not_understood(
        const struct check_item *item, struct check_report *report, const char *text)
{
        struct check_finding *f = check_add(report, item, CHECK_MISSING, NULL);

        check_set(f->present, "%s", text);
        check_set(f->note, "not what this setting holds in the kernels that are known");
}

void sysctl_look(const struct check_item *item, struct check_report *report)
{
        const struct sysctl_rule *rule = item->rule;
        char path[160], text[160];
        uint64_t numbers[MAX_FIELDS];
        ssize_t length;
        int n;

        sysctl_path(path, sizeof path, item->name);
        length = root_read(report->root, path, text, sizeof text);
        if (length == -ENOENT && rule->absent) {
                struct check_finding *f = check_add(report, item, CHECK_OK, NULL);

                check_set(f->present, "not there");
                check_set(f->note, "%s", rule->absent);
                return;
        }
        if (length < 0) {
                check_add_missing(report, item, NULL, path, (int)length);
                return;
        }
        n = values_numbers(text, numbers, MAX_FIELDS);
        if (n < 0 || (unsigned)n <= rule->field || (rule->values && n > 1))
                not_understood(item, report, text);
        else if (rule->values)
                judge_values(item, report, path, text);
        else
                judge_numbers(item, report, path, text, numbers, n);
}
