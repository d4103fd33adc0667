/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload run`: launch tiles, measure them, step by step, and take them down again.
 */
#include "command.h"
#include "guest_loads.h"
#include "launch.h"
#include "libvirt_config.h"
#include "manifest.h"
#include "parse.h"
#include "run_role.h"
#include "session.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const arrivals[] = {"uniform", "poisson", NULL};

struct run_options {
        unsigned launcher;
        char *tiles;
        unsigned first, last; /* from tiles */
        bool stop_at_invalid;
        double rate_per_s;
        unsigned arrival;
        uint64_t max_in_flight, seed, ready_timeout_ns;
        struct guest_loads loads;
        struct session_config session;
        struct libvirt_config libvirt;
};

#define RUN(member) offsetof(struct run_options, member)

static const struct option run_options[] = {
        {"launch", OPTION_CHOICE, RUN(launcher), "process", NULL,
                "where guests run: on this machine as processes, or made by libvirt",
                .choices = launcher_names},
        {"tiles", OPTION_STRING, RUN(tiles), "1", "N|N-M",
                "so many tiles at once, or one step after another from N to M"},
        {"stop-at-invalid", OPTION_BOOL, RUN(stop_at_invalid), "yes", NULL,
                "end the steps at the first one that is not valid"},
        {"ready-timeout", OPTION_DURATION, RUN(ready_timeout_ns), "3m", NULL,
                "every guest of a step must be ready within this"},
};

static const struct option load_options[] = {
        {"rate", OPTION_NUMBER, RUN(rate_per_s), "200", "PER-SECOND",
                "requests that each tile's external client offers", .max = 1000000},
        {"arrival", OPTION_CHOICE, RUN(arrival), "poisson", NULL,
                "how the due times of these requests are spread", .choices = arrivals},
        {"max-in-flight", OPTION_COUNT, RUN(max_in_flight), "1000", NULL,
                "requests of one external client at the same time; more are dropped", .min = 1,
                .max = 1000000},
        {"seed", OPTION_COUNT, RUN(seed), "1", NULL,
                "the same seed gives the same requests in the same order"},
};

enum {
        /* Those of one launcher only come last. */
        N_COMMON_SETS = 5,
        N_SETS = N_COMMON_SETS + 3,
};

static void fill_sets(struct option_set sets[static N_SETS], struct run_options *options)
{
        sets[0] = (struct option_set){"Run", run_options, ARRAY_SIZE(run_options), options};
        sets[1] = (struct option_set){
                "Offered load", load_options, ARRAY_SIZE(load_options), options};
        sets[2] = (struct option_set){
                "Measuring", session_options, N_SESSION_OPTIONS, &options->session};
        sets[3] = (struct option_set){"Verdict", limit_options, N_LIMIT_OPTIONS, &options->session};
        sets[4] = (struct option_set){"Guests, where not as the role's own default",
                guest_load_options, N_GUEST_LOAD_OPTIONS, &options->loads};
        sets[5] = (struct option_set){"With --launch libvirt", libvirt_connect_options,
                N_LIBVIRT_CONNECT_OPTIONS, &options->libvirt};
        sets[6] = (struct option_set){
                NULL, libvirt_guest_options, N_LIBVIRT_GUEST_OPTIONS, &options->libvirt};
        sets[7] = (struct option_set){
                NULL, libvirt_client_options, N_LIBVIRT_CLIENT_OPTIONS, &options->libvirt};
}

static bool for_libvirt(const struct run_options *options)
{
        return strcmp(launcher_names[options->launcher], "libvirt") == 0;
}

/* The sets that say something in this run. */
static size_t n_sets(const struct run_options *options)
{
        return for_libvirt(options) ? N_SETS : N_COMMON_SETS;
}

/* An option that would do nothing is a slip. */
static int refuse_set(const struct option_set *set, struct why *why)
{
        for (size_t i = 0; i < set->n_options; i++) {
                const struct option *option = &set->options[i];
                _cleanup_free_ char *text = option_text(option, set->config);
                char what[sizeof why->what];

                if (!text || (option->fallback && strcmp(text, option->fallback) == 0))
                        continue;
                snprintf(what, sizeof what, "--%s", option->name);
                return why_set(why, -EINVAL, what, text, "goes with --launch libvirt only");
        }
        return 0;
}

static int check(struct run_options *options, struct why *why)
{
        if (parse_range(options->tiles, &options->first, &options->last) < 0)
                return why_set(why, -EINVAL, "--tiles", options->tiles,
                        "not a number of tiles: write 4, or 1-4 for steps from 1 to 4");
        if (options->last > 250)
                return why_set(why, -ERANGE, "--tiles", options->tiles, "at most 250 tiles");
        if (!(options->rate_per_s > 0))
                return why_set(why, -ERANGE, "--rate", NULL, "must be above 0");
        return 0;
}

static int parse(const struct option_set *sets, struct run_options *options, int argc, char *argv[],
        struct why *why)
{
        int r = option_sets_init(sets, N_SETS, why);

        if (r == 0)
                r = option_sets_argv(sets, N_SETS, argc - 1, argv + 1, why);
        for (size_t i = n_sets(options); r == 0 && i < N_SETS; i++)
                r = refuse_set(&sets[i], why);
        return r == 0 ? check(options, why) : r;
}

struct run {
        const struct run_options *options;
        const struct launcher_ops *ops;
        struct launcher *launcher;
        struct session session;
};

static int check_launcher(void *context, struct why *why)
{
        struct run *run = context;

        return run->ops->check(run->launcher, why);
}

static int write_targets(struct run *run, struct why *why)
{
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/targets.json", run->session.directory);
        return targets_write(run->ops->targets(run->launcher), path, why);
}

static int ask_launcher(void *context, unsigned tile, unsigned guest, const char *problem,
        struct guest_trouble *ret)
{
        struct run *run = context;

        return run->ops->trouble(run->launcher, tile, guest, problem, ret);
}

/* One step: from `running` to n tiles. */
static int step(struct run *run, unsigned running, unsigned n, bool *ret_valid, struct why *why)
{
        struct session_launcher launcher = {
                .watch = {run->ops->fd(run->launcher), check_launcher, run},
                .trouble = run->ops->trouble ? ask_launcher : NULL,
                .context = run,
        };
        int r;

        progress_say(&run->session.progress, "starting %u tile%s", n - running,
                n - running == 1 ? "" : "s");
        r = run->ops->start(run->launcher, running + 1, n, run->session.signal_fd, why);
        if (r == -EINTR)
                session_watch(&run->session).check(&run->session, why);
        if (r == 0)
                r = write_targets(run, why);
        if (r == 0)
                r = session_step(
                        &run->session, run->ops->targets(run->launcher), &launcher, ret_valid, why);
        return r;
}

static int steps(struct run *run, struct why *why)
{
        unsigned running = 0;
        int r = 0;

        for (unsigned n = run->options->first; r == 0 && n <= run->options->last; n++) {
                bool valid;

                r = step(run, running, n, &valid, why);
                running = n;
                if (r == 0 && !valid && run->options->stop_at_invalid && n < run->options->last) {
                        progress_say(&run->session.progress,
                                "%u tiles are not valid: no further steps", n);
                        break;
                }
        }
        return r;
}

static int absolute(char path[static PATH_MAX], const char *relative, struct why *why)
{
        return realpath(relative, path) ? 0 : why_errno(why, -errno, "--output", relative);
}

static void tell_notes(struct run *run)
{
        for (const char *const *note = run->ops->notes(run->launcher); note && *note; note++)
                progress_say(&run->session.progress, "note: %s", *note);
}

static void stop(struct run *run)
{
        struct why why = {0};
        char text[1024];

        progress_say(&run->session.progress, "stopping");
        if (run->ops->stop(run->launcher, &why) < 0)
                progress_say(&run->session.progress, "%s", why_format(&why, text, sizeof text));
        run->ops->free(run->launcher);
}

static int launch_and_measure(
        struct run *run, const struct option_set *sets, int argc, char *argv[], struct why *why)
{
        const struct run_options *o = run->options;
        char program[PATH_MAX], directory[PATH_MAX];
        struct guest_load_texts texts;
        struct launch_config config = {
                .program = program,
                .directory = directory,
                .rate_per_s = o->rate_per_s,
                .arrival = arrivals[o->arrival],
                .max_in_flight = o->max_in_flight,
                .seed = o->seed,
                .ready_timeout_ns = o->ready_timeout_ns,
                .last_tile = o->last,
                .progress = &run->session.progress,
                .libvirt = &o->libvirt,
        };
        int r = absolute(directory, run->session.directory, why);

        guest_loads_fill(&config, &o->loads, &texts);
        if (r == 0)
                r = absolute(program, "/proc/self/exe", why);
        if (r == 0)
                r = run->ops->new (&config, run->session.signal_fd, &run->launcher, why);
        if (r == -EINTR)
                session_watch(&run->session).check(&run->session, why);
        if (r < 0)
                return r;
        tell_notes(run);
        r = session_manifest(&run->session, manifest_json(argc, argv, sets, n_sets(o)),
                run->ops->name, run->ops->notes(run->launcher), why);
        if (r == 0)
                r = steps(run, why);
        stop(run);
        return r;
}

static int launch(
        struct run *run, const struct option_set *sets, int argc, char *argv[], struct why *why)
{
        const char *unavailable = launcher_unavailable(run->ops);
        int r;

        if (unavailable) {
                why_set(why, -ENOSYS, "--launch", run->ops->name, "%s", unavailable);
                return EXIT_UNSUPPORTED;
        }
        r = session_begin(&run->session, &run->options->session, why);
        if (r < 0)
                return EXIT_FAILED;
        r = launch_and_measure(run, sets, argc, argv, why);
        return session_end(&run->session, r, why);
}

static int run_main(int argc, char *argv[], struct why *why)
{
        struct run_options options = {0};
        struct option_set sets[N_SETS];
        struct run run = {.options = &options};
        int status = EXIT_USAGE;

        fill_sets(sets, &options);
        if (parse(sets, &options, argc, argv, why) == 0) {
                run.ops = launcher_table[options.launcher];
                status = launch(&run, sets, argc, argv, why);
        }
        option_sets_fini(sets, N_SETS);
        return status;
}

static void run_help(FILE *to)
{
        struct run_options options = {0};
        struct option_set sets[N_SETS];

        fill_sets(sets, &options);
        fputs("Usage: tileload run [OPTIONS]\n\n"
              "Starts tiles of eight guests, loads web server 1 of each from outside, measures,\n"
              "judges, and takes everything down again.\n\n",
                to);
        option_sets_help(sets, N_SETS, to);
}

extern const struct command command_run;
const struct command command_run = {
        .name = "run",
        .summary = "launch tiles, measure them, and say how they were served",
        .run = run_main,
        .help = run_help,
};
