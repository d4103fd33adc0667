/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload measure`: one window of roles that something else started.
 */
#include "command.h"
#include "manifest.h"
#include "run_role.h"
#include "session.h"

#include <errno.h>

struct measure_options {
        char *targets;
        struct session_config session;
};

static const struct option own_options[] = {
        {"targets", OPTION_STRING, offsetof(struct measure_options, targets), NULL, "FILE",
                "the endpoints to measure, as written by run (docs/results.md)"},
};

enum {
        N_SETS = 3,
};

static void fill_sets(struct option_set sets[static N_SETS], struct measure_options *options)
{
        sets[0] = (struct option_set){
                "What to measure", own_options, ARRAY_SIZE(own_options), options};
        sets[1] = (struct option_set){
                "Measuring", session_options, N_SESSION_OPTIONS, &options->session};
        sets[2] = (struct option_set){"Verdict", limit_options, N_LIMIT_OPTIONS, &options->session};
}

static int parse(const struct option_set *sets, struct measure_options *options,
        struct targets *targets, int argc, char *argv[], struct why *why)
{
        int r = option_sets_init(sets, N_SETS, why);

        if (r == 0)
                r = option_sets_argv(sets, N_SETS, argc - 1, argv + 1, why);
        if (r == 0 && !options->targets)
                r = why_set(
                        why, -EINVAL, "--targets", NULL, "needs a file: what is to be measured?");
        if (r == 0)
                r = targets_read(targets, options->targets, why);
        return r;
}

static int measure(const struct option_set *sets, const struct measure_options *options,
        const struct targets *targets, int argc, char *argv[], struct why *why)
{
        struct session session;
        int r = session_begin(&session, &options->session, why);

        if (r < 0)
                return EXIT_FAILED;
        r = session_manifest(
                &session, manifest_json(argc, argv, sets, N_SETS), "none", NULL, NULL, why);
        if (r == 0)
                r = session_step(&session, targets, 1, NULL, why);
        return session_end(&session, r, why);
}

static int measure_main(int argc, char *argv[], struct why *why)
{
        struct measure_options options = {0};
        struct option_set sets[N_SETS];
        struct targets targets = {0};
        int status = EXIT_USAGE;

        fill_sets(sets, &options);
        if (parse(sets, &options, &targets, argc, argv, why) == 0)
                status = measure(sets, &options, &targets, argc, argv, why);
        targets_fini(&targets);
        option_sets_fini(sets, N_SETS);
        return status;
}

static void measure_help(FILE *to)
{
        struct measure_options options = {0};
        struct option_set sets[N_SETS];

        fill_sets(sets, &options);
        fputs("Usage: tileload measure --targets FILE [OPTIONS]\n\n"
              "Measures roles that something else started, for one window.\n\n",
                to);
        option_sets_help(sets, N_SETS, to);
}

extern const struct command command_measure;
const struct command command_measure = {
        .name = "measure",
        .summary = "measure roles that something else started",
        .run = measure_main,
        .help = measure_help,
};
