/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Expat reads the template, and what it hands out is written again at once, but for
 *
 *   text    gathered until the next tag or comment, since expat hands it out in pieces
 *   '>'     of a start tag, written when something follows: until then <a> may become <a/>
 *   mark    put in at the end, when all volumes are known: see put_mark()
 */
#include "template.h"

#include "expand.h"
#include "mark_write.h"
#include "markers.h"

#include <assert.h>
#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

enum {
        DEPTH_ROOT = 1,
        DEPTH_CHILD = 2, /* <name>, <metadata>, <devices> */
};

struct filler {
        XML_Parser parser;
        struct expand expand;
        const char *guest, *path;
        struct why *why;
        int error;

        char *out;
        size_t out_size;
        FILE *to;

        char *text; /* since the last tag; not yet expanded; NUL-terminated */
        size_t text_size, text_line;

        unsigned depth;   /* of open elements */
        unsigned dropped; /* the depth of the outermost one that is left out; 0: none */
        bool tag_open;    /* a '>' is due */

        bool named;         /* <name> is there */
        size_t metadata_at; /* where <metadata> ends; 0: there is none */
        size_t root_at;     /* where <domain> ends */

        unsigned disk;                 /* depth of a <disk> whose volume we make; 0: in none */
        unsigned disk_line;            /* where it begins */
        struct template_volume volume; /* of that disk */
        struct domain_xml filled;
};

static void fail(struct filler *f, size_t line, int error, const char *format, ...) _printf_(4, 5);

static void fail(struct filler *f, size_t line, int error, const char *format, ...)
{
        char reason[400];
        va_list ap;

        if (f->error < 0)
                return; /* the first one counts */
        va_start(ap, format);
        vsnprintf(reason, sizeof reason, format, ap);
        va_end(ap);
        f->error = why_set(f->why, error, "template", f->path, "line %zu: %s", line, reason);
        XML_StopParser(f->parser, XML_FALSE);
}

static void fail_memory(struct filler *f)
{
        if (f->error == 0)
                f->error = why_errno(f->why, -ENOMEM, "template", f->path);
        XML_StopParser(f->parser, XML_FALSE);
}

static size_t line_now(const struct filler *f)
{
        return XML_GetCurrentLineNumber(f->parser);
}

static size_t lines_in(const char *text, size_t size)
{
        size_t n = 0;

        for (size_t i = 0; i < size; i++)
                n += text[i] == '\n';
        return n;
}

/* With the values put in; NULL: failed. Of what is left out only the keys are looked at. */
static char *expanded(struct filler *f, const char *text, size_t line, bool left_out)
{
        struct expand_error error;
        char *copy = expand_text(&f->expand, text, left_out, &error);

        if (!copy)
                fail(f, line + lines_in(text, error.at), -EINVAL, "%s", error.reason);
        return copy;
}

/* What is written from here on stands behind the start tag. */
static void close_tag(struct filler *f)
{
        if (f->tag_open)
                fputc('>', f->to);
        f->tag_open = false;
}

static size_t here(struct filler *f)
{
        fflush(f->to);
        return f->out_size;
}

/* ---- text ---- */

static void on_text(void *data, const XML_Char *text, int length)
{
        struct filler *f = data;
        char *longer;

        if (f->error < 0)
                return;
        longer = realloc(f->text, f->text_size + (size_t)length + 1);
        if (!longer) {
                fail_memory(f);
                return;
        }
        if (f->text_size == 0)
                f->text_line = line_now(f);
        f->text = longer;
        memcpy(f->text + f->text_size, text, (size_t)length);
        f->text_size += (size_t)length;
        f->text[f->text_size] = '\0';
}

/* Before a tag that is left out, its indentation goes too. */
static void trim_line(char *text)
{
        size_t size = strlen(text);

        while (size > 0 && strchr(" \t", text[size - 1]))
                size--;
        if (size > 0 && text[size - 1] == '\n')
                text[size - 1] = '\0';
}

static void write_text(struct filler *f, bool trim)
{
        _cleanup_free_ char *filled = NULL;

        if (f->text_size == 0)
                return;
        if (trim)
                trim_line(f->text);
        f->text_size = 0;
        filled = expanded(f, f->text, f->text_line, f->dropped > 0);
        if (!filled || f->dropped > 0 || !*filled)
                return;
        close_tag(f);
        expand_escape(f->to, filled, 0);
}

/* The domain's name is how it is found again. */
static void check_name(struct filler *f)
{
        _cleanup_free_ char *filled = NULL;
        const char *domain = NULL;

        expand_find(&f->expand, "domain", strlen("domain"), &domain);
        if (f->text_size > 0)
                filled = expanded(f, f->text, f->text_line, false);
        if (!filled || !domain || strcmp(filled, domain) != 0)
                fail(f, line_now(f), -EINVAL, "<name> must be @domain@");
        if (f->named)
                fail(f, line_now(f), -EINVAL, "a second <name>");
        f->named = true;
}

/* ---- elements ---- */

/* A namespace of ours that is not declared would be an error of whoever reads the template next. */
static void check_root(struct filler *f, const char *name, const XML_Char **attributes)
{
        const char *declared = "";

        for (size_t i = 0; attributes[i]; i += 2)
                if (strcmp(attributes[i], MARKER_DECLARATION) == 0)
                        declared = attributes[i + 1];
        if (strcmp(name, "domain") != 0)
                fail(f, line_now(f), -EINVAL, "the outermost element is <%.64s>, not <domain>",
                        name);
        else if (strcmp(declared, TEMPLATE_NAMESPACE) != 0)
                fail(f, line_now(f), -EINVAL,
                        "<domain> must declare xmlns:tileload='" TEMPLATE_NAMESPACE "'");
}

static void check_element(struct filler *f, const char *name, const XML_Char **attributes)
{
        if (f->depth == DEPTH_ROOT)
                check_root(f, name, attributes);
        else if (strncmp(name, MARKER_PREFIX, strlen(MARKER_PREFIX)) == 0)
                fail(f, line_now(f), -EINVAL,
                        "<%.64s>: elements of this namespace are written by tileload", name);
        else
                for (size_t i = 0; attributes[i]; i += 2)
                        if (strcmp(attributes[i], MARKER_DECLARATION) == 0)
                                fail(f, line_now(f), -EINVAL,
                                        "xmlns:tileload is declared on <domain> only");
}

static void write_start(
        struct filler *f, const char *name, const XML_Char **attributes, bool left_out)
{
        if (!left_out) {
                close_tag(f);
                fprintf(f->to, "<%s", name);
        }
        for (size_t i = 0; attributes[i] && f->error == 0; i += 2) {
                _cleanup_free_ char *filled = NULL;

                if (markers_are(attributes[i]))
                        continue;
                filled = expanded(f, attributes[i + 1], line_now(f), left_out);
                if (!filled || left_out)
                        continue;
                fprintf(f->to, " %s='", attributes[i]);
                expand_escape(f->to, filled, '\'');
                fputc('\'', f->to);
        }
        f->tag_open = f->tag_open || !left_out;
}

/* <source pool='tileload' volume='tileload-t3-disk-data'/> in a disk that has a capacity. */
static void read_source(struct filler *f, const XML_Char **attributes)
{
        for (size_t i = 0; attributes[i] && f->error == 0; i += 2) {
                char **member = NULL;

                if (strcmp(attributes[i], "pool") == 0)
                        member = &f->volume.pool;
                else if (strcmp(attributes[i], "volume") == 0)
                        member = &f->volume.name;
                if (!member)
                        continue;
                free(*member);
                *member = expanded(f, attributes[i + 1], line_now(f), false);
        }
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
        struct filler *f = data;
        struct markers markers;
        char reason[256];

        if (f->error < 0)
                return;
        f->depth++;
        check_element(f, name, attributes);
        if (markers_read(&markers, &f->expand, f->guest, name, (const char *const *)attributes,
                    reason) < 0)
                fail(f, line_now(f), -EINVAL, "%s", reason);
        else if (f->depth == DEPTH_ROOT && !markers.keep)
                fail(f, line_now(f), -EINVAL, "<domain> cannot be left out");
        if (f->error == 0)
                write_text(f, !markers.keep);
        if (!f->dropped && !markers.keep)
                f->dropped = f->depth;
        if (f->error == 0)
                write_start(f, name, attributes, f->dropped > 0);
        if (f->error < 0 || f->dropped)
                return;
        if (markers.capacity) {
                f->disk = f->depth;
                f->disk_line = (unsigned)line_now(f);
                f->volume.capacity = markers.capacity;
        } else if (f->disk && f->depth == f->disk + 1 && strcmp(name, "source") == 0) {
                read_source(f, attributes);
        }
}

static void end_disk(struct filler *f)
{
        struct template_volume *volumes;

        f->disk = 0;
        if (!f->volume.pool || !f->volume.name) {
                fail(f, f->disk_line, -EINVAL,
                        "a disk with " MARKER_PREFIX
                        "capacity needs <source pool='...' volume='...'/>");
                return;
        }
        volumes = reallocarray(f->filled.volumes, f->filled.n_volumes + 1, sizeof *volumes);
        if (!volumes) {
                fail_memory(f);
                return;
        }
        f->filled.volumes = volumes;
        volumes[f->filled.n_volumes++] = f->volume;
        f->volume = (struct template_volume){0};
}

/* Where the mark can go. */
static void note_end(struct filler *f, const char *name)
{
        bool metadata = f->depth == DEPTH_CHILD && strcmp(name, "metadata") == 0;

        if (!metadata && f->depth != DEPTH_ROOT)
                return;
        if (metadata && f->metadata_at)
                fail(f, line_now(f), -EINVAL, "a second <metadata>");
        close_tag(f);
        *(metadata ? &f->metadata_at : &f->root_at) = here(f);
}

static void write_end(struct filler *f, const char *name)
{
        if (f->depth == DEPTH_CHILD && strcmp(name, "name") == 0)
                check_name(f);
        if (f->error == 0)
                write_text(f, false);
        note_end(f, name);
        if (f->tag_open)
                fputs("/>", f->to);
        else
                fprintf(f->to, "</%s>", name);
        f->tag_open = false;
        if (f->disk == f->depth)
                end_disk(f);
}

static void on_end(void *data, const XML_Char *name)
{
        struct filler *f = data;

        if (f->error < 0)
                return;
        if (f->dropped)
                write_text(f, false);
        else
                write_end(f, name);
        if (f->dropped == f->depth)
                f->dropped = 0;
        f->depth--;
}

static void on_comment(void *data, const XML_Char *comment)
{
        struct filler *f = data;

        if (f->error < 0)
                return;
        write_text(f, false);
        if (f->dropped)
                return;
        close_tag(f);
        fprintf(f->to, "<!--%s-->%s", comment, f->depth == 0 ? "\n" : "");
}

static void on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
        struct filler *f = data;

        fail(f, line_now(f), -EINVAL, "a processing instruction, <?%.64s ...?>: remove it", target);
}

/* Entities that a document declares can be made to grow without end, and name files. */
static void on_doctype(void *data, const XML_Char *name, const XML_Char *system,
        const XML_Char *public, int has_internal_subset)
{
        struct filler *f = data;

        fail(f, line_now(f), -EINVAL, "a document type declaration: remove it");
}

/* ---- the whole ---- */

/* What was written, with the mark in it: at the end of the template's <metadata>, or in one of its
 * own. */
static int put_mark(struct filler *f)
{
        size_t at = f->metadata_at ? f->metadata_at : f->root_at, size;
        FILE *to = open_memstream(&f->filled.text, &size);

        if (!to)
                return -ENOMEM;
        fwrite(f->out, 1, at, to);
        fputs(f->metadata_at ? "  " : "  <metadata>\n    ", to);
        mark_write(to, &f->expand, f->guest, &f->filled);
        fputs(f->metadata_at ? "\n  " : "\n  </metadata>\n", to);
        fputs(f->out + at, to);
        fputc('\n', to);
        return fclose(to) == 0 ? 0 : -ENOMEM;
}

static void set_handlers(struct filler *f)
{
        XML_SetUserData(f->parser, f);
        XML_SetElementHandler(f->parser, on_start, on_end);
        XML_SetCharacterDataHandler(f->parser, on_text);
        XML_SetCommentHandler(f->parser, on_comment);
        XML_SetProcessingInstructionHandler(f->parser, on_instruction);
        XML_SetStartDoctypeDeclHandler(f->parser, on_doctype);
}

static int parse(struct filler *f, const char *text)
{
        size_t size = strlen(text);
        enum XML_Status status;

        if (size > INT_MAX)
                return why_set(f->why, -E2BIG, "template", f->path, "too large");
        set_handlers(f);
        status = XML_Parse(f->parser, text, (int)size, XML_TRUE);
        if (f->error == 0 && status != XML_STATUS_OK)
                fail(f, line_now(f), -EINVAL, "not well-formed XML: %s",
                        XML_ErrorString(XML_GetErrorCode(f->parser)));
        if (f->error == 0 && !f->named)
                fail(f, line_now(f), -EINVAL,
                        "the domain has no name: write <name>@domain@</name>");
        if (fflush(f->to) != 0 || ferror(f->to))
                fail_memory(f);
        if (f->error == 0 && put_mark(f) < 0)
                fail_memory(f);
        return f->error;
}

void domain_xml_fini(struct domain_xml *xml)
{
        for (size_t i = 0; i < xml->n_volumes; i++) {
                free(xml->volumes[i].pool);
                free(xml->volumes[i].name);
        }
        free(xml->volumes);
        free(xml->text);
        *xml = (struct domain_xml){0};
}

static void filler_fini(struct filler *f)
{
        if (f->parser)
                XML_ParserFree(f->parser);
        if (f->to)
                fclose(f->to);
        free(f->out);
        free(f->text);
        free(f->volume.pool);
        free(f->volume.name);
        domain_xml_fini(&f->filled);
}

static int check_values(const struct expand *expand, struct why *why)
{
        for (size_t i = 0; i < expand->n_values; i++) {
                const struct template_value *value = &expand->values[i];

                if (value->value && !expand_is_xml(value->value))
                        return why_set(why, -EINVAL, value->key, value->value,
                                "XML cannot hold this: it has control characters or is not UTF-8");
        }
        return 0;
}

int template_fill(struct domain_xml *ret, const char *text, const char *path,
        const struct template_value *values, size_t n_values, const char *guest, struct why *why)
{
        struct filler f = {
                .expand = {values, n_values},
                .guest = guest,
                .path = path,
                .why = why,
        };
        int r = check_values(&f.expand, why);

        if (r < 0)
                return r;
        f.parser = XML_ParserCreate(NULL);
        f.to = open_memstream(&f.out, &f.out_size);
        if (f.parser && f.to)
                r = parse(&f, text);
        else
                r = why_errno(why, -ENOMEM, "template", path);
        if (r == 0) {
                *ret = f.filled;
                f.filled = (struct domain_xml){0};
        }
        filler_fini(&f);
        return r;
}
