/* SPDX-License-Identifier: Apache-2.0 */
#include "expand.h"

#include "parse.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <string.h>

#define KEY_CHARACTERS "abcdefghijklmnopqrstuvwxyz-"

const struct template_value *expand_find(
        const struct expand *expand, const char *key, size_t size, const char **ret_value)
{
        for (size_t i = 0; i < expand->n_values; i++) {
                const struct template_value *value = &expand->values[i];

                if (strlen(value->key) != size || memcmp(value->key, key, size) != 0)
                        continue;
                *ret_value = value->value && *value->value ? value->value : NULL;
                return value;
        }
        return NULL;
}

const char *expand_nearest(const struct expand *expand, const char *key)
{
        const char *found = "";
        unsigned least = UINT_MAX;

        for (size_t i = 0; i < expand->n_values; i++) {
                unsigned distance = parse_distance(expand->values[i].key, key);

                if (distance < least) {
                        least = distance;
                        found = expand->values[i].key;
                }
        }
        return found;
}

/* One @KEY@ or @@ at p. Returns its size, or 0 with the reason. */
static size_t expand_one(const struct expand *expand, const char *p, bool only_check,
        const char **ret_value, char *reason, size_t reason_size)
{
        size_t size = strspn(p + 1, KEY_CHARACTERS);
        char key[64];

        if (p[1 + size] != '@') {
                snprintf(reason, reason_size, "a single @: write @KEY@, or @@ for the character");
                return 0;
        }
        *ret_value = "@";
        if (size > 0) {
                snprintf(key, sizeof key, "%.*s", (int)MIN(size, sizeof key), p + 1);
                if (!expand_find(expand, p + 1, size, ret_value)) {
                        snprintf(reason, reason_size, "@%s@ is not known; is it @%s@?", key,
                                expand_nearest(expand, key));
                        return 0;
                }
                if (!*ret_value && !only_check) {
                        snprintf(reason, reason_size,
                                "@%s@ has no value here: put tileload:if=\"%s\" on the element",
                                key, key);
                        return 0;
                }
        }
        return size + 2;
}

char *expand_text(const struct expand *expand, const char *text, bool only_check,
        struct expand_error *ret_error)
{
        char *expanded = NULL;
        size_t size, n = 1;
        FILE *to = open_memstream(&expanded, &size);
        const char *p = text;

        *ret_error = (struct expand_error){.reason = "no memory"};
        if (!to)
                return NULL;
        while (*p && n > 0) {
                const char *value = NULL;

                if (*p != '@') {
                        n = strcspn(p, "@");
                        fwrite(p, 1, n, to);
                } else {
                        n = expand_one(expand, p, only_check, &value, ret_error->reason,
                                sizeof ret_error->reason);
                        fputs(value ? value : "", to);
                }
                p += n;
        }
        ret_error->at = (size_t)(p - text);
        if (fclose(to) != 0 || n == 0) {
                free(expanded);
                return NULL;
        }
        return expanded;
}

void expand_escape(FILE *to, const char *text, char quote)
{
        for (; *text; text++) {
                if (*text == '&')
                        fputs("&amp;", to);
                else if (*text == '<')
                        fputs("&lt;", to);
                else if (*text == '>')
                        fputs("&gt;", to);
                else if (*text == '\r' || (quote && (*text == quote || strchr("\t\n", *text))))
                        fprintf(to, "&#%d;", *text); /* as itself it would be read as another */
                else
                        fputc(*text, to);
        }
}

bool expand_is_xml(const char *text)
{
        _cleanup_free_ char *element = NULL;
        size_t size;
        FILE *to = open_memstream(&element, &size);
        XML_Parser parser = XML_ParserCreate("UTF-8");
        bool is = false;

        if (to) {
                fputs("<v>", to);
                expand_escape(to, text, 0);
                fputs("</v>", to);
                is = fclose(to) == 0 && parser && size <= INT_MAX &&
                     XML_Parse(parser, element, (int)size, XML_TRUE) == XML_STATUS_OK;
        }
        if (parser)
                XML_ParserFree(parser);
        return is;
}
