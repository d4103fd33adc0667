/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload tile VERB`: guests in tiles of eight.
 */
#include "tile_command.h"

#include "clients.h"
#include "command.h"
#include "host_facts.h"
#include "parse.h"
#include "run_role.h"
#include "signals.h"
#include "template.h"

#include <errno.h>
#include <string.h>

#define TILE(member) offsetof(struct tile_options, member)

static const struct option tiles_options[] = {
        {"tiles", OPTION_STRING, TILE(tiles), NULL, "N|N-M", "tile number N, or those from N to M"},
};

static const struct option create_options[] = {
        {"placement", OPTION_STRING, TILE(placement), NULL, "FILE|auto|spread|pack",
                "which guests go to which NUMA nodes and CPUs"},
        {"seed", OPTION_COUNT, TILE(seed), "1", NULL,
                "the same seed gives the same requests in the same order"},
};

static const struct option start_options[] = {
        {"wait", OPTION_BOOL, TILE(wait), "yes", NULL, "until each guest's role is ready"},
        {"ready-timeout", OPTION_DURATION, TILE(ready_timeout_ns), "3m", NULL,
                "each must be ready within this"},
};

static const struct option stop_options[] = {
        {"stop-timeout", OPTION_DURATION, TILE(stop_timeout_ns), "30s", NULL,
                "what runs after this is powered off"},
};

static const struct option list_options[] = {
        {"targets", OPTION_STRING, TILE(targets), NULL, "FILE",
                "write the endpoints there, for measure --targets"},
};

enum set {
        SET_TILES,
        SET_CONNECT,
        SET_GUEST,
        SET_CREATE,
        SET_LOADS,
        SET_START,
        SET_STOP,
        SET_LIST,
        SET_CLIENT,
        N_SETS,
};

static void fill_sets(struct option_set sets[static N_SETS], struct tile_options *options)
{
        struct libvirt_config *libvirt = &options->libvirt;

        sets[SET_TILES] = (struct option_set){
                "Which tiles, and where", tiles_options, ARRAY_SIZE(tiles_options), options};
        sets[SET_CONNECT] = (struct option_set){
                NULL, libvirt_connect_options, N_LIBVIRT_CONNECT_OPTIONS, libvirt};
        sets[SET_GUEST] = (struct option_set){
                "create: the guests", libvirt_guest_options, N_LIBVIRT_GUEST_OPTIONS, libvirt};
        sets[SET_CREATE] =
                (struct option_set){NULL, create_options, ARRAY_SIZE(create_options), options};
        sets[SET_LOADS] = (struct option_set){"create: where not as the role's own default",
                guest_load_options, N_GUEST_LOAD_OPTIONS, &options->loads};
        sets[SET_START] =
                (struct option_set){"start", start_options, ARRAY_SIZE(start_options), options};
        sets[SET_STOP] =
                (struct option_set){"stop", stop_options, ARRAY_SIZE(stop_options), options};
        sets[SET_LIST] =
                (struct option_set){"list", list_options, ARRAY_SIZE(list_options), options};
        sets[SET_CLIENT] = (struct option_set){
                NULL, libvirt_client_options, N_LIBVIRT_CLIENT_OPTIONS, libvirt};
}

/* ---- verbs ---- */

static const struct verb {
        const char *name, *summary;
        int (*run)(struct tile_job *job, struct why *why); /* NULL: needs no libvirt */
        bool all; /* without --tiles, all tiles that there are */
        bool has[N_SETS];
} verbs[] = {
        {"create", "define the tiles' guests and make their disks; does no harm twice", tile_create,
                .has = {[SET_TILES] = true,
                        [SET_CONNECT] = true,
                        [SET_GUEST] = true,
                        [SET_CREATE] = true,
                        [SET_LOADS] = true}},
        {"start", "boot them and wait until each guest's role is ready", tile_start,
                .has = {[SET_TILES] = true, [SET_CONNECT] = true, [SET_START] = true}},
        {"stop", "shut them down, and power off what does not", tile_stop,
                .has = {[SET_TILES] = true, [SET_CONNECT] = true, [SET_STOP] = true}},
        {"destroy", "power them off and remove what create made", tile_destroy,
                .has = {[SET_TILES] = true, [SET_CONNECT] = true}},
        {"list", "what there is, and how it is", tile_list, .all = true,
                .has = {[SET_TILES] = true,
                        [SET_CONNECT] = true,
                        [SET_LIST] = true,
                        [SET_CLIENT] = true}},
        {"template", "print the XML that guests are made from, to be edited", NULL},
};

static const struct verb *find_verb(const char *name)
{
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                if (strcmp(verbs[i].name, name) == 0)
                        return &verbs[i];
        return NULL;
}

static int unknown_verb(const char *name, struct why *why)
{
        unsigned best = UINT32_MAX;
        const char *near = "";

        if (!name || name[0] == '-')
                return why_set(why, -EINVAL, "tile", NULL,
                        "comes with a verb first: create, start, stop, destroy, list or template");
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
                unsigned distance = parse_distance(name, verbs[i].name);

                if (distance < best) {
                        best = distance;
                        near = verbs[i].name;
                }
        }
        return why_set(why, -ENOENT, "tile", name, "no such verb: the nearest is %s", near);
}

/* ---- options ---- */

static int check_tiles(const struct verb *verb, struct tile_options *options, struct why *why)
{
        if (!options->tiles && verb->all) {
                options->first = 1;
                options->last = UINT32_MAX;
                return 0;
        }
        if (!options->tiles)
                return why_set(why, -EINVAL, "--tiles", NULL,
                        "must be given: 3 is tile 3, 1-4 are tiles 1 to 4");
        if (parse_range(options->tiles, &options->first, &options->last) < 0)
                return why_set(why, -EINVAL, "--tiles", options->tiles,
                        "not a number of a tile: 3 is tile 3, 1-4 are tiles 1 to 4");
        if (options->last > TILE_PLAN_MAX_TILE)
                return why_set(why, -ERANGE, "--tiles", options->tiles,
                        "the last possible tile is %d", TILE_PLAN_MAX_TILE);
        return 0;
}

/* The sets of this verb only, so that an option of another one is not passed over in silence. */
static int parse(const struct verb *verb, const struct option_set sets[static N_SETS],
        struct tile_options *options, int argc, char *argv[], struct why *why)
{
        struct option_set own[N_SETS];
        size_t n_own = 0;
        int r = option_sets_init(sets, N_SETS, why);

        for (size_t i = 0; i < N_SETS; i++)
                if (verb->has[i])
                        own[n_own++] = sets[i];
        if (r == 0)
                r = option_sets_argv(own, n_own, argc, argv, why);
        if (r == -ENOENT && option_sets_argv(sets, N_SETS, argc, argv, NULL) != -ENOENT)
                snprintf(why->reason, sizeof why->reason,
                        "does not go with `tile %s`, but with another verb (see --help)",
                        verb->name);
        if (r == 0 && verb->run)
                r = check_tiles(verb, options, why);
        if (r == 0)
                r = client_host_check(options->libvirt.client_host, why);
        return r;
}

/* ---- the job ---- */

unsigned tile_guests(const struct tile_job *job, unsigned tile)
{
        unsigned n = 0;

        for (size_t i = 0; i < job->n_domains; i++)
                n += job->domains[i].tile == tile;
        return n;
}

char *tile_uris(const struct tile_job *job, unsigned tile, char *text, size_t size)
{
        size_t used = 0;

        text[0] = '\0';
        for (size_t h = 0; h < hosts_count(job->hosts); h++) {
                bool there = false;

                for (size_t i = 0; i < job->n_domains; i++)
                        there |= job->domains[i].tile == tile && job->domains[i].host == h;
                if (there && used < size)
                        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                hosts_uri(job->hosts, h));
        }
        return text;
}

/* Those of the tiles asked for. */
static int find_domains(struct tile_job *job, struct why *why)
{
        const struct tile_options *o = job->options;
        size_t n, kept = 0;
        int r = domains_list(job->hosts, &job->domains, &n, why);

        if (r < 0)
                return r;
        for (size_t i = 0; r == 0 && i < n; i++) {
                const struct domain_info d = job->domains[i];

                if (d.tile < o->first || d.tile > o->last)
                        continue;
                job->domains[kept++] = d;
                r = guests_add(&job->guests, d.host, d.tile, d.guest, d.name, d.address, d.running);
        }
        job->n_domains = kept;
        return r < 0 ? why_errno(why, r, "domains", NULL) : 0;
}

/* The words for a signal that ended a wait. */
static void name_signal(int error, struct why *why)
{
        int signal = error == -EINTR ? signals_take() : 0;

        if (signal)
                why_set(why, error, "interrupted", NULL, "by SIG%s", sigabbrev_np(signal));
}

static int do_verb(const struct verb *verb, const struct tile_options *options, struct why *why)
{
        struct tile_job job = {.options = options};
        int r;

        progress_init(&job.progress, stderr, 0);
        job.signal_fd = signals_catch();
        if (job.signal_fd < 0)
                return why_errno(why, job.signal_fd, "signals", NULL);
        r = hosts_open(&job.hosts, options->libvirt.connect, job.signal_fd, why);
        if (r == 0 && guests_init(&job.guests, job.hosts, &job.progress, NULL) < 0)
                r = why_errno(why, -ENOMEM, "tile", NULL);
        if (r == 0)
                r = find_domains(&job, why);
        if (r == 0)
                r = verb->run(&job, why);
        name_signal(r, why);
        guests_fini(&job.guests);
        free(job.domains);
        hosts_free(job.hosts);
        return r;
}

static int run_verb(const struct verb *verb, const struct tile_options *options, struct why *why)
{
        const char *missing;

        if (!verb->run)
                return fputs(template_builtin, stdout), EXIT_DONE;
        missing = libvirt_missing();
        if (missing) {
                why_set(why, -ENOSYS, "tile", NULL, "%.400s", missing);
                return EXIT_UNSUPPORTED;
        }
        return do_verb(verb, options, why) < 0 ? EXIT_FAILED : EXIT_DONE;
}

static int tile_main(int argc, char *argv[], struct why *why)
{
        const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;
        struct tile_options options = {0};
        struct option_set sets[N_SETS];
        int status = EXIT_USAGE;

        if (!verb) {
                unknown_verb(argc > 1 ? argv[1] : NULL, why);
                return EXIT_USAGE;
        }
        fill_sets(sets, &options);
        if (parse(verb, sets, &options, argc - 2, argv + 2, why) == 0)
                status = run_verb(verb, &options, why);
        option_sets_fini(sets, N_SETS);
        return status;
}

static void tile_help(FILE *to)
{
        struct tile_options options = {0};
        struct option_set sets[N_SETS];

        fill_sets(sets, &options);
        fputs("Usage: tileload tile VERB [OPTIONS]\n\n"
              "Guests of libvirt, in tiles of eight.\n\n",
                to);
        for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
                fprintf(to, "  %-12s %s\n", verbs[i].name, verbs[i].summary);
        fputc('\n', to);
        option_sets_help(sets, N_SETS, to);
}

extern const struct command command_tile;
const struct command command_tile = {
        .name = "tile",
        .summary = "make, start and end guests in tiles of eight",
        .missing = libvirt_missing,
        .run = tile_main,
        .help = tile_help,
};
