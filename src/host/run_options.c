/* SPDX-License-Identifier: Apache-2.0 */
#include "run_options.h"

#include "launch.h"
#include "parse.h"
#include "profile.h"

#include <errno.h>
#include <string.h>

#define RUN(member) offsetof(struct run_options, member)

const char *const run_arrivals[] = {"uniform", "poisson", NULL};

static const struct option run_options[] = {
        {"launch", OPTION_CHOICE, RUN(launcher), "process", NULL,
                "where guests run: on this machine as processes, or made by libvirt",
                .choices = launcher_names},
        {"ready-timeout", OPTION_DURATION, RUN(ready_timeout_ns), "3m", NULL,
                "every guest of a step must be ready within this"},
        {"placement", OPTION_STRING, RUN(placement), NULL, "FILE|auto|spread|pack",
                "which guests go to which NUMA nodes and CPUs"},
        {"resume", OPTION_STRING, RUN(resume), NULL, "DIR",
                "go on with a run that was cut off, with the options that it had"},
};

static const struct option sweep_options[] = {
        {"tiles", OPTION_STRING, RUN(tiles), "1", "N|N-M",
                "so many tiles at once, or one step after another from N to M"},
        {"step", OPTION_COUNT, RUN(step), "1", NULL,
                "so many more tiles in each step; with --search, how exactly to search", .min = 1,
                .max = SWEEP_MAX_TILES},
        {"search", OPTION_BOOL, RUN(search), "no", NULL,
                "double the tiles until a step is not valid, then halve the gap: finds the largest "
                "number"},
        {"stop-at-invalid", OPTION_BOOL, RUN(stop_at_invalid), "yes", NULL,
                "end the steps at the first one that is not valid"},
        {"min-gain", OPTION_SHARE, RUN(min_gain), "10%", NULL,
                "end them when another tile adds less, of what each brought in the first step (0: "
                "do not)"},
        {"repeat", OPTION_COUNT, RUN(repeat), "1", NULL,
                "measure each step so often; it is valid if most of its windows are", .min = 1,
                .max = 1000},
};

static const struct option load_options[] = {
        {"profile", OPTION_CHOICE, RUN(profile), "standard", NULL,
                "sizes and loads of guests that go together; other options are stronger",
                .choices = profile_names},
        {"rate", OPTION_NUMBER, RUN(rate_per_s), "200", "PER-SECOND",
                "requests that each tile's external client offers", .max = 1000000},
        {"arrival", OPTION_CHOICE, RUN(arrival), "poisson", NULL,
                "how the due times of these requests are spread", .choices = run_arrivals},
        {"max-in-flight", OPTION_COUNT, RUN(max_in_flight), "1000", NULL,
                "requests of one external client at the same time; more are dropped", .min = 1,
                .max = 1000000},
        {"seed", OPTION_COUNT, RUN(seed), "1", NULL,
                "the same seed gives the same requests in the same order"},
};

static const struct option process_options[] = {
        {"database-memory", OPTION_SIZE, RUN(database_memory), "64M", NULL,
                "buffer pool of guest 7's database server, and size of its log", .min = 8 << 20},
};

static void fill_sets(struct run_options *o)
{
        const struct option_set sets[RUN_SETS] = {
                {"Run", run_options, ARRAY_SIZE(run_options), o},
                {"Steps", sweep_options, ARRAY_SIZE(sweep_options), o},
                {"Offered load", load_options, ARRAY_SIZE(load_options), o},
                {"Measuring", session_options, N_SESSION_OPTIONS, &o->session},
                {"Verdict", limit_options, N_LIMIT_OPTIONS, &o->session},
                {"Guests, where not as the role's own default", guest_load_options,
                        N_GUEST_LOAD_OPTIONS, &o->loads},
                {"With --launch process", process_options, ARRAY_SIZE(process_options), o},
                {"With --launch libvirt", libvirt_connect_options, N_LIBVIRT_CONNECT_OPTIONS,
                        &o->libvirt},
                {NULL, libvirt_guest_options, N_LIBVIRT_GUEST_OPTIONS, &o->libvirt},
                {NULL, libvirt_client_options, N_LIBVIRT_CLIENT_OPTIONS, &o->libvirt},
        };

        memcpy(o->sets, sets, sizeof sets);
}

/* The launcher that a set is for; NULL: all of them. */
static const char *launcher_of(size_t set)
{
        if (set < RUN_COMMON_SETS)
                return NULL;
        return set < RUN_COMMON_SETS + RUN_PROCESS_SETS ? "process" : "libvirt";
}

static bool in_force(const struct run_options *options, size_t set)
{
        const char *launcher = launcher_of(set);

        return !launcher || strcmp(launcher, launcher_names[options->launcher]) == 0;
}

size_t run_options_in_force(const struct run_options *options, struct option_set *ret)
{
        size_t n = 0;

        for (size_t i = 0; i < RUN_SETS; i++)
                if (in_force(options, i))
                        ret[n++] = options->sets[i];
        return n;
}

/* ---- checks ---- */

/* An option that would do nothing is a slip. */
static int refuse_set(const struct run_options *options, size_t number, struct why *why)
{
        const struct option_set *set = &options->sets[number];

        for (size_t i = 0; i < set->n_options; i++) {
                const struct option *option = &set->options[i];
                _cleanup_free_ char *text = option_text(option, set->config);
                char what[sizeof why->what];

                if (!text || (option->fallback && strcmp(text, option->fallback) == 0))
                        continue;
                snprintf(what, sizeof what, "--%s", option->name);
                return why_set(why, -EINVAL, what, text, "goes with --launch %s only",
                        launcher_of(number));
        }
        return 0;
}

static int check_sweep(struct run_options *o, struct why *why)
{
        unsigned first, last;

        if (parse_range(o->tiles, &first, &last) < 0)
                return why_set(why, -EINVAL, "--tiles", o->tiles,
                        "not a number of tiles: write 4, or 1-4 for steps from 1 to 4");
        if (last > SWEEP_MAX_TILES)
                return why_set(
                        why, -ERANGE, "--tiles", o->tiles, "at most %d tiles", SWEEP_MAX_TILES);
        if (o->search && !o->stop_at_invalid)
                return why_set(why, -EINVAL, "--stop-at-invalid", "no",
                        "goes without --search only: that looks for where steps are not valid");
        o->sweep = (struct sweep_config){
                .first = first,
                .last = last,
                .step = (unsigned)o->step,
                .repeat = (unsigned)o->repeat,
                .search = o->search,
                .stop_at_invalid = o->stop_at_invalid,
                .min_gain = o->min_gain,
        };
        return 0;
}

static int check(struct run_options *options, struct why *why)
{
        int r = check_sweep(options, why);

        if (r == 0 && !(options->rate_per_s > 0))
                r = why_set(why, -ERANGE, "--rate", NULL, "must be above 0");
        return r;
}

/* ---- resume ---- */

bool run_option_goes_with_resume(const char *word)
{
        static const char *const names[] = {"resume", "ready-timeout"};
        size_t length;

        if (strncmp(word, "--", 2) != 0)
                return true;
        length = strcspn(word + 2, "=");
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                size_t n = 0;

                while (n < length && names[i][n] == (word[2 + n] == '_' ? '-' : word[2 + n]))
                        n++;
                if (n == length && names[i][n] == '\0')
                        return true;
        }
        return false;
}

static int check_resume(int argc, char *const argv[], struct why *why)
{
        for (int i = 1; i < argc; i++) {
                char what[sizeof why->what];

                if (run_option_goes_with_resume(argv[i]))
                        continue;
                snprintf(what, sizeof what, "%.*s",
                        (int)MIN(strcspn(argv[i], "="), sizeof what - 1), argv[i]);
                return why_set(why, -EINVAL, what, NULL,
                        "cannot be given with --resume, which goes on with the options that the "
                        "run had");
        }
        return 0;
}

/* ---- parse ---- */

/* What is given is read once to learn the profile, and again over what the profile has set. */
static int apply_profile(struct run_options *options, int argc, char *argv[], struct why *why)
{
        struct option_set sets[RUN_SETS];
        size_t n = run_options_in_force(options, sets);
        unsigned profile = options->profile;
        int r;

        option_sets_fini(options->sets, RUN_SETS);
        r = option_sets_init(options->sets, RUN_SETS, why);
        if (r == 0)
                r = profile_apply(profile, sets, n, why);
        if (r == 0)
                r = option_sets_argv(options->sets, RUN_SETS, argc - 1, argv + 1, why);
        return r;
}

int run_options_parse(struct run_options *options, int argc, char *argv[], struct why *why)
{
        int r;

        *options = (struct run_options){0};
        fill_sets(options);
        r = option_sets_init(options->sets, RUN_SETS, why);
        if (r == 0)
                r = option_sets_argv(options->sets, RUN_SETS, argc - 1, argv + 1, why);
        if (r == 0 && options->resume)
                return check_resume(argc, argv, why);
        if (r == 0)
                r = apply_profile(options, argc, argv, why);
        for (size_t i = 0; r == 0 && i < RUN_SETS; i++)
                if (!in_force(options, i))
                        r = refuse_set(options, i, why);
        return r == 0 ? check(options, why) : r;
}

void run_options_fini(struct run_options *options)
{
        option_sets_fini(options->sets, RUN_SETS);
}

void run_options_help(FILE *to)
{
        struct run_options options = {0};

        fill_sets(&options);
        option_sets_help(options.sets, RUN_SETS, to);
}
