/* SPDX-License-Identifier: Apache-2.0 */
#include "mark.h"

#include "guest_plan.h"
#include "macro.h"
#include "parse.h"
#include "template.h"

#include <errno.h>
#include <expat.h>
#include <string.h>

enum {
        DEPTH = 5, /* <domain> is at 1; nothing that counts is deeper */
        NAME_SIZE = 64,
};

/* Between namespace and name in what expat hands out. */
#define SEPARATOR     ' '
#define OF_MARK(name) GUEST_MARK_NAMESPACE " " name

struct parsing {
        XML_Parser parser;
        struct mark *mark;
        char path[DEPTH + 1][NAME_SIZE]; /* names of the open elements, from [1] */
        int depth;
        char text[256]; /* of <name> */
        size_t n_text;
        char guest[16]; /* name in the mark */
        bool marked;
        int error;
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
        for (; *attributes; attributes += 2)
                if (strcmp(attributes[0], name) == 0)
                        return attributes[1];
        return NULL;
}

/* Are the elements that are open these? */
static bool at(const struct parsing *r, const char *const *names)
{
        int depth = 1;

        for (; names[depth - 1]; depth++)
                if (depth > r->depth || strcmp(r->path[depth], names[depth - 1]) != 0)
                        return false;
        return depth == r->depth + 1;
}

#define AT(r, ...) at(r, (const char *const[]){"domain", __VA_ARGS__, NULL})

static void fail(struct parsing *r, int error)
{
        if (r->error == 0)
                r->error = error;
        XML_StopParser(r->parser, XML_FALSE);
}

static void read_mark(struct parsing *r, const XML_Char **attributes)
{
        const char *tile = attribute(attributes, "tile"), *name = attribute(attributes, "name");
        const char *address = attribute(attributes, "address");
        uint64_t number;

        if (!tile || !name || !address || parse_u64(tile, &number) < 0 || number < 1 ||
                number > GUEST_PLAN_MAX_TILE)
                return;
        for (unsigned guest = 1; guest <= TILE_GUESTS; guest++)
                if (strcmp(name, guest_name(guest)) == 0)
                        r->mark->guest = guest;
        r->mark->tile = (unsigned)number;
        r->marked = r->mark->guest > 0;
        snprintf(r->guest, sizeof r->guest, "%s", name);
        snprintf(r->mark->address, sizeof r->mark->address, "%s", address);
}

static void read_volume(struct parsing *r, const XML_Char **attributes)
{
        const char *pool = attribute(attributes, "pool"), *name = attribute(attributes, "name");
        struct mark *mark = r->mark;
        struct mark_volume *more, *v;

        if (!pool || !name)
                return;
        more = realloc(mark->volumes, (mark->n_volumes + 1) * sizeof *more);
        if (!more) {
                fail(r, -ENOMEM);
                return;
        }
        mark->volumes = more;
        v = &mark->volumes[mark->n_volumes++];
        *v = (struct mark_volume){.pool = strdup(pool), .name = strdup(name)};
        if (!v->pool || !v->name)
                fail(r, -ENOMEM);
}

static void read_console(struct parsing *r, const XML_Char **attributes)
{
        const char *file = attribute(attributes, "file");

        if (!file || r->mark->console)
                return;
        r->mark->console = strdup(file);
        if (!r->mark->console)
                fail(r, -ENOMEM);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
        struct parsing *r = data;

        r->depth++;
        if (r->depth > DEPTH)
                return;
        snprintf(r->path[r->depth], NAME_SIZE, "%s", name);
        if (r->depth == 1) {
                if (strcmp(name, "domain") != 0)
                        fail(r, -EBADMSG);
                r->mark->inside = (size_t)XML_GetCurrentByteIndex(r->parser) +
                                  (size_t)XML_GetCurrentByteCount(r->parser);
        } else if (AT(r, "uuid")) {
                r->mark->has_uuid = true;
        } else if (AT(r, "metadata", OF_MARK("guest"))) {
                read_mark(r, attributes);
        } else if (AT(r, "metadata", OF_MARK("guest"), OF_MARK("volume"))) {
                read_volume(r, attributes);
        } else if (AT(r, "devices", "serial", "log") || AT(r, "devices", "console", "log")) {
                read_console(r, attributes);
        }
}

static void on_end(void *data, const XML_Char *name)
{
        struct parsing *r = data;

        r->depth--;
}

static void on_text(void *data, const XML_Char *text, int length)
{
        struct parsing *r = data;
        size_t n = MIN((size_t)length, sizeof r->text - 1 - r->n_text);

        if (r->depth > DEPTH || !AT(r, "name"))
                return;
        memcpy(r->text + r->n_text, text, n);
        r->n_text += n;
}

/* Is the domain named as the mark's guest is? */
static bool is_named_so(const struct parsing *r)
{
        char name[64];

        snprintf(name, sizeof name, GUEST_DOMAIN_PREFIX "t%u-%s", r->mark->tile, r->guest);
        return strcmp(r->mark->name, name) == 0;
}

static int parse(struct parsing *r, const char *xml)
{
        XML_SetUserData(r->parser, r);
        XML_SetElementHandler(r->parser, on_start, on_end);
        XML_SetCharacterDataHandler(r->parser, on_text);
        if (XML_Parse(r->parser, xml, (int)strlen(xml), true) != XML_STATUS_OK)
                return r->error < 0 ? r->error : -EBADMSG;
        r->mark->name = strdup(r->text);
        if (!r->mark->name)
                return -ENOMEM;
        r->mark->ours = r->marked && is_named_so(r);
        return 0;
}

int mark_parse(struct mark *ret, const char *xml)
{
        struct mark mark = {0};
        struct parsing reading = {.mark = &mark, .parser = XML_ParserCreateNS(NULL, SEPARATOR)};
        int r;

        if (!reading.parser)
                return -ENOMEM;
        r = parse(&reading, xml);
        XML_ParserFree(reading.parser);
        if (r < 0) {
                mark_fini(&mark);
                return r;
        }
        *ret = mark;
        return 0;
}

void mark_fini(struct mark *mark)
{
        for (size_t i = 0; i < mark->n_volumes; i++) {
                free(mark->volumes[i].pool);
                free(mark->volumes[i].name);
        }
        free(mark->volumes);
        free(mark->name);
        free(mark->console);
        *mark = (struct mark){0};
}

bool mark_has_volume(const struct mark *mark, const char *pool, const char *name)
{
        for (size_t i = 0; i < mark->n_volumes; i++)
                if (strcmp(mark->volumes[i].pool, pool) == 0 &&
                        strcmp(mark->volumes[i].name, name) == 0)
                        return true;
        return false;
}
