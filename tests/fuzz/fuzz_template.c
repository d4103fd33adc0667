/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a template: refused with a line number, or XML that a parser takes, that has the
 * domain's name and the mark, and nothing of ours beside it.
 */
#include "fuzz.h"
#include "macro.h"
#include "template.h"

#include <errno.h>
#include <expat.h>
#include <string.h>

static const struct template_value values[] = {
        {"domain", "tileload-t3-web1"},
        {"tile", "3"},
        {"address", "10.77.3.1"},
        {"pool", "disks"},
        {"odd", "a<b>&\"c\" 'd' ]]> --> \t\n\re"},
        {"bridge", NULL},
};

struct seen {
        unsigned depth, in_name, marks;
        size_t volumes;
        char name[256];
        size_t name_size;
};

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
        struct seen *seen = data;

        seen->depth++;
        CHECK(strstr(name, TEMPLATE_NAMESPACE) == NULL);
        for (size_t i = 0; attributes[i]; i += 2)
                CHECK(strncmp(attributes[i], TEMPLATE_NAMESPACE, strlen(TEMPLATE_NAMESPACE)) != 0);
        if (seen->depth == 1)
                CHECK(strcmp(name, "domain") == 0);
        if (seen->depth == 2 && strcmp(name, "name") == 0)
                seen->in_name++;
        seen->marks += seen->depth == 3 && strcmp(name, GUEST_MARK_NAMESPACE "|guest") == 0;
        seen->volumes += seen->depth == 4 && strcmp(name, GUEST_MARK_NAMESPACE "|volume") == 0;
}

static void on_end(void *data, const XML_Char *name)
{
        struct seen *seen = data;

        if (seen->depth == 2 && seen->in_name)
                seen->in_name = 0;
        seen->depth--;
}

static void on_text(void *data, const XML_Char *text, int length)
{
        struct seen *seen = data;
        size_t room = sizeof seen->name - seen->name_size - 1;
        size_t n = MIN((size_t)length, room);

        if (!seen->in_name)
                return;
        memcpy(seen->name + seen->name_size, text, n);
        seen->name_size += n;
}

/* Read with namespaces, unless what the input has of other ones is not declared: that is not for
 * the template's reader to find. */
static void check_xml(const struct domain_xml *xml)
{
        struct seen seen = {0};
        XML_Parser plain = XML_ParserCreate("UTF-8"), parser = XML_ParserCreateNS("UTF-8", '|');

        CHECK(plain && parser);
        CHECK(XML_Parse(plain, xml->text, (int)strlen(xml->text), XML_TRUE) == XML_STATUS_OK);
        XML_SetUserData(parser, &seen);
        XML_SetElementHandler(parser, on_start, on_end);
        XML_SetCharacterDataHandler(parser, on_text);
        if (XML_Parse(parser, xml->text, (int)strlen(xml->text), XML_TRUE) == XML_STATUS_OK) {
                CHECK(seen.marks == 1);
                CHECK(seen.volumes == xml->n_volumes);
                CHECK(strcmp(seen.name, "tileload-t3-web1") == 0);
        }
        XML_ParserFree(plain);
        XML_ParserFree(parser);
}

static void fill(const char *text, const char *guest)
{
        struct domain_xml xml;
        struct why why = {0};
        int r = template_fill(&xml, text, "file", values, ARRAY_SIZE(values), guest, &why);

        if (r < 0) {
                CHECK(r == -EINVAL);
                CHECK(strncmp(why.reason, "line ", strlen("line ")) == 0);
                return;
        }
        for (size_t i = 0; i < xml.n_volumes; i++)
                CHECK(xml.volumes[i].pool && xml.volumes[i].name && xml.volumes[i].capacity > 0);
        check_xml(&xml);
        domain_xml_fini(&xml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);

        CHECK(text);
        fill(text, "web1");
        fill(text, "oltp");
        free(text);
        return 0;
}
