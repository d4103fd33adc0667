/* SPDX-License-Identifier: Apache-2.0 */
#include "formats.h"

#include <string.h>

enum {
        WIDTH = 100,
        NAME_WIDTH = 44,
};

#define INDENT "           "

void check_wrap(FILE *to, const char *first, const char *rest, const char *text, size_t width)
{
        const char *begin = first;
        size_t column = strlen(begin);

        fputs(begin, to);
        for (bool fresh = true; *text;) {
                size_t length = strcspn(text, " ");

                if (!fresh && column + 1 + length > width) {
                        fprintf(to, "\n%s", rest);
                        column = strlen(rest);
                        fresh = true;
                }
                if (!fresh) {
                        fputc(' ', to);
                        column++;
                }
                fprintf(to, "%.*s", (int)length, text);
                column += length;
                text += length;
                text += strspn(text, " ");
                fresh = false;
        }
        fputc('\n', to);
}

static void print_detail(FILE *to, const char *label, const char *text)
{
        char first[32];

        if (!text || !*text)
                return;
        snprintf(first, sizeof first, INDENT "%-8s", label);
        check_wrap(to, first, INDENT "        ", text, WIDTH);
}

/* told: the one before was about the same item, and said why. */
static void print_finding(FILE *to, const struct check_finding *f, bool details, bool told)
{
        char name[128];
        bool differs = f->level != CHECK_MISSING && f->recommended[0];

        snprintf(name, sizeof name, "%s%s%s", f->item->name, f->subject[0] ? " " : "", f->subject);
        fprintf(to, "  %-8s %-*s  %s", check_level_name(f->level), NAME_WIDTH, name,
                f->present[0] ? f->present : "?");
        if (differs && !details && strcmp(f->present, f->recommended) != 0)
                fprintf(to, "  (%s)", f->recommended);
        fputc('\n', to);
        if (details)
                print_detail(to, "should", f->recommended);
        print_detail(to, "note", f->note);
        if (!details || told)
                return;
        print_detail(to, "why", f->item->why);
        print_detail(to, "risk", f->item->risk);
        print_detail(to, "source", f->item->source);
        print_detail(to, "2009", f->item->study);
}

char *check_summary(const struct check_report *report, char *text, size_t size)
{
        size_t warnings = check_count(report, CHECK_WARNING);
        size_t advice = check_count(report, CHECK_ADVICE);
        char a[48] = "", b[48] = "";

        if (warnings)
                snprintf(a, sizeof a, "%zu warning%s", warnings, warnings == 1 ? "" : "s");
        if (advice)
                snprintf(b, sizeof b, "%zu piece%s of advice", advice, advice == 1 ? "" : "s");
        snprintf(text, size, "%s%s%s", a, *a && *b ? " and " : "", b);
        return text;
}

static void print_end(FILE *to, const struct check_report *report)
{
        char summary[128];

        check_summary(report, summary, sizeof summary);
        fprintf(to, "\n%s; %zu ok; %zu cannot be told here\n",
                *summary ? summary : "nothing to mend", check_count(report, CHECK_OK),
                check_count(report, CHECK_MISSING));
        if (report->n_changes)
                fputs("--fix-script prints a script that mends what files can mend, and undoes "
                      "it\n",
                        to);
}

int check_text(const struct check_report *report, bool all, FILE *to)
{
        const struct check_group *group = NULL;
        const struct check_item *told = NULL;

        fprintf(to, "For %u tile%s of eight guests%s:\n", report->needs.tiles,
                report->needs.tiles == 1 ? "" : "s",
                report->needs.guests ? "" : " as processes (there is no KVM here)");
        for (size_t i = 0; i < report->n_findings; i++) {
                const struct check_finding *f = &report->findings[i];
                bool details;

                if (f->group != group)
                        fprintf(to, "\n%s\n", f->group->title);
                group = f->group;
                details = all || check_level_is_finding(f->level);
                print_finding(to, f, details, told == f->item);
                if (details)
                        told = f->item;
        }
        print_end(to, report);
        return 0;
}
