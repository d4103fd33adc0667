/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "scaling.h"

#include <errno.h>
#include <string.h>

#define WHAT "report"

const char *const report_format_names[] = {
        [REPORT_HTML] = "html",
        [REPORT_TEXT] = "text",
        [REPORT_CSV] = "csv",
        [REPORT_JSON] = "json",
        [REPORT_MARKDOWN] = "markdown",
        NULL,
};

static int write_as(enum report_format format, const struct run_file *run,
        const struct scaling *scaling, FILE *to, struct why *why)
{
        switch (format) {
        case REPORT_HTML:
                return report_html(run, scaling, to, why);
        case REPORT_TEXT:
                return report_text(run, scaling, to, why);
        case REPORT_CSV:
                return report_csv(run, scaling, to, why);
        case REPORT_JSON:
                return report_json(run, scaling, to, why);
        case REPORT_MARKDOWN:
                return report_markdown(run, scaling, to, why);
        }
        return why_set(why, -EINVAL, WHAT, NULL, "no such format");
}

void report_fini(struct report *report)
{
        free(report->text);
        free(report->run);
        free(report->answer);
        free(report->beside);
        free(report->note);
        *report = (struct report){0};
}

static int tell(struct report *report, const struct run_file *run, const struct scaling *scaling)
{
        const char *slash = strrchr(run->path, '/');
        int length = slash ? (int)(slash - run->path) + 1 : 0;

        report->run = strdup(run->path);
        report->answer = scaling_answer(run, scaling);
        if (asprintf(&report->beside, "%.*sreport.html", length, run->path) < 0)
                report->beside = NULL;
        return report->run && report->answer && report->beside ? 0 : -ENOMEM;
}

/* A writer that returns 0 with a reason has done without something. */
static int take_note(struct report *report, const struct why *note)
{
        char text[1024];

        if (!note->reason[0])
                return 0;
        report->note = strdup(why_format(note, text, sizeof text));
        return report->note ? 0 : -ENOMEM;
}

static int make(struct report *report, const struct run_file *run, enum report_format format,
        FILE *to, struct why *why)
{
        struct scaling scaling = {0};
        struct why note = {0};
        int r = scaling_make(&scaling, run);

        if (r == 0)
                r = tell(report, run, &scaling);
        if (r < 0)
                why_errno(&note, r, WHAT, run->path);
        else
                r = write_as(format, run, &scaling, to, &note);
        scaling_free(&scaling);
        if (r < 0) {
                if (why)
                        *why = note;
                return r;
        }
        r = take_note(report, &note);
        return r < 0 ? why_errno(why, r, WHAT, run->path) : 0;
}

int report_make(struct report *ret, const char *path, enum report_format format, struct why *why)
{
        struct report report = {0};
        struct run_file run;
        FILE *to;
        int r = run_file_read(&run, path, why);

        if (r < 0)
                return r;
        to = open_memstream(&report.text, &report.size);
        r = to ? make(&report, &run, format, to, why) : why_errno(why, -errno, WHAT, path);
        if (to && fclose(to) != 0 && r == 0)
                r = why_errno(why, -ENOMEM, WHAT, path);
        run_file_free(&run);
        if (r < 0)
                report_fini(&report);
        else
                *ret = report;
        return r;
}

int report_save(const struct report *report, const char *path, struct why *why)
{
        FILE *f = fopen(path, "we");
        int error;

        if (!f)
                return why_errno(why, -errno, WHAT, path);
        errno = 0;
        error = fwrite(report->text, 1, report->size, f) != report->size ? errno ? errno : EIO : 0;
        if (fclose(f) != 0 && !error)
                error = errno ? errno : EIO;
        if (error)
                return why_set(why, -error, WHAT, path, "is not whole: %s", strerror(error));
        return 0;
}

int report_beside(const char *directory, struct why *why)
{
        struct report report;
        int r = report_make(&report, directory, REPORT_HTML, why);

        if (r < 0)
                return r;
        r = report_save(&report, report.beside, why);
        report_fini(&report);
        return r;
}
