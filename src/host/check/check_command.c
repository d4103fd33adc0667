/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload host-check`: is this host set up for what is going to be measured? Changes nothing.
 */
#include "check.h"
#include "command.h"
#include "formats.h"
#include "option.h"
#include "run_role.h"
#include "tile_plan.h"

#include <errno.h>

enum format {
        FORMAT_TEXT,
        FORMAT_JSON,
};

static const char *const format_names[] = {"text", "json", NULL};

struct check_options {
        uint64_t tiles;
        char *root;
        unsigned format;
        bool all, fix_script;
};

#define CHECK(member) offsetof(struct check_options, member)

static const struct option check_options[] = {
        {"tiles", OPTION_COUNT, CHECK(tiles), "1", NULL,
                "what is to be enough for so many tiles of eight guests", .min = 1,
                .max = TILE_PLAN_MAX_TILE},
        {"root", OPTION_STRING, CHECK(root), "/", "DIR",
                "look at the proc, sys, etc and run in it: a copy of another host's, say"},
        {"format", OPTION_CHOICE, CHECK(format), "text", NULL, "how to print what was found",
                .choices = format_names},
        {"all", OPTION_BOOL, CHECK(all), "no", NULL,
                "text: why, risk and source also of what is as it should be"},
        {"fix-script", OPTION_BOOL, CHECK(fix_script), "no", NULL,
                "print a shell script instead, which mends what files can mend, and undoes that"},
};

enum {
        N_SETS = 1,
};

static void fill_sets(struct option_set sets[static N_SETS], struct check_options *options)
{
        sets[0] = (struct option_set){"Options", check_options, ARRAY_SIZE(check_options), options};
}

static int parse(const struct option_set *sets, const struct check_options *options, int argc,
        char *argv[], struct why *why)
{
        int r = option_sets_init(sets, N_SETS, why);

        if (r == 0)
                r = option_sets_argv(sets, N_SETS, argc - 1, argv + 1, why);
        if (r == 0 && options->fix_script && options->format != FORMAT_TEXT)
                r = why_set(why, -EINVAL, "--fix-script", NULL,
                        "does not go with --format: a script is neither");
        if (r == 0 && !*options->root)
                r = why_set(why, -EINVAL, "--root", NULL, "needs a directory");
        return r;
}

static int print(
        const struct check_report *report, const struct check_options *options, struct why *why)
{
        int r = options->fix_script              ? check_script(report, stdout)
                : options->format == FORMAT_JSON ? check_json(report, options->root, stdout)
                                                 : check_text(report, options->all, stdout);

        if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
                r = -EIO;
        return r < 0 ? why_errno(why, r, "standard output", NULL) : 0;
}

/* Exit status of a report that has been printed. */
static int conclude(const struct check_report *report, struct why *why)
{
        char summary[128];

        check_summary(report, summary, sizeof summary);
        if (!*summary)
                return EXIT_DONE;
        why_set(why, -EBADMSG, "host-check", NULL, "%s", summary);
        return EXIT_FOUND;
}

static int check(const struct check_options *options, struct why *why)
{
        struct check_report report;
        struct root root;
        int status = EXIT_FAILED;

        if (root_open(&root, options->root, why) < 0)
                return EXIT_FAILED;
        if (check_look(&report, &root, (unsigned)options->tiles, why) == 0) {
                if (print(&report, options, why) == 0)
                        status = conclude(&report, why);
                check_report_fini(&report);
        }
        root_close(&root);
        return status;
}

static int check_main(int argc, char *argv[], struct why *why)
{
        struct check_options options = {0};
        struct option_set sets[N_SETS];
        int status = EXIT_USAGE;

        fill_sets(sets, &options);
        if (parse(sets, &options, argc, argv, why) == 0)
                status = check(&options, why);
        option_sets_fini(sets, N_SETS);
        return status;
}

static void check_help(FILE *to)
{
        struct check_options options = {0};
        struct option_set sets[N_SETS];

        fill_sets(sets, &options);
        fputs("Usage: tileload host-check [OPTIONS]\n\n"
              "Looks at this host: what is there, what should be, why, and at what risk. Changes\n"
              "nothing. The exit status is 3 if there is something to mend.\n\n",
                to);
        option_sets_help(sets, N_SETS, to);
}

extern const struct command command_host_check;
const struct command command_host_check = {
        .name = "host-check",
        .summary = "is this host set up for so many tiles? item by item, with a script to mend it",
        .run = check_main,
        .help = check_help,
};
