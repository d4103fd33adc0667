/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload run`: launch tiles, measure them, step by step, and take them down again.
 */
#include "command.h"
#include "launch.h"
#include "manifest.h"
#include "profile.h"
#include "resume.h"
#include "run_options.h"
#include "run_role.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

struct run {
        const struct run_options *options;
        const struct launcher_ops *ops;
        struct launcher *launcher;
        struct session session;
        struct sweep sweep;
        unsigned running; /* tiles */
};

static int check_launcher(void *context, struct why *why)
{
        struct run *run = context;

        return run->ops->check(run->launcher, why);
}

static int write_targets(struct run *run, struct why *why)
{
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/targets.json", run->session.directory.path);
        return targets_write(run->ops->targets(run->launcher), path, why);
}

static int ask_launcher(void *context, unsigned tile, unsigned guest, const char *problem,
        struct guest_trouble *ret)
{
        struct run *run = context;

        return run->ops->trouble(run->launcher, tile, guest, problem, ret);
}

static size_t ask_remotes(void *context, struct remote_counts *ret, size_t max)
{
        struct run *run = context;

        return run->ops->remotes(run->launcher, ret, max);
}

/* ---- steps ---- */

static const char *plural(unsigned n)
{
        return n == 1 ? "" : "s";
}

static int start_up_to(struct run *run, unsigned n, struct why *why)
{
        unsigned more = n - run->running;
        int r;

        progress_say(&run->session.progress, "starting %u tile%s", more, plural(more));
        r = run->ops->start(run->launcher, run->running + 1, n, run->session.signal_fd, why);
        if (r == -EINTR)
                session_watch(&run->session).check(&run->session, why);
        return r;
}

/* That some had to be killed is no reason not to measure the others. */
static int end_down_to(struct run *run, unsigned n, struct why *why)
{
        unsigned less = run->running - n;
        char text[1024];
        int r;

        progress_say(&run->session.progress, "ending %u tile%s", less, plural(less));
        r = run->ops->end_above(run->launcher, n, why);
        if (r == -ETIME)
                progress_say(&run->session.progress, "%s", why_format(why, text, sizeof text));
        return r == -ETIME ? 0 : r;
}

static int have_tiles(struct run *run, unsigned n, struct why *why)
{
        int r = 0;

        if (n > run->running)
                r = start_up_to(run, n, why);
        else if (n < run->running)
                r = end_down_to(run, n, why);
        if (r < 0)
                return r;
        run->running = n;
        r = write_targets(run, why);
        if (r == 0)
                r = result_placement(&run->session.result, run->ops->placement(run->launcher), why);
        return r;
}

static int measure(struct run *run, unsigned repeat, struct why *why)
{
        struct session_launcher launcher = {
                .watch = {run->ops->fd(run->launcher), check_launcher, run},
                .trouble = run->ops->trouble ? ask_launcher : NULL,
                .remotes = run->ops->remotes ? ask_remotes : NULL,
                .context = run,
        };

        if (run->options->sweep.repeat > 1)
                progress_say(&run->session.progress, "window %u of %u", repeat,
                        run->options->sweep.repeat);
        return session_step(
                &run->session, run->ops->targets(run->launcher), repeat, &launcher, why);
}

static int steps(struct run *run, struct why *why)
{
        unsigned tiles, repeat, decided = 0;
        enum sweep_end end;
        int r = 0;

        while (r == 0 && sweep_next(&run->sweep, &tiles, &repeat)) {
                r = have_tiles(run, tiles, why);
                if (r == 0)
                        r = measure(run, repeat, why);
        }
        if (r < 0)
                return r;
        end = sweep_ended(&run->sweep, &decided);
        if (decided == run->options->sweep.last)
                return 0;
        if (end == SWEEP_INVALID)
                progress_say(&run->session.progress, "%u tile%s %s not valid: no further steps",
                        decided, plural(decided), decided == 1 ? "is" : "are");
        else if (end == SWEEP_NO_GAIN)
                progress_say(&run->session.progress, "%u tiles bring no more: no further steps",
                        decided);
        return 0;
}

/* ---- from begin to end ---- */

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

static struct launch_config config_of(
        struct run *run, const char *program, const char *directory, struct guest_load_texts *texts)
{
        const struct run_options *o = run->options;
        struct launch_config config = {
                .program = program,
                .directory = directory,
                .rate_per_s = o->rate_per_s,
                .arrival = run_arrivals[o->arrival],
                .max_in_flight = o->max_in_flight,
                .seed = o->seed,
                .ready_timeout_ns = o->ready_timeout_ns,
                .last_tile = o->sweep.last,
                .placement = o->placement,
                .progress = &run->session.progress,
                .libvirt = &o->libvirt,
                .database_memory = o->database_memory,
        };

        guest_loads_fill(&config, &o->loads, texts);
        return config;
}

static int begin_results(struct run *run, int argc, char *argv[], struct why *why)
{
        const struct run_options *o = run->options;
        struct option_set sets[RUN_SETS];
        const char *const *notes = run->ops->notes(run->launcher);
        size_t n = run_options_in_force(o, sets);

        if (run->session.result.json) /* goes on */
                return result_resumed_notes(&run->session.result, notes) < 0
                               ? why_errno(why, -ENOMEM, "results", NULL)
                               : 0;
        return session_manifest(&run->session, manifest_json(argc, argv, sets, n), run->ops->name,
                profile_names[o->profile], notes, why);
}

static int launch_and_measure(struct run *run, int argc, char *argv[], struct why *why)
{
        char program[PATH_MAX], directory[PATH_MAX];
        struct guest_load_texts texts;
        struct launch_config config = config_of(run, program, directory, &texts);
        int r = absolute(directory, run->session.directory.path, why);

        if (r == 0)
                r = absolute(program, "/proc/self/exe", why);
        if (r == 0)
                r = run->ops->new (&config, run->session.signal_fd, &run->launcher, why);
        if (r == -EINTR)
                session_watch(&run->session).check(&run->session, why);
        if (r < 0)
                return r;
        tell_notes(run);
        r = begin_results(run, argc, argv, why);
        if (r == 0)
                r = steps(run, why);
        stop(run);
        return r;
}

static int begin_again(struct run *run, struct resume *resume, struct why *why)
{
        int kept = resume_replay(resume, &run->sweep, why), r;

        if (kept < 0)
                return kept;
        r = session_begin_again(&run->session, &run->options->session, resume, why);
        if (r < 0)
                return r;
        result_set_valid_tiles(&run->session.result, sweep_valid_tiles(&run->sweep));
        progress_say(&run->session.progress, "%d window%s there already", kept,
                kept == 1 ? " is" : "s are");
        return 0;
}

/* resume: NULL, or the run to go on with. */
static int launch(struct run *run, struct resume *resume, int argc, char *argv[], struct why *why)
{
        const char *unavailable = launcher_unavailable(run->ops);
        unsigned tiles, repeat;
        int r;

        if (unavailable) {
                why_set(why, -ENOSYS, "--launch", run->ops->name, "%s", unavailable);
                return EXIT_UNSUPPORTED;
        }
        sweep_init(&run->sweep, &run->options->sweep);
        r = resume ? begin_again(run, resume, why)
                   : session_begin(&run->session, &run->options->session, why);
        if (r < 0)
                return EXIT_FAILED;
        run->session.sweep = &run->sweep;
        /* One that was killed between its last window and its end has nothing to launch. */
        if (sweep_next(&run->sweep, &tiles, &repeat))
                r = launch_and_measure(run, argc, argv, why);
        return session_end(&run->session, r, why);
}

static int go(
        struct run_options *options, struct resume *resume, int argc, char *argv[], struct why *why)
{
        struct run run = {.options = options, .ops = launcher_table[options->launcher]};

        return launch(&run, resume, argc, argv, why);
}

static int go_on(struct run_options *options, int argc, char *argv[], struct why *why)
{
        _cleanup_free_ char **words = NULL;
        struct resume resume;
        int n_words = 0, status = EXIT_USAGE;

        if (resume_open(&resume, options->resume, why) < 0)
                return EXIT_FAILED;
        words = resume_argv(&resume, argc, argv, &n_words);
        run_options_fini(options);
        if (!words)
                why_errno(why, -ENOMEM, "--resume", NULL);
        else if (run_options_parse(options, n_words, words, why) == 0)
                status = resume_check_options(&resume, options, why) < 0
                                 ? EXIT_FAILED
                                 : go(options, &resume, n_words, words, why);
        resume_fini(&resume);
        return status;
}

static int run_main(int argc, char *argv[], struct why *why)
{
        struct run_options options;
        int status = EXIT_USAGE;

        if (run_options_parse(&options, argc, argv, why) == 0)
                status = options.resume ? go_on(&options, argc, argv, why)
                                        : go(&options, NULL, argc, argv, why);
        run_options_fini(&options);
        return status;
}

static void run_help(FILE *to)
{
        fputs("Usage: tileload run [OPTIONS]\n\n"
              "Starts tiles of eight guests, loads web server 1 of each from outside, measures,\n"
              "judges, and takes everything down again.\n\n",
                to);
        run_options_help(to);
}

extern const struct command command_run;
const struct command command_run = {
        .name = "run",
        .summary = "launch tiles, measure them, and say how they were served",
        .run = run_main,
        .help = run_help,
};
