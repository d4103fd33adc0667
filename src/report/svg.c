/* SPDX-License-Identifier: Apache-2.0 */
#include "svg.h"

#include "html.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static bool begins(const char *text, const char *with)
{
        return strncmp(text, with, strlen(with)) == 0;
}

/* Elements that are left out as a whole: none of them stands within another of its kind. A title
 * would pop up under the mouse; the filters are for boxed labels, of which we have none. */
static const char *skip_element(const char *at)
{
        static const struct {
                const char *open, *close;
        } unwanted[] = {{"<title>", "</title>"}, {"<desc>", "</desc>"}, {"<filter ", "</filter>"}};

        for (size_t i = 0; i < ARRAY_SIZE(unwanted); i++) {
                const char *end;

                if (!begins(at, unwanted[i].open))
                        continue;
                end = strstr(at, unwanted[i].close);
                return end ? end + strlen(unwanted[i].close) : NULL;
        }
        return NULL;
}

/* What names an id, in a tag: how it is written there, and how we write it. */
static const struct {
        const char *from, *to;
} names[] = {
        {" id='", " id='"},
        {" id=\"", " id=\""},
        {" xlink:href='#", " href='#"},
        {"url(#", "url(#"},
};

static void put_tag(FILE *to, const char *at, const char *end, const char *prefix)
{
        while (at < end) {
                size_t i;

                for (i = 0; i < ARRAY_SIZE(names); i++)
                        if (begins(at, names[i].from))
                                break;
                if (i < ARRAY_SIZE(names)) {
                        fprintf(to, "%s%s-", names[i].to, prefix);
                        at += strlen(names[i].from);
                } else {
                        fputc(*at++, to);
                }
        }
}

/* Groups that hold nothing are a third of what gnuplot writes. */
static const char *skip_empty_group(const char *at, const char *tag_end)
{
        const char *next = tag_end + strspn(tag_end, " \t\n");

        return begins(at, "<g ") && begins(next, "</g>") ? next + strlen("</g>") : NULL;
}

static void put_body(FILE *to, const char *at, const char *end, const char *prefix)
{
        while (at < end) {
                const char *close, *next;

                if (*at != '<') {
                        if (*at != '\n' || at[1] != '\n')
                                fputc(*at, to);
                        at++;
                        continue;
                }
                close = strchr(at, '>');
                close = close ? close + 1 : end;
                next = skip_element(at);
                if (!next)
                        next = skip_empty_group(at, close);
                if (!next) {
                        put_tag(to, at, close, prefix);
                        next = close;
                }
                at = next;
        }
}

int svg_embed(FILE *to, const char *svg, const char *prefix, const char *label)
{
        const char *open = strstr(svg, "<svg"), *box, *body, *end = strstr(svg, "</svg>");
        size_t length;

        if (!open || !end || end < open)
                return -EINVAL;
        body = strchr(open, '>');
        box = strstr(open, "viewBox=\"");
        if (!body || body > end || !box || box > body)
                return -EINVAL;
        box += strlen("viewBox=\"");
        length = strspn(box, "0123456789 .");
        if (box[length] != '"')
                return -EINVAL;

        fprintf(to,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"%.*s\" "
                "aria-label=\"",
                (int)length, box);
        html_text(to, label);
        fputs("\">", to);
        put_body(to, body + 1, end, prefix);
        fputs("</svg>\n", to);
        return 0;
}
