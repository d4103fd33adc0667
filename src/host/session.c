/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "clock.h"
#include "descriptors.h"
#include "manifest.h"
#include "resume.h"
#include "signals.h"
#include "summary.h"

#include <errno.h>
#include <string.h>

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

/* ---- beginning ---- */

static int prepare_process(struct session *session, struct why *why)
{
        descriptors_raise_limit();
        session->signal_fd = signals_catch();
        return session->signal_fd < 0 ? why_errno(why, session->signal_fd, "signals", NULL) : 0;
}

int session_begin(struct session *session, const struct session_config *config, struct why *why)
{
        int r;

        *session = (struct session){.config = config, .signal_fd = -1};
        progress_init(&session->progress, stderr, (double)config->duration_ns / 1e9);
        r = results_directory_make(&session->directory, config->output, why);
        if (r == 0)
                r = prepare_process(session, why);
        if (r < 0)
                results_directory_fini(&session->directory);
        return r;
}

static int take_over(struct session *session, struct resume *resume, const char *now)
{
        int r;

        session->directory = resume->directory;
        resume->directory = (struct results_directory){0};
        r = result_resume(&session->result, STEAL_PTR(resume->document));
        return r == 0 ? result_resumed(&session->result, now) : r;
}

int session_begin_again(struct session *session, const struct session_config *config,
        struct resume *resume, struct why *why)
{
        char now[32];
        int r;

        *session = (struct session){.config = config, .signal_fd = -1};
        progress_init(&session->progress, stderr, (double)config->duration_ns / 1e9);
        r = take_over(session, resume, manifest_time(now, clock_real_ns()));
        if (r < 0)
                why_errno(why, r, "results", session->directory.path);
        if (r == 0)
                r = results_directory_keep_logs(&session->directory, why);
        if (r == 0)
                r = prepare_process(session, why);
        if (r == 0)
                r = result_write(&session->result, session->directory.path, why);
        if (r < 0) {
                result_fini(&session->result);
                results_directory_fini(&session->directory);
                return r;
        }
        fprintf(session->directory.summary,
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
        return result_write(&session->result, session->directory.path, why);
}

/* ---- a step ---- */

static int print_step(struct session *session, const struct step_window *window,
        const struct step_verdict *verdict, struct why *why)
{
        summary_step(stdout, window, verdict);
        fflush(stdout);
        summary_step(session->directory.summary, window, verdict);
        return results_directory_flush(&session->directory, why);
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
        int r = step_judge(window, &session->config->limits, &verdict), printed = 0;

        if (r == 0)
                r = result_add_step(&session->result, window, &verdict);
        if (r < 0) {
                why_errno(why, r, "results", NULL);
        } else {
                note_step(session, window, &verdict);
                r = result_write(&session->result, session->directory.path, why);
                /* What cannot be kept is shown all the more. */
                printed = print_step(session, window, &verdict, r < 0 ? NULL : why);
        }
        step_verdict_fini(&verdict);
        return r < 0 ? r : printed;
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
