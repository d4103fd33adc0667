/* SPDX-License-Identifier: Apache-2.0 */
#include "json_fields.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define WHAT "results"

/* No figure comes near it, and sums and products of some stay finite. */
#define MAX_NUMBER 1e15

/* "steps[2].valid". Cut short where it does not fit. */
static size_t put_place(const struct json_place *place, char *text, size_t size)
{
        size_t used = place->up ? put_place(place->up, text, size) : 0;

        if (used >= size)
                return used;
        if (!place->key)
                return place->up ? used + (size_t)snprintf(
                                                  text + used, size - used, "[%zu]", place->index)
                                 : used;
        return used +
               (size_t)snprintf(text + used, size - used, "%s%.60s", used ? "." : "", place->key);
}

int json_fields_bad(const struct json_source *source, const struct json_place *place,
        const char *key, const char *format, ...)
{
        struct json_place at = {.up = place, .key = key};
        char where[256] = "", complaint[256];
        va_list ap;

        va_start(ap, format);
        vsnprintf(complaint, sizeof complaint, format, ap);
        va_end(ap);
        put_place(key ? &at : place, where, sizeof where);
        return why_set(source->why, -EINVAL, WHAT, source->path, "%s %s",
                where[0] ? where : "the document", complaint);
}

int json_fields_no_memory(const struct json_source *source)
{
        return why_errno(source->why, -ENOMEM, WHAT, source->path);
}

/* Bytes of the control character that begins there, 0: none. Those of Latin-1's upper half, which
 * terminals heed as well, are two bytes in UTF-8, and UTF-8 is what jansson lets pass. */
static size_t control_length(const char *c)
{
        if (c[0] == '\xc2' && (unsigned char)c[1] < 0xa0)
                return 2;
        return iscntrl((unsigned char)c[0]) ? 1 : 0;
}

static bool is_printable(const char *text)
{
        for (; *text; text++)
                if (control_length(text))
                        return false;
        return true;
}

static int print_string(json_t *json)
{
        _cleanup_free_ char *copy = NULL;

        if (is_printable(json_string_value(json)))
                return 0;
        copy = strdup(json_string_value(json));
        if (!copy)
                return -ENOMEM;
        for (char *c = copy; *c; c++)
                memset(c, '?', control_length(c));
        return json_string_set(json, copy) < 0 ? -ENOMEM : 0;
}

int json_make_printable(json_t *json)
{
        const char *key;
        json_t *value;
        size_t i;
        int r = 0;

        if (json_is_string(json))
                return print_string(json);
        json_array_foreach(json, i, value)
        {
                r = json_make_printable(value);
                if (r < 0)
                        return r;
        }
        json_object_foreach(json, key, value)
        {
                if (!is_printable(key))
                        return -EINVAL;
                r = json_make_printable(value);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What stands there, for "must be ..., not ...". */
static const char *found(const json_t *value, char *text, size_t size)
{
        switch (json_typeof(value)) {
        case JSON_OBJECT:
                return "an object";
        case JSON_ARRAY:
                return "a list";
        case JSON_STRING:
                snprintf(text, size, "a text of %zu bytes", json_string_length(value));
                return text;
        case JSON_INTEGER:
                snprintf(text, size, "%lld", (long long)json_integer_value(value));
                return text;
        case JSON_REAL:
                snprintf(text, size, "%g%s", json_real_value(value),
                        fabs(json_real_value(value)) > MAX_NUMBER ? ", which is too large" : "");
                return text;
        case JSON_TRUE:
                return "true";
        case JSON_FALSE:
                return "false";
        case JSON_NULL:
                return "null";
        }
        return "something else";
}

static int expected(const struct json_source *source, const struct json_place *place,
        const char *key, const json_t *value, const char *what)
{
        char text[48];

        if (!value)
                return json_fields_bad(source, place, key, "is missing: it must be %s", what);
        return json_fields_bad(
                source, place, key, "must be %s, not %s", what, found(value, text, sizeof text));
}

/* What a field must be, in words. */
static const char *description(const struct json_field *field, char *text, size_t size)
{
        const char *or_null = field->null ? " or null" : "";

        switch (field->type) {
        case JSON_FIELD_WORD:
                snprintf(text, size, "a text of at most %zu bytes%s", field->size - 1, or_null);
                break;
        case JSON_FIELD_TEXT:
                snprintf(text, size, "a text%s", or_null);
                break;
        case JSON_FIELD_COUNT:
                snprintf(text, size, "a whole number of 0 or more%s", or_null);
                break;
        case JSON_FIELD_NATURAL:
                snprintf(text, size, "a whole number from %u to %u%s", field->min, field->max,
                        or_null);
                break;
        case JSON_FIELD_NUMBER:
                snprintf(text, size, "a number of 0 or more%s", or_null);
                break;
        case JSON_FIELD_SIGNED:
                snprintf(text, size, "a number%s", or_null);
                break;
        case JSON_FIELD_FLAG:
                snprintf(text, size, "true or false%s", or_null);
                break;
        }
        return text;
}

static int take_word(const struct json_field *field, const json_t *value, char *to)
{
        const char *text = json_string_value(value);

        if (!text || strlen(text) >= field->size)
                return -EINVAL;
        strcpy(to, text);
        return 0;
}

static int take_text(const json_t *value, char **to)
{
        const char *text = json_string_value(value);

        if (!text)
                return -EINVAL;
        free(*to);
        *to = strdup(text);
        return *to ? 0 : -ENOMEM;
}

static int take_number(const json_t *value, double *to, bool negative)
{
        double number = json_number_value(value);

        if (!json_is_number(value) || !(fabs(number) <= MAX_NUMBER) || (number < 0 && !negative))
                return -EINVAL;
        *to = number;
        return 0;
}

static int take_whole(const json_t *value, json_int_t low, json_int_t high, json_int_t *to)
{
        *to = json_integer_value(value);
        return json_is_integer(value) && *to >= low && *to <= high ? 0 : -EINVAL;
}

static int take(const struct json_field *field, const json_t *value, void *to)
{
        json_int_t whole;
        int r = -EINVAL;

        switch (field->type) {
        case JSON_FIELD_WORD:
                return take_word(field, value, to);
        case JSON_FIELD_TEXT:
                return take_text(value, to);
        case JSON_FIELD_COUNT:
                r = take_whole(value, 0, INT64_MAX, &whole);
                if (r == 0)
                        *(uint64_t *)to = (uint64_t)whole;
                return r;
        case JSON_FIELD_NATURAL:
                r = take_whole(value, field->min, field->max, &whole);
                if (r == 0)
                        *(unsigned *)to = (unsigned)whole;
                return r;
        case JSON_FIELD_NUMBER:
        case JSON_FIELD_SIGNED:
                return take_number(value, to, field->type == JSON_FIELD_SIGNED);
        case JSON_FIELD_FLAG:
                if (!json_is_boolean(value))
                        return -EINVAL;
                *(bool *)to = json_is_true(value);
                return 0;
        }
        return r;
}

static void take_null(const struct json_field *field, void *to)
{
        if (field->type == JSON_FIELD_NUMBER || field->type == JSON_FIELD_SIGNED)
                *(double *)to = NAN;
}

/* One value, which stands at place.key. */
static int read_value(const struct json_source *source, const struct json_place *place,
        const char *key, const json_t *value, const struct json_field *field, void *to)
{
        char text[80];
        int r;

        if (json_is_null(value) && field->null) {
                take_null(field, to);
                return 0;
        }
        r = take(field, value, to);
        if (r == -ENOMEM)
                return json_fields_no_memory(source);
        return r < 0 ? expected(source, place, key, value, description(field, text, sizeof text))
                     : 0;
}

int json_fields_read(const struct json_source *source, const struct json_place *place,
        const json_t *object, const struct json_field *fields, size_t n_fields, void *to)
{
        if (!json_is_object(object))
                return expected(source, place, NULL, object, "an object");
        for (size_t i = 0; i < n_fields; i++) {
                const struct json_field *field = &fields[i];
                const json_t *value = json_object_get(object, field->key);
                int r;

                if (!value && field->optional)
                        continue;
                r = read_value(source, place, field->key, value, field, (char *)to + field->offset);
                if (r < 0)
                        return r;
        }
        return 0;
}

int json_fields_column(const struct json_source *source, const struct json_place *place,
        const json_t *list, const struct json_field *field, void *to, size_t size)
{
        for (size_t i = 0; i < json_array_size(list); i++) {
                const struct json_place at = {.up = place, .index = i};
                int r = read_value(source, &at, NULL, json_array_get(list, i), field,
                        (char *)to + i * size + field->offset);

                if (r < 0)
                        return r;
        }
        return 0;
}

int json_fields_all_texts(const struct json_source *source, const struct json_place *place,
        const json_t *list_or_object)
{
        json_t *all = (json_t *)list_or_object, *value;
        const char *key;
        size_t i;

        json_array_foreach(all, i, value)
        {
                const struct json_place at = {.up = place, .index = i};

                if (!json_is_string(value))
                        return expected(source, &at, NULL, value, "a text");
        }
        json_object_foreach(all, key, value)
        {
                if (!json_is_string(value))
                        return expected(source, place, key, value, "a text");
        }
        return 0;
}

json_t *json_fields_list(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key)
{
        json_t *value = json_object_get(object, key);

        if (json_is_array(value))
                return value;
        expected(source, place, key, value, "a list");
        return NULL;
}

json_t *json_fields_object(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key)
{
        json_t *value = json_object_get(object, key);

        if (json_is_object(value))
                return value;
        expected(source, place, key, value, "an object");
        return NULL;
}

int json_fields_texts(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key, char ***ret, size_t *ret_n)
{
        const json_t *list = json_fields_list(source, place, object, key);
        const struct json_place at = {.up = place, .key = key};

        if (!list)
                return -EINVAL;
        *ret = calloc(json_array_size(list) + 1, sizeof **ret);
        if (!*ret)
                return json_fields_no_memory(source);
        for (*ret_n = 0; *ret_n < json_array_size(list); ++*ret_n) {
                const struct json_place here = {.up = &at, .index = *ret_n};
                const json_t *value = json_array_get(list, *ret_n);
                int r = take_text(value, &(*ret)[*ret_n]);

                if (r == -EINVAL)
                        return expected(source, &here, NULL, value, "a text");
                if (r < 0)
                        return json_fields_no_memory(source);
        }
        return 0;
}
