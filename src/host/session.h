/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `run` and `measure` have in common: results in their directory, the user's Ctrl-C, one
 * measured step after another, and the end, complete or not.
 */
#pragma once

#include "measure.h"
#include "option.h"
#include "progress.h"
#include "result.h"
#include "results_directory.h"
#include "sweep.h"
#include "verdict.h"

struct session_config {
        char *output;
        uint64_t warmup_ns, max_warmup_ns, duration_ns;
        double settle_bound;
        struct limits limits;
};

enum {
        N_SESSION_OPTIONS = 5,
        N_LIMIT_OPTIONS = 6,
};
extern const struct option session_options[N_SESSION_OPTIONS]; /* fill a session_config */
extern const struct option limit_options[N_LIMIT_OPTIONS];     /* likewise */

struct session {
        const struct session_config *config;
        struct results_directory directory;
        int signal_fd;
        struct progress progress;
        struct result result;
        struct sweep *sweep; /* what was found; belongs to the caller; NULL: a single window */
};

struct resume;

/* Makes the results directory and catches SIGINT, SIGTERM and SIGHUP from here
 * on. The config must outlive the session. Returns 0 or -errno. */
int session_begin(struct session *session, const struct session_config *config, struct why *why);

/* The same in the directory of a run that goes on: takes what it needs out of *resume. */
int session_begin_again(struct session *session, const struct session_config *config,
        struct resume *resume, struct why *why);

/* Once the launcher and the manifest are known. Takes ownership of manifest. profile NULL: none. */
int session_manifest(struct session *session, json_t *manifest, const char *launch,
        const char *profile, const char *const *notes, struct why *why);

/* The user's Ctrl-C as a watch. */
struct watch session_watch(struct session *session);

/* Who made the guests, and may know more of them than they can tell. */
struct session_launcher {
        struct watch watch;
        /* launch.h; NULL: knows nothing more. */
        int (*trouble)(void *context, unsigned tile, unsigned guest, const char *problem,
                struct guest_trouble *ret);
        size_t (*remotes)(void *context, struct remote_counts *ret, size_t max); /* likewise */
        void *context;
};

/* Measures one window, the repeat-th with these tiles, judges it, prints it, adds it to the results
 * and writes them. launcher may be NULL. An error is a watch's, or that the results cannot be
 * written; what was measured until then is in the results in any case. */
int session_step(struct session *session, const struct targets *targets, unsigned repeat,
        const struct session_launcher *launcher, struct why *why);

/* Writes the results for the last time: complete if error is 0, otherwise marked incomplete with
 * *why as the reason; and their report. Returns an exit status, *why filled unless it is EXIT_DONE.
 */
int session_end(struct session *session, int error, struct why *why);
