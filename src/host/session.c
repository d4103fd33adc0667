/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "clock.h"
#include "ending.h"
#include "fmt.h"
#include "manifest.h"
#include "report.h"
#include "resume.h"
#include "run_role.h"
#include "signals.h"
#include "summary.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SESSION(member) offsetof(struct session_config, member)

const struct option session_options[N_SESSION_OPTIONS] = {
        {"output", OPTION_STRING, SESSION(output), NULL, "DIR",
                "results directory [tileload-results/TIME]"},
        {"warmup", OPTION_DURATION, SESSION(warmup_ns), "5s", NULL,
                "time of work before each measured window"},
        {"max-warmup", OPTION_DURATION, SESSION(max_warmup_ns), "30s", NULL,
                "a warm-up of 5 s or more goes on until the load has settled, at most for this"},
        {"settle-bound", OPTION_SHARE, SESSION(settle_bound), "5%", NULL,
                "settled: no rate or response time changes by more in 10 s, but by chance"},
        {"duration", OPTION_DURATION, SESSION(duration_ns), "30s", NULL,
                "length of each measured window", .min = NS_PER_S},
};

const struct option limit_options[N_LIMIT_OPTIONS] = {
        {"max-average", OPTION_DURATION, SESSION(limits.max_average_ns), "1s", NULL,
                "a valid tile's average response time is at most this"},
        {"max-p95", OPTION_DURATION, SESSION(limits.max_p95_ns), "3s", NULL,
                "the response time of 95 % of its requests"},
        {"max-p99", OPTION_DURATION, SESSION(limits.max_p99_ns), "5s", NULL,
                "the response time of 99 % of its requests"},
        {"max-errors", OPTION_SHARE, SESSION(limits.max_error_share), "0.1%", NULL,
                "the share of any guest's operations that failed"},
        {"min-achieved", OPTION_SHARE, SESSION(limits.min_achieved_share), "98%", NULL,
                "the share of offered requests that were answered"},
        {"max-standstill", OPTION_DURATION, SESSION(limits.max_standstill_ns), "5s", NULL,
                "no guest that works by itself does nothing for longer"},
};

/* ---- the results directory ---- */

static char *default_directory(void)
{
        char name[64];
        time_t now = time(NULL);
        struct tm tm;

        localtime_r(&now, &tm);
        strftime(name, sizeof name, "tileload-results/%Y%m%d-%H%M%S", &tm);
        return strdup(name);
}

static int make_directories(struct session *session, struct why *why)
{
        const char *path = session->directory;
        _cleanup_free_ char *part = strdup(path);

        if (!part)
                return why_errno(why, -ENOMEM, "--output", path);
        for (char *p = part + 1;; p++) {
                char end = *p;

                if (end != '/' && end != '\0')
                        continue;
                *p = '\0';
                session->made_directory = mkdir(part, 0777) == 0;
                if (!session->made_directory && errno != EEXIST)
                        return why_set(why, -errno, "--output", path,
                                "cannot make directory %s: %s", part, strerror(errno));
                if (end == '\0')
                        return 0;
                *p = end;
        }
}

/* What a run writes must not be there: nothing of another one is ever written over. */
static int refuse_used(const struct session *session, struct why *why)
{
        static const char *const names[] = {"run.json", "summary.txt", "targets.json", "logs"};
        char path[4096];

        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
                snprintf(path, sizeof path, "%s/%s", session->directory, names[i]);
                if (access(path, F_OK) == 0)
                        return why_set(why, -EEXIST, "--output", session->directory,
                                "holds the results of another run (%s): choose another directory",
                                names[i]);
        }
        return 0;
}

/* The lock on the summary says that the run lives (resume.h). */
static int open_directory(struct session *session, struct why *why)
{
        char path[4096];
        int r = make_directories(session, why);

        if (r == 0)
                r = refuse_used(session, why);
        if (r < 0)
                return r;
        snprintf(path, sizeof path, "%s/summary.txt", session->directory);
        session->summary = fopen(path, "wxe");
        if (!session->summary)
                return why_set(why, -errno, "--output", session->directory,
                        "cannot write in it: %s", strerror(errno));
        r = resume_lock(session->summary);
        return r < 0 ? why_errno(why, r, "--output", path) : 0;
}

/* What the guests said before is not to be written over. */
static int keep_logs(const struct session *session, struct why *why)
{
        char from[4096], to[4128];

        snprintf(from, sizeof from, "%s/logs", session->directory);
        for (unsigned n = 1; n < 1000; n++) {
                snprintf(to, sizeof to, "%s.%u", from, n);
                if (access(to, F_OK) == 0)
                        continue;
                if (rename(from, to) < 0 && errno != ENOENT)
                        break;
                return 0;
        }
        return why_set(
                why, -errno, "logs", from, "cannot be moved out of the way: %s", strerror(errno));
}

/* ---- Ctrl-C ---- */

static int check_signal(void *context, struct why *why)
{
        int signal = signals_take();

        if (signal == 0)
                return 0;
        return why_set(why, -EINTR, "interrupted", NULL, "by SIG%s", sigabbrev_np(signal));
}

struct watch session_watch(struct session *session)
{
        return (struct watch){session->signal_fd, check_signal, NULL};
}

/* ---- from begin to end ---- */

static void session_fini(struct session *session)
{
        result_fini(&session->result);
        if (session->summary)
                fclose(session->summary);
        free(session->directory);
}

static int catch_signals(struct session *session, struct why *why)
{
        session->signal_fd = signals_catch();
        return session->signal_fd < 0 ? why_errno(why, session->signal_fd, "signals", NULL) : 0;
}

int session_begin(struct session *session, const struct session_config *config, struct why *why)
{
        int r;

        *session = (struct session){.config = config, .signal_fd = -1};
        session->directory = config->output ? strdup(config->output) : default_directory();
        if (!session->directory)
                return why_errno(why, -ENOMEM, "--output", NULL);
        progress_init(&session->progress, stderr, (double)config->duration_ns / 1e9);
        r = open_directory(session, why);
        if (r == 0)
                r = catch_signals(session, why);
        if (r < 0)
                session_fini(session);
        return r;
}

int session_begin_again(struct session *session, const struct session_config *config,
        struct resume *resume, struct why *why)
{
        char now[32];
        int r;

        *session = (struct session){
                .config = config,
                .signal_fd = -1,
                .directory = STEAL_PTR(resume->directory),
                .summary = STEAL_PTR(resume->summary),
        };
        progress_init(&session->progress, stderr, (double)config->duration_ns / 1e9);
        r = result_resume(&session->result, STEAL_PTR(resume->document));
        if (r == 0)
                r = result_resumed(&session->result, manifest_time(now, clock_real_ns()));
        if (r < 0)
                why_errno(why, r, "results", session->directory);
        if (r == 0)
                r = keep_logs(session, why);
        if (r == 0)
                r = catch_signals(session, why);
        if (r == 0)
                r = result_write(&session->result, session->directory, why);
        if (r < 0) {
                session_fini(session);
                return r;
        }
        fprintf(session->summary,
                "resumed at %s: windows that were cut short are measured again\n\n", now);
        return 0;
}

int session_manifest(struct session *session, json_t *manifest, const char *launch,
        const char *profile, const char *const *notes, struct why *why)
{
        int r = result_init(
                &session->result, manifest, launch, profile, &session->config->limits, notes);

        if (r < 0)
                return why_errno(why, r, "results", NULL);
        return result_write(&session->result, session->directory, why);
}

static int print_step(struct session *session, const struct step_window *window,
        const struct step_verdict *verdict, struct why *why)
{
        summary_step(stdout, window, verdict);
        fflush(stdout);
        errno = 0;
        summary_step(session->summary, window, verdict);
        if (fflush(session->summary) != 0 || ferror(session->summary))
                return why_set(why, errno ? -errno : -EIO, "summary.txt", session->directory,
                        "cannot be written: %s", strerror(errno ? errno : EIO));
        return 0;
}

/* What was cut short says nothing of how many tiles there can be. */
static void note_step(struct session *session, const struct step_window *window,
        const struct step_verdict *verdict)
{
        const struct sweep_window found = {
                .valid = verdict->valid,
                .broken = verdict->broken,
                .rate = verdict->rate,
                .requests = verdict->requests,
        };
        unsigned valid = verdict->valid && !window->interrupted ? window->n_tiles : 0;

        if (session->sweep && !window->interrupted)
                sweep_add(session->sweep, window->n_tiles, &found);
        result_set_valid_tiles(
                &session->result, session->sweep ? sweep_valid_tiles(session->sweep) : valid);
}

static int take_step(struct session *session, const struct step_window *window, struct why *why)
{
        struct step_verdict verdict;
        int r = step_judge(window, &session->config->limits, &verdict);

        if (r == 0)
                r = result_add_step(&session->result, window, &verdict);
        if (r < 0)
                why_errno(why, r, "results", NULL);
        else
                note_step(session, window, &verdict);
        if (r == 0)
                r = result_write(&session->result, session->directory, why);
        if (r == 0)
                r = print_step(session, window, &verdict, why);
        step_verdict_fini(&verdict);
        return r;
}

static void ask_launcher(const struct session_launcher *launcher, struct step_window *window)
{
        for (size_t i = 0; i < window->n_guests; i++) {
                struct guest_window *g = &window->guests[i];
                struct guest_trouble trouble = {0};

                if (launcher->trouble(launcher->context, g->tile, g->guest, g->problem, &trouble))
                        guest_window_trouble(g, &trouble);
        }
}

int session_step(struct session *session, const struct targets *targets, unsigned repeat,
        const struct session_launcher *launcher, struct why *why)
{
        struct measure_config config = {
                .warmup_ns = session->config->warmup_ns,
                .max_warmup_ns = session->config->max_warmup_ns,
                .duration_ns = session->config->duration_ns,
                .settle_bound = session->config->settle_bound,
                .remotes = launcher ? launcher->remotes : NULL,
                .remotes_context = launcher ? launcher->context : NULL,
                .watches = {session_watch(session)},
                .n_watches = 1,
                .progress = progress_show,
                .context = &session->progress,
        };
        struct step_window window;
        int r, s = 0;

        if (launcher)
                config.watches[config.n_watches++] = launcher->watch;
        r = measure_window(&config, targets, &window, why);
        window.repeat = repeat;
        if (launcher && launcher->trouble)
                ask_launcher(launcher, &window);
        if (window.started_real_ns) /* there was a window, however short */
                s = take_step(session, &window, r < 0 ? NULL : why);
        step_window_fini(&window);
        return r < 0 ? r : s;
}

static int finish(struct session *session, int error, struct why *why)
{
        char reason[1024];
        struct why unwritten = {0};
        int r;

        if (error < 0)
                result_incomplete(&session->result, why_format(why, reason, sizeof reason));
        else
                result_complete(&session->result);
        if (error == 0 && session->sweep)
                result_set_ended(&session->result, ending_json(session->sweep, &session->result));
        r = result_write(&session->result, session->directory, &unwritten);
        if (r < 0 && error == 0)
                *why = unwritten;
        return error < 0 ? error : r;
}

/* The answer to all steps together, and report.html. That it cannot be written is said, and takes
 * nothing from the results. */
static void report(struct session *session)
{
        struct report report;
        struct why why = {0};
        char text[1024];
        int r = report_make(&report, session->directory, REPORT_HTML, &why);

        if (r == 0) {
                if (session->result.n_steps > 1) {
                        printf("%s\n", report.answer);
                        fprintf(session->summary, "%s\n", report.answer);
                }
                if (report.note)
                        progress_say(&session->progress, "%s", report.note);
                r = report_save(&report, report.beside, &why);
                report_fini(&report);
        }
        if (r < 0)
                progress_say(&session->progress, "%s", why_format(&why, text, sizeof text));
}

/* Nothing was begun: an empty file in an empty directory of ours is no result. */
static void leave_no_trace(struct session *session)
{
        char path[4096];

        snprintf(path, sizeof path, "%s/summary.txt", session->directory);
        unlink(path);
        if (session->made_directory)
                rmdir(session->directory);
}

/* Why the last window that was not valid is not. */
static const char *last_reason(const struct session *session)
{
        for (size_t i = session->result.n_steps; i > 0; i--)
                if (session->result.steps[i - 1].reason)
                        return session->result.steps[i - 1].reason;
        return "nothing was measured";
}

int session_end(struct session *session, int error, struct why *why)
{
        if (session->result.json) {
                error = finish(session, error, why);
                if (session->result.n_steps > 0)
                        report(session);
                printf("results in %s%s\n", session->directory, error < 0 ? " (incomplete)" : "");
                fflush(stdout);
        } else {
                leave_no_trace(session);
        }
        if (error == 0 && session->result.valid_tiles == 0)
                error = why_set(why, -ERANGE, "verdict", NULL, "no step was valid: %.300s",
                        last_reason(session));
        session_fini(session);
        return error < 0 ? EXIT_FAILED : EXIT_DONE;
}
