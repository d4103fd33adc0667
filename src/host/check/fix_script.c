/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The script around the changes is fix_script.sh, built in: it has three places to be filled.
 */
#include "formats.h"

#include <string.h>

extern const char fix_script_template[];

#define MADE     "# @made@\n"
#define SETTINGS "# @settings@\n"
#define SERVICES "# @services@\n"
#define INDENT   "        "

enum {
        WIDTH = 98,
};

/* In single quotes, as the shell takes everything but those themselves. */
static void print_quoted(FILE *to, const char *text)
{
        fputs(" '", to);
        for (; *text; text++)
                if (*text == '\'')
                        fputs("'\\''", to);
                else
                        fputc(*text, to);
        fputc('\'', to);
}

static void print_change(FILE *to, const struct check_change *change)
{
        fputs(INDENT, to);
        switch (change->kind) {
        case CHANGE_VALUE:
        case CHANGE_CHOICE:
                fputs(change->kind == CHANGE_VALUE ? "value" : "choice", to);
                print_quoted(to, change->path);
                print_quoted(to, change->found);
                print_quoted(to, change->wanted);
                break;
        case CHANGE_CONF:
                fputs("conf", to);
                print_quoted(to, change->path);
                print_quoted(to, change->key);
                print_quoted(to, change->found);
                print_quoted(to, change->wanted);
                break;
        case CHANGE_UNITS:
                fprintf(to, "running %s", change->wanted); /* names from a table of ours */
                break;
        }
        fputc('\n', to);
}

static void print_comment(FILE *to, const char *label, const char *text)
{
        char first[48];

        if (!text || !*text)
                return;
        snprintf(first, sizeof first, INDENT "#   %-8s", label);
        check_wrap(to, first, INDENT "#           ", text, WIDTH);
}

static void print_finding(FILE *to, const struct check_finding *f)
{
        fprintf(to, INDENT "# %s%s%s (%s): %s\n", f->item->name, f->subject[0] ? " " : "",
                f->subject, check_level_name(f->level), f->present);
        print_comment(to, "should", f->recommended);
        print_comment(to, "note", f->note);
        print_comment(to, "why", f->item->why);
        print_comment(to, "risk", f->item->risk);
        print_comment(to, "source", f->item->source);
}

/* The first change of a finding; NULL: there is none. All are of one kind. */
static const struct check_change *change_of(const struct check_report *report, size_t finding)
{
        for (size_t i = 0; i < report->n_changes; i++)
                if (report->changes[i].finding == finding)
                        return &report->changes[i];
        return NULL;
}

/* units: services and timers, else settings. */
static void print_changes(FILE *to, const struct check_report *report, bool units)
{
        for (size_t i = 0; i < report->n_findings; i++) {
                const struct check_change *change = change_of(report, i);

                if (!check_level_is_finding(report->findings[i].level) || !change ||
                        (change->kind == CHANGE_UNITS) != units)
                        continue;
                print_finding(to, &report->findings[i]);
                for (size_t j = 0; j < report->n_changes; j++)
                        if (report->changes[j].finding == i)
                                print_change(to, &report->changes[j]);
                fputc('\n', to);
        }
}

/* What no file can mend: more memory, a reboot, another card. */
static void print_rest(FILE *to, const struct check_report *report)
{
        bool any = false;

        for (size_t i = 0; i < report->n_findings; i++) {
                if (!check_level_is_finding(report->findings[i].level) || change_of(report, i))
                        continue;
                if (!any)
                        fputs(INDENT "# ---- left to you: nothing below does anything ----\n\n",
                                to);
                any = true;
                print_finding(to, &report->findings[i]);
                fputc('\n', to);
        }
}

/* The template from here up to a place to be filled; returns what is behind it. */
static const char *print_up_to(FILE *to, const char *at, const char *place)
{
        const char *end = strstr(at, place);

        fwrite(at, 1, (size_t)(end - at), to);
        return end + strlen(place);
}

int check_script(const struct check_report *report, FILE *to)
{
        const char *at = print_up_to(to, fix_script_template, MADE);

        fprintf(to, "# Made by tileload %s: host-check --fix-script --tiles %u.\n",
                TILELOAD_VERSION, report->needs.tiles);
        at = print_up_to(to, at, SETTINGS);
        print_changes(to, report, false);
        at = print_up_to(to, at, SERVICES);
        print_changes(to, report, true);
        print_rest(to, report);
        fputs(at, to);
        return 0;
}
