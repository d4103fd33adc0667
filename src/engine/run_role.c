/* SPDX-License-Identifier: Apache-2.0 */
#include "run_role.h"

#include "control.h"
#include "crew.h"
#include "errand.h"
#include "final_stats.h"
#include "fmt.h"
#include "frame.h"
#include "herald.h"
#include "memo.h"
#include "net.h"
#include "notify.h"
#include "signals.h"
#include "snapshot.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

enum {
        MAX_SETS = 4,
};

struct role {
        const struct workload *workload;
        struct errand errand; /* instead of work, if it has a function */

        struct frame_config frame;
        struct paced_config paced;
        struct threads_config threads;
        void *config;
        struct option_set sets[MAX_SETS];
        size_t n_sets;

        struct identity identity;
        struct herald herald;
        enum role_state state;
        struct crew crew;
        struct control control;
        int signal_fd;
        uint64_t end_ns; /* by --duration */
        bool hangs;      /* a thread did not end: it still reads the configuration */
};

/* ---- options ---- */

static void add_set(struct role *role, const char *title, const struct option *options,
        size_t n_options, void *config)
{
        role->sets[role->n_sets++] = (struct option_set){title, options, n_options, config};
}

static void add_sets(struct role *role)
{
        const struct workload *w = role->workload;

        add_set(role, "Options of this role", w->options, w->n_options, role->config);
        if (w->flags & WORKLOAD_THREADS)
                add_set(role, "Threads", threads_options, N_THREADS_OPTIONS, &role->threads);
        if (w->flags & WORKLOAD_PACED)
                add_set(role, "Pacing", paced_options, N_PACED_OPTIONS, &role->paced);
        add_set(role, "Options of every role", frame_options, N_FRAME_OPTIONS, &role->frame);
}

/* A guest's keys are for the role that they name: another one, started in that guest by hand, must
 * not stumble over them. */
static bool cmdline_is_for(const struct cmdline *cmdline, const struct workload *workload)
{
        const char *named = cmdline_get(cmdline, "role");

        return !named || strcmp(named, workload->name) == 0;
}

static int parse_verb(struct role *role, int *argc, char ***argv, struct why *why)
{
        const struct workload *w = role->workload;
        const char *word = *argc > 0 ? (*argv)[0] : "-";

        if (word[0] == '-')
                return 0;
        if (strcmp(word, "prepare") == 0 && w->prepare)
                role->errand.work = w->prepare;
        else if (strcmp(word, "cleanup") == 0 && w->cleanup)
                role->errand.work = w->cleanup;
        else
                return why_set(why, -EINVAL, w->name, word,
                        w->prepare ? "not a verb of this role: there are prepare and cleanup"
                                   : "not expected here: options begin with -- (see --help)");
        (*argc)--;
        (*argv)++;
        return 0;
}

static int parse_options(struct role *role, const struct cmdline *cmdline, int argc, char *argv[],
        struct pace_config *ret_pace, struct why *why)
{
        int r = parse_verb(role, &argc, &argv, why);

        if (r == 0)
                r = option_sets_init(role->sets, role->n_sets, why);
        if (r == 0 && cmdline_is_for(cmdline, role->workload))
                r = option_sets_cmdline(role->sets, role->n_sets, cmdline, why);
        if (r == 0)
                r = option_sets_argv(role->sets, role->n_sets, argc, argv, why);
        if (r == 0)
                r = net_check(role->frame.listen, "--listen", why);
        if (r == 0 && role->workload->flags & WORKLOAD_PACED)
                r = paced_check(&role->paced, ret_pace, why);
        if (r == 0 && role->workload->check)
                r = role->workload->check(role->config, why);
        if (r == 0 && role->workload->audit_asked && role->workload->audit_asked(role->config)) {
                if (role->errand.work)
                        return why_set(why, -EINVAL, role->workload->name, NULL,
                                "an option asks for a look only, and a verb for something else: "
                                "leave one of them out");
                role->errand.audit = role->workload->audit;
        }
        return r;
}

/* ---- what the control endpoint shows ---- */

static bool prepares(const struct role *role)
{
        return role->crew.prepare && role->workload->prepare;
}

/* What a role that is not ready yet is at. */
static const char *doing(struct role *role)
{
        if (role->state != ROLE_STARTING)
                return NULL;
        if (crew_phase(&role->crew) == CREW_PREPARE && prepares(role))
                return "preparing";
        return "setting up";
}

/* The histograms of a role are most of it: for its sums, nothing of them is copied. */
static void add_worker(struct snapshot *snapshot, const struct cells *cells)
{
        struct hist *headline = cells->n_latencies ? &cells->corrected[0] : NULL;

        cells_accumulate(&snapshot->sum, cells);
        if (snapshot->sum.n_latencies || !headline)
                return;
        snapshot->latency_count += hist_count(headline);
        snapshot->latency_sum_ns += __atomic_load_n(&headline->sum_ns, __ATOMIC_RELAXED);
}

static int take(void *context, enum snapshot_detail detail, struct snapshot *snapshot)
{
        struct role *role = context;
        double overdue = 0;
        int r;

        *snapshot = (struct snapshot){
                .workload = role->workload,
                .identity = &role->identity,
                .sets = role->sets,
                .n_sets = role->n_sets,
                .state = role->state,
                .detail = doing(role),
                .n_workers = role->crew.n_workers,
        };
        r = cells_init(&snapshot->sum, snapshot_n_counters(role->workload),
                detail == SNAPSHOT_SUMS ? 0 : role->workload->n_latencies);
        if (r < 0)
                return r;
        snapshot->taken_ns = clock_now_ns();
        snapshot->taken_real_ns = clock_real_ns();
        for (unsigned i = 0; i < role->crew.n_workers; i++) {
                add_worker(snapshot, &role->crew.workers[i].cells);
                overdue += worker_overdue(&role->crew.workers[i], snapshot->taken_ns);
        }
        if (role->workload->flags & WORKLOAD_PACED)
                cells_set(&snapshot->sum, role->workload->n_counters + FRAME_OVERDUE,
                        (uint64_t)overdue);
        if (detail != SNAPSHOT_SUMS)
                guestinfo_read(&snapshot->guest);
        return 0;
}

static int final_stats(struct role *role, struct why *why)
{
        const char *path = role->frame.final_stats;
        struct snapshot snapshot;
        int r;

        if (!path)
                return 0;
        r = take(role, SNAPSHOT_FULL, &snapshot);
        if (r < 0)
                return why_errno(why, r, "--final-stats", path);
        r = final_stats_write(path, &snapshot, why);
        cells_fini(&snapshot.sum);
        return r;
}

/* ---- the main thread ---- */

static void enter_state(struct role *role, enum role_state state, const char *ready)
{
        char text[160];

        role->state = state;
        snprintf(text, sizeof text, "%sSTATUS=%s %s", ready, role->workload->name,
                role_state_name(state));
        notify_send(text);
}

static void say_starting(const struct role *role)
{
        unsigned start = memo_start();

        if (start > 1)
                herald_say(&role->herald, "starting again (start %u)", start);
        else
                herald_say(&role->herald, "starting");
}

/* How long since its start. */
static void say_after(const struct role *role, const char *what)
{
        char duration[FMT_SIZE];

        fmt_duration(duration, clock_now_ns() - role->identity.started_ns);
        herald_say(&role->herald, "%s after %s", what, duration);
}

static void become_ready(struct role *role)
{
        say_after(role, "ready");
        enter_state(role, ROLE_READY, "READY=1\n");
        if (role->frame.duration_ns)
                role->end_ns = clock_now_ns() + role->frame.duration_ns;
}

static int wait_ms(const struct role *role)
{
        int http = httpd_timeout_ms(&role->control.httpd);
        int end = clock_poll_timeout_ms(clock_now_ns(), role->end_ns);

        if (http < 0 || end < 0)
                return MAX(http, end);
        return MIN(http, end);
}

/* Serves the control endpoint until it is time to end. Returns 0 or the crew's error. */
static int serve(struct role *role, struct why *why)
{
        struct pollfd fds[] = {
                {.fd = httpd_fd(&role->control.httpd), .events = POLLIN},
                {.fd = role->signal_fd, .events = POLLIN},
                {.fd = role->crew.event_fd, .events = POLLIN},
        };

        for (;;) {
                if (poll(fds, ARRAY_SIZE(fds), wait_ms(role)) < 0 && errno != EINTR)
                        return why_errno(why, -errno, "poll", NULL);
                if (fds[1].revents) {
                        int number = signals_take();

                        if (number) {
                                herald_say(&role->herald, "stopping (SIG%s)", sigabbrev_np(number));
                                return 0;
                        }
                }
                if (fds[2].revents) {
                        struct crew_progress progress = crew_look(&role->crew, why);

                        if (progress.error)
                                return progress.error;
                        if (progress.ended)
                                return why_set(why, -EIO, role->workload->name, NULL,
                                        "the role ended by itself");
                        if (progress.working && role->state == ROLE_STARTING)
                                become_ready(role);
                }
                httpd_run(&role->control.httpd);
                if (clock_now_ns() >= role->end_ns) {
                        herald_say(&role->herald, "stopping (--duration is over)");
                        return 0;
                }
        }
}

/* Returns an exit status. */
static int work(struct role *role, struct why *why)
{
        bool ended;
        int r, s;

        r = control_start(&role->control, role->frame.listen, take, role, why);
        if (r < 0) {
                crew_fini(&role->crew);
                return EXIT_FAILED;
        }
        enter_state(role, ROLE_STARTING, "");
        if (prepares(role))
                herald_say(&role->herald, "preparing");
        signals_block(); /* the workers are not to be interrupted */
        r = crew_start(&role->crew, why);
        signals_unblock();
        if (r == 0)
                r = serve(role, why);
        enter_state(role, r < 0 ? ROLE_FAILED : ROLE_STOPPING, "STOPPING=1\n");
        ended = crew_end(&role->crew, ROLE_STOP_NS);
        s = final_stats(role, r < 0 ? NULL : why);
        control_stop(&role->control);
        if (ended)
                crew_fini(&role->crew);
        return r < 0 || s < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* Ready at once: whoever started this waits for a role that serves, and none will come. */
static int run_errand(struct role *role, struct why *why)
{
        const char *what = role->errand.audit ? "looking at what is there"
                           : role->errand.work == role->workload->prepare ? "preparing"
                                                                          : "cleaning up";
        char text[160];
        int r;

        role->errand.name = role->workload->name;
        role->errand.config = role->config;
        role->errand.findings = stdout;
        snprintf(text, sizeof text, "READY=1\nSTATUS=%s %s", role->workload->name, what);
        notify_send(text);
        herald_say(&role->herald, "%s", what);
        r = errand_run(&role->errand, role->signal_fd, &role->hangs, why);
        notify_send("STOPPING=1");
        if (r != 0)
                return r > 0 ? EXIT_FOUND : EXIT_FAILED;
        say_after(role, "done");
        return EXIT_DONE;
}

static int run_verb(struct role *role, const struct pace_config *pace, struct why *why)
{
        /* Threaded roles only: others have one worker, for the guest's one vCPU. */
        unsigned n_workers = MAX((unsigned)role->threads.threads, 1u);
        uint64_t seed =
                rng_mix(role->frame.seed ^ role->frame.tile << 32 ^ role->frame.guest << 56);
        int r;

        role->signal_fd = signals_catch();
        if (role->signal_fd < 0)
                return why_errno(why, role->signal_fd, "signals", NULL), EXIT_FAILED;
        if (role->errand.work || role->errand.audit)
                return run_errand(role, why);

        /* The kernel may else delay every timed wait by 50 us. Inherited by the workers. */
        prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
        r = final_stats_check(role->frame.final_stats, why);
        if (r < 0)
                return EXIT_FAILED;
        r = crew_init(&role->crew, role->workload, role->config, n_workers, seed);
        if (r < 0)
                return why_errno(why, r, "threads", NULL), EXIT_FAILED;
        role->crew.pace = *pace;
        role->crew.prepare = role->frame.prepare;
        return work(role, why);
}

static int role_init(struct role *role, const struct workload *workload, struct why *why)
{
        *role = (struct role){
                .workload = workload,
                .config = calloc(1, workload->config_size + 1),
                .signal_fd = -1,
                .end_ns = CLOCK_NEVER,
        };
        if (!role->config)
                return why_errno(why, -ENOMEM, workload->name, NULL);
        add_sets(role);
        return 0;
}

/* A role of which a thread did not end, and still uses what it was given. */
static struct role *left_behind;

bool run_role_hangs(void)
{
        return left_behind;
}

static void role_free(struct role *role)
{
        option_sets_fini(role->sets, role->n_sets);
        free(role->config);
        free(role);
}

int run_role(const struct workload *workload, const struct cmdline *cmdline, int argc, char *argv[],
        struct why *why)
{
        struct pace_config pace = {0};
        struct role *role;
        int status;

        if (workload->unavailable) {
                why_set(why, -ENOSYS, workload->name, NULL, "%s", workload->unavailable);
                return EXIT_UNSUPPORTED;
        }
        role = malloc(sizeof *role);
        if (!role)
                return why_errno(why, -ENOMEM, workload->name, NULL), EXIT_FAILED;
        if (role_init(role, workload, why) < 0) {
                free(role);
                return EXIT_FAILED;
        }
        if (parse_options(role, cmdline, argc - 1, argv + 1, &pace, why) < 0) {
                status = EXIT_USAGE;
        } else {
                identity_init(
                        &role->identity, (unsigned)role->frame.tile, (unsigned)role->frame.guest);
                herald_init(&role->herald, workload->name, role->identity.tile,
                        role->identity.guest, role->frame.verbose);
                say_starting(role);
                status = run_verb(role, &pace, why);
        }
        if (role->crew.n_threads > 0 || role->hangs)
                left_behind = role;
        else
                role_free(role);
        return status;
}

void run_role_help(const struct workload *workload, FILE *to)
{
        struct role role;

        fprintf(to, "Usage: tileload %s [%s]\n\n%s: %s\n", workload->name,
                workload->prepare ? "prepare|cleanup] [OPTIONS" : "OPTIONS", workload->name,
                workload->summary);
        if (workload->unavailable)
                fprintf(to, "Not in this build: %s\n", workload->unavailable);
        if (role_init(&role, workload, NULL) < 0)
                return;
        fputs("\nAs an option --KEY VALUE, or on a guest's kernel command line "
              "tileload.KEY=VALUE.\n\n",
                to);
        option_sets_help(role.sets, role.n_sets, to);
        free(role.config);
}
