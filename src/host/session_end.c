/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a session: the last word in run.json, its report, and an exit status.
 */
#include "session.h"

#include "ending.h"
#include "report.h"
#include "run_role.h"

#include <errno.h>

static int finish(struct session *session, int error, struct why *why)
{
        char text[1024];
        struct why unwritten = {0};
        int r;

        if (error < 0)
                result_incomplete(&session->result, why_format(why, text, sizeof text));
        else
                result_complete(&session->result);
        if (error == 0 && session->sweep)
                result_set_ended(&session->result, ending_json(session->sweep, &session->result));
        r = result_write(&session->result, session->directory.path, &unwritten);
        if (r < 0 && error == 0)
                *why = unwritten;
        else if (r < 0) /* as well, and maybe because of it */
                progress_say(&session->progress, "%s", why_format(&unwritten, text, sizeof text));
        return error < 0 ? error : r;
}

/* The answer to all steps together, and report.html. That it cannot be written is said, and takes
 * nothing from the results. */
static void report(struct session *session)
{
        struct report report;
        struct why why = {0};
        char text[1024];
        int r = report_make(&report, session->directory.path, REPORT_HTML, &why);

        if (r == 0) {
                if (session->result.n_steps > 1) {
                        printf("%s\n", report.answer);
                        fprintf(session->directory.summary, "%s\n", report.answer);
                }
                if (report.note)
                        progress_say(&session->progress, "%s", report.note);
                r = report_save(&report, report.beside, &why);
                report_fini(&report);
        }
        if (r < 0)
                progress_say(&session->progress, "%s", why_format(&why, text, sizeof text));
        if (results_directory_flush(&session->directory, &why) < 0)
                progress_say(&session->progress, "%s", why_format(&why, text, sizeof text));
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
                printf("results in %s%s\n", session->directory.path,
                        error < 0 ? " (incomplete)" : "");
                fflush(stdout);
        } else {
                results_directory_leave_no_trace(&session->directory);
        }
        if (error == 0 && session->result.valid_tiles == 0)
                error = why_set(why, -ERANGE, "verdict", NULL, "no step was valid: %.300s",
                        last_reason(session));
        result_fini(&session->result);
        results_directory_fini(&session->directory);
        return error < 0 ? EXIT_FAILED : EXIT_DONE;
}
