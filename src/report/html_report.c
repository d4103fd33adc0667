/* SPDX-License-Identifier: Apache-2.0 */
#include "html_report.h"

#include "html.h"
#include "svg.h"

#include <errno.h>

void html_section_begin(struct html_report *report, const char *id, const char *heading)
{
        fprintf(report->to, "<section aria-labelledby=\"%s\">\n<h2 id=\"%s\">", id, id);
        html_text(report->to, heading);
        fputs("</h2>\n", report->to);
}

void html_section_end(struct html_report *report)
{
        fputs("</section>\n", report->to);
}

void html_note(struct html_report *report, const char *format, ...)
{
        va_list ap;

        fputs("<p>", report->to);
        va_start(ap, format);
        html_prose_v(report->to, format, ap);
        va_end(ap);
        fputs("</p>\n", report->to);
}

void html_details_begin(struct html_report *report, const char *extra, const char *line, ...)
{
        va_list ap;

        fprintf(report->to, "<details class=\"%s\">\n<summary>", extra);
        va_start(ap, line);
        html_prose_v(report->to, line, ap);
        va_end(ap);
        fputs("</summary>\n", report->to);
}

void html_details_end(struct html_report *report)
{
        fputs("</details>\n", report->to);
}

/* Without gnuplot, or with one that hangs, each picture would fail like the first, after as long.
 */
int html_may_draw(const struct html_report *report, struct why *why)
{
        if (report->plot_error != -ENOENT && report->plot_error != -ETIMEDOUT)
                return 0;
        *why = report->plot_why;
        return report->plot_error;
}

static void missing(struct html_report *report, int error, const struct why *why)
{
        fputs("<p class=\"missing\">No plot here: ", report->to);
        html_prose(report->to, "%s: %s. The tables have its figures.", why->what, why->reason);
        fputs("</p>\n", report->to);
        if (!report->plot_error) {
                report->plot_error = error;
                report->plot_why = *why;
        }
}

void html_picture(struct html_report *report, int drawn, char **svg, const struct why *why,
        const char *label, const char *caption)
{
        static const struct why shapeless = {
                .what = "gnuplot", .reason = "has drawn something that is not understood"};
        _cleanup_free_ char *taken = STEAL_PTR(*svg);
        char prefix[16];

        snprintf(prefix, sizeof prefix, "p%u", ++report->pictures);
        fputs("<figure>\n", report->to);
        if (drawn < 0)
                missing(report, drawn, why);
        else if (svg_embed(report->to, taken, prefix, label) < 0)
                missing(report, -EINVAL, &shapeless);
        fputs("<figcaption>", report->to);
        html_text(report->to, caption);
        fputs("</figcaption>\n</figure>\n", report->to);
}

char *html_step_name(
        const struct html_report *report, const struct run_step *step, char *text, size_t size)
{
        if (report->repeated)
                snprintf(text, size, "%u, repeat %u", step->tiles, step->repeat);
        else
                snprintf(text, size, "%u", step->tiles);
        return text;
}

char *html_step_words(
        const struct html_report *report, const struct run_step *step, char *text, size_t size)
{
        int n = snprintf(text, size, "%u tile%s", step->tiles, step->tiles == 1 ? "" : "s");

        if (report->repeated)
                snprintf(text + n, size - (size_t)n, ", repeat %u", step->repeat);
        return text;
}
