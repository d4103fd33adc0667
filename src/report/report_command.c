/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload report`: what a run has found, for people, spreadsheets and programs.
 */
#include "command.h"
#include "option.h"
#include "report.h"
#include "run_role.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define RESULTS "tileload-results"

struct report_options {
        unsigned format;
        char *output;
};

static const struct option own_options[] = {
        {"format", OPTION_CHOICE, offsetof(struct report_options, format), "html", NULL,
                "how it is written", report_format_names},
        {"output", OPTION_STRING, offsetof(struct report_options, output), NULL, "FILE",
                "where to [html: report.html beside run.json; others: standard output]"},
};

static void fill_set(struct option_set *set, struct report_options *options)
{
        *set = (struct option_set){"Report", own_options, ARRAY_SIZE(own_options), options};
}

/* ---- which runs ---- */

static int is_shown(const struct dirent *entry)
{
        return entry->d_name[0] != '.';
}

/* The last run that was made here: `run` names directories by the time. */
static int find_newest(char **ret, struct why *why)
{
        struct dirent **list;
        int n = scandir(RESULTS, &list, is_shown, alphasort);

        *ret = NULL;
        for (int i = n - 1; i >= 0; i--) {
                char *path = NULL;

                if (!*ret && asprintf(&path, RESULTS "/%s/run.json", list[i]->d_name) < 0)
                        path = NULL;
                if (path && access(path, F_OK) == 0)
                        *ret = STEAL_PTR(path);
                free(path);
                free(list[i]);
        }
        if (n >= 0)
                free(list);
        if (!*ret)
                return why_set(why, -ENOENT, "report", NULL,
                        "of which run? Name its results directory: there is none in ./" RESULTS);
        return 0;
}

/* ---- reports ---- */

/* What was measured is not written over. */
static int check_output(const char *output, const struct report *report, struct why *why)
{
        struct stat a, b;

        if (!output || stat(output, &a) < 0 || stat(report->run, &b) < 0)
                return 0;
        if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
                return 0;
        return why_set(why, -EINVAL, "--output", output, "is the run that is reported on");
}

/* Writes it, and says so, beginning with the answer. output NULL: beside run.json. */
static int save(const struct report *report, const char *output, struct why *why)
{
        const char *path = output ? output : report->beside;
        int r = report_save(report, path, why);

        if (r == 0)
                printf("%s\nreport: %s\n", report->answer, path);
        if (r == 0 && report->note)
                printf("note: %s\n", report->note);
        return r;
}

/* A file for each run. */
static int save_each(
        const struct report_options *options, const char **runs, size_t n, struct why *why)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < n; i++) {
                struct report report;

                r = report_make(&report, runs[i], options->format, why);
                if (r < 0)
                        return r;
                r = check_output(options->output, &report, why);
                if (r == 0)
                        r = save(&report, options->output, why);
                report_fini(&report);
        }
        return r;
}

/* One after the other; rows of several runs are one table. */
static int join(FILE *to, const struct report_options *options, const char **runs, size_t n,
        char **ret_answer, struct why *why)
{
        bool apart = options->format == REPORT_TEXT || options->format == REPORT_MARKDOWN;

        if (options->format == REPORT_CSV)
                report_csv_header(to);
        for (size_t i = 0; i < n; i++) {
                struct report report;
                int r = report_make(&report, runs[i], options->format, why);

                if (r < 0)
                        return r;
                r = check_output(options->output, &report, why);
                if (apart && i)
                        fputc('\n', to);
                fwrite(report.text, 1, report.size, to);
                free(*ret_answer);
                *ret_answer = STEAL_PTR(report.answer);
                report_fini(&report);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* All runs in one stream. Nothing is written unless all can be. */
static int write_all(
        const struct report_options *options, const char **runs, size_t n, struct why *why)
{
        struct report all = {0};
        FILE *to = open_memstream(&all.text, &all.size);
        int r;

        if (!to)
                return why_errno(why, -errno, "report", NULL);
        r = join(to, options, runs, n, &all.answer, why);
        if (fclose(to) != 0 && r == 0)
                r = why_errno(why, -ENOMEM, "report", NULL);
        if (r == 0 && options->output)
                r = save(&all, options->output, why);
        else if (r == 0)
                fwrite(all.text, 1, all.size, stdout);
        report_fini(&all);
        return r;
}

static int report_on(
        const struct report_options *options, const char **runs, size_t n, struct why *why)
{
        _cleanup_free_ char *newest = NULL;
        int r = 0;

        if (n == 0) {
                r = find_newest(&newest, why);
                runs[n++] = newest;
        }
        if (r == 0 && options->format == REPORT_HTML)
                r = save_each(options, runs, n, why);
        else if (r == 0)
                r = write_all(options, runs, n, why);
        return r;
}

/* ---- the command ---- */

static int parse(const struct option_set *set, const struct report_options *options, int argc,
        char *argv[], const char **runs, size_t *ret_n, struct why *why)
{
        int r = option_sets_init(set, 1, why);

        if (r == 0)
                r = option_sets_argv_words(set, 1, argc - 1, argv + 1, runs, ret_n, why);
        if (r == 0 && options->output && options->format == REPORT_HTML && *ret_n > 1)
                r = why_set(why, -EINVAL, "--output", options->output,
                        "is one file, and each run has a page of its own: leave it out, or name "
                        "one run");
        return r;
}

static int report_main(int argc, char *argv[], struct why *why)
{
        _cleanup_free_ const char **runs = calloc((size_t)argc + 1, sizeof *runs);
        struct report_options options = {0};
        struct option_set set;
        size_t n = 0;
        int status = EXIT_USAGE;

        if (!runs) {
                why_errno(why, -ENOMEM, "report", NULL);
                return EXIT_FAILED;
        }
        fill_set(&set, &options);
        if (parse(&set, &options, argc, argv, runs, &n, why) == 0)
                status = report_on(&options, runs, n, why) < 0 ? EXIT_FAILED : EXIT_DONE;
        option_sets_fini(&set, 1);
        return status;
}

static void report_help(FILE *to)
{
        struct report_options options = {0};
        struct option_set set;

        fill_set(&set, &options);
        fputs("Usage: tileload report [OPTIONS] [DIR|run.json]...\n\n"
              "Says what runs have found, the answer first. Without DIR it is the newest run in\n"
              "./" RESULTS ". Several runs: a page each, rows of one table (csv), or one after\n"
              "the other.\n\n",
                to);
        option_sets_help(&set, 1, to);
}

extern const struct command command_report;
const struct command command_report = {
        .name = "report",
        .summary = "make a page, tables or text of what runs have found",
        .run = report_main,
        .help = report_help,
};
