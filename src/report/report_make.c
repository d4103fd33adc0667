/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include "scaling.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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

/* Returns 0 or -errno, and closes f. */
static int put(const struct report *report, FILE *f)
{
        int error = 0;

        errno = 0;
        if (fwrite(report->text, 1, report->size, f) != report->size)
                error = errno ? errno : EIO;
        if (fclose(f) != 0 && !error)
                error = errno ? errno : EIO;
        return -error;
}

/* Into what is there: a pipe, a device, or a file in a directory that nothing can be put into. */
static int save_into(const struct report *report, const char *path, struct why *why)
{
        FILE *f = fopen(path, "we");
        int r = f ? put(report, f) : 0;

        if (!f)
                return why_errno(why, -errno, WHAT, path);
        if (r < 0)
                return why_set(why, r, WHAT, path, "is not whole: %s", strerror(-r));
        return 0;
}

/* Is there a file, or nothing, that a whole new file may take the place of? A link stays one. */
static bool is_replaceable(const char *path)
{
        struct stat st;

        return lstat(path, &st) < 0 ? errno == ENOENT : S_ISREG(st.st_mode);
}

int report_save(const struct report *report, const char *path, struct why *why)
{
        _cleanup_free_ char *temporary = NULL;
        FILE *f = NULL;
        int r;

        if (asprintf(&temporary, "%s.new", path) < 0) {
                temporary = NULL;
                return why_errno(why, -ENOMEM, WHAT, path);
        }
        if (is_replaceable(path)) {
                f = fopen(temporary, "wxe");
                if (!f && errno != EACCES && errno != EPERM && errno != EEXIST)
                        return why_errno(why, -errno, WHAT, path);
        }
        if (!f)
                return save_into(report, path, why);
        r = put(report, f);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0) {
                unlink(temporary);
                return why_set(why, r, WHAT, path, "is not written: %s", strerror(-r));
        }
        return 0;
}
