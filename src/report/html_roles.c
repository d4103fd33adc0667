/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each guest of a tile did.
 */
#include "html_report.h"

#include "html.h"
#include "plot.h"
#include "role_use.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

enum { GUESTS = RUN_MAX_GUEST + 1 };

static const char *const guest_labels[GUESTS] = {
        "external", "web1", "web2", "client", "backend", "cpu", "disk", "oltp", "idle"};

/* uses[step * GUESTS + guest]. */
struct roles {
        struct html_report *report;
        struct role_use *uses;
        bool there[GUESTS], works[GUESTS]; /* in any step */
};

static const struct role_use *use_of(const struct roles *roles, size_t step, unsigned guest)
{
        return &roles->uses[step * GUESTS + guest];
}

/* ---- one step, all that is known ---- */

static void whole_row(FILE *to, const struct role_use *use, unsigned guest, bool any_missing)
{
        html_row_begin(to, "%s", guest_labels[guest]);
        html_figure(to, use->unit[0] ? use->rate : NAN);
        html_cell(to, "%s", use->unit[0] ? use->unit : "–");
        html_figure(to, use->cpu_share * 100);
        html_number(to, use->measured ? (double)use->errors : NAN, 0);
        html_figure(to, use->mean_ms);
        html_figure(to, use->p99_ms);
        if (any_missing)
                html_number(to, use->missing, 0);
        html_row_end(to);
}

static void whole_table(const struct roles *roles, size_t step)
{
        static const struct html_column columns[] = {
                {"guest", NULL},
                {"work of one", "1/s"},
                {"of", NULL, true},
                {"CPU of one", "% of a CPU"},
                {"errors of all", NULL},
                {"average", "ms"},
                {"p99", "ms"},
                {"without figures", "guests"},
        };
        FILE *to = roles->report->to;
        unsigned n = roles->report->scaling->rows[step].tiles;
        bool any_missing = !roles->report->scaling->rows[step].whole;

        html_table_begin(to, "The guests of a tile with %u tile%s: averages over the tiles", n,
                n == 1 ? "" : "s");
        html_table_head(to, columns, ARRAY_SIZE(columns) - !any_missing);
        for (unsigned guest = 0; guest < GUESTS; guest++)
                if (roles->there[guest])
                        whole_row(to, use_of(roles, step, guest), guest, any_missing);
        html_table_end(to);
}

/* ---- all steps, one figure ---- */

static void rate_cell(FILE *to, const struct role_use *use)
{
        html_figure(to, use->unit[0] ? use->rate : NAN);
}

static void cpu_cell(FILE *to, const struct role_use *use)
{
        html_figure(to, use->cpu_share * 100);
}

static void errors_cell(FILE *to, const struct role_use *use)
{
        html_number(to, use->measured ? (double)use->errors : NAN, 0);
}

static void p99_cell(FILE *to, const struct role_use *use)
{
        html_figure(to, use->p99_ms);
}

static void steps_table(const struct roles *roles, const char *caption,
        void (*cell)(FILE *to, const struct role_use *use))
{
        const struct html_report *report = roles->report;
        struct html_column columns[GUESTS + 1] = {{"tiles", NULL}};
        size_t n = 1;

        for (unsigned guest = 0; guest < GUESTS; guest++)
                if (roles->there[guest])
                        columns[n++].name = guest_labels[guest];
        html_table_begin(report->to, "%s", caption);
        html_table_head(report->to, columns, n);
        for (size_t i = 0; i < report->scaling->n_rows; i++) {
                html_row_begin(report->to, "%u", report->scaling->rows[i].tiles);
                for (unsigned guest = 0; guest < GUESTS; guest++)
                        if (roles->there[guest])
                                cell(report->to, use_of(roles, i, guest));
                html_row_end(report->to);
        }
        html_table_end(report->to);
}

static int picture(const struct roles *roles)
{
        struct html_report *report = roles->report;
        size_t n_rows = report->scaling->n_rows, n = 0;
        const char *names[GUESTS];
        _cleanup_free_ double *shares = calloc(GUESTS * n_rows, sizeof *shares);
        _cleanup_free_ unsigned *tiles = calloc(n_rows, sizeof *tiles);
        _cleanup_free_ char *svg = NULL;
        struct why why = {0};
        int r;

        if (!shares || !tiles)
                return -ENOMEM;
        for (size_t i = 0; i < n_rows; i++)
                tiles[i] = report->scaling->rows[i].tiles;
        for (unsigned guest = 0; guest < GUESTS; guest++) {
                if (!roles->works[guest])
                        continue;
                for (size_t i = 0; i < n_rows; i++)
                        shares[n * n_rows + i] =
                                use_of(roles, i, guest)->rate / use_of(roles, 0, guest)->rate;
                names[n++] = guest_labels[guest];
        }
        if (!n)
                return 0;
        r = html_may_draw(report, &why);
        if (r == 0)
                r = plot_roles(&svg, names, n, tiles, shares, n_rows, &why);
        html_picture(report, r, &svg, &why,
                "Line plot: work per second of each guest, averaged over the tiles, in per cent of "
                "what it was in the first step, against number of tiles. The table below has its "
                "figures.",
                "Work of each guest of a tile, compared with the first step. A line that falls is "
                "a "
                "role that other tiles take from.");
        return 0;
}

/* The step that the answer speaks of. */
static size_t headline(const struct html_report *report)
{
        return (size_t)(report->scaling->headline - report->scaling->rows);
}

static int write_section(const struct roles *roles)
{
        struct html_report *report = roles->report;
        int r = 0;

        html_note(report,
                "The external client is what users see, and loads web1; client loads web2 "
                "from inside; both web servers ask backend. The others work by themselves. "
                "Times are those of the role's own operations.");
        whole_table(roles, headline(report));
        if (report->scaling->n_rows < 2)
                return 0;
        r = picture(roles);
        steps_table(roles, "Work of one guest (1/s), average over the tiles", rate_cell);
        steps_table(roles, "CPU of one guest (% of a CPU), average over the tiles", cpu_cell);
        steps_table(roles, "p99 of the role's operations (ms), of all tiles together", p99_cell);
        steps_table(roles, "Errors, of all tiles together", errors_cell);
        return r;
}

int html_roles(struct html_report *report)
{
        _cleanup_free_ struct role_use *uses =
                calloc(report->scaling->n_rows * GUESTS, sizeof *uses);
        struct roles roles = {.report = report, .uses = uses};
        int r;

        if (!uses)
                return -ENOMEM;
        for (size_t i = 0; i < report->scaling->n_rows; i++)
                for (unsigned guest = 0; guest < GUESTS; guest++) {
                        struct role_use *use = &uses[i * GUESTS + guest];

                        *use = role_use_of(&report->scaling->rows[i], guest);
                        roles.there[guest] |= use->name != NULL;
                        roles.works[guest] |= use->work > 0;
                }
        html_section_begin(report, "roles", "The guests of a tile");
        r = write_section(&roles);
        html_section_end(report);
        return r;
}
