/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON of unknown origin into a struct, by tables: what is missing or of the wrong kind is an error
 * that names the file, the place in it, what must stand there and what does:
 *
 *         results "a/run.json": steps[2].tile_results[0].rate_per_s must be a number of 0 or more,
 *         not a text
 */
#pragma once

#include "why.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Where in the document: a chain from an element up to its root, kept on the stack. */
struct json_place {
        const struct json_place *up; /* NULL: the root */
        const char *key;             /* NULL: an element of a list, by its index */
        size_t index;
};

/* Whose errors they are. */
struct json_source {
        const char *path;
        struct why *why;
};

enum json_field_type {
        JSON_FIELD_WORD,    /* char[size]: a text that fits */
        JSON_FIELD_TEXT,    /* char *: owned by the struct; NULL for null where that is allowed */
        JSON_FIELD_COUNT,   /* uint64_t */
        JSON_FIELD_NATURAL, /* unsigned, min to max */
        JSON_FIELD_NUMBER,  /* double of 0 or more; NAN for null where that is allowed */
        JSON_FIELD_SIGNED,  /* double; likewise */
        JSON_FIELD_FLAG,    /* bool */
};

struct json_field {
        const char *key;
        enum json_field_type type;
        size_t offset;
        size_t size;       /* JSON_FIELD_WORD */
        unsigned min, max; /* JSON_FIELD_NATURAL */
        bool null;         /* may be null */
        bool optional;     /* may be missing: the member is left as it is */
};

/* Fills *to. Returns 0, -EINVAL or -ENOMEM with *source->why; texts read until then are in *to. */
int json_fields_read(const struct json_source *source, const struct json_place *place,
        const json_t *object, const struct json_field *fields, size_t n_fields, void *to);

/* The list or object of that name (an object's members or a list's elements are not looked at), or
 * NULL with *source->why. place is that of the object it is in. */
json_t *json_fields_list(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key);
json_t *json_fields_object(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key);

/* A list of texts as an array of its own, in which each is free()d by the owner of the array.
 * Returns as json_fields_read; *ret and *ret_n are what there is even then. */
int json_fields_texts(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key, char ***ret, size_t *ret_n);

/* A list's elements, each as *field (its key is not used), into an array of structs of that size
 * with room for them. place is the list's own. */
int json_fields_column(const struct json_source *source, const struct json_place *place,
        const json_t *list, const struct json_field *field, void *to, size_t size);

/* A list or an object of which every member must be a text; place is its own. */
int json_fields_all_texts(const struct json_source *source, const struct json_place *place,
        const json_t *list_or_object);

/* Any other complaint of what stands at place.key (or at place, with key NULL): `format` goes on
 * where the place ends, as in "must be ...". Returns -EINVAL. */
int json_fields_bad(const struct json_source *source, const struct json_place *place,
        const char *key, const char *format, ...) _printf_(4, 5);
int json_fields_no_memory(const struct json_source *source);

/* Every control character in every text as '?', so that none gets to a terminal or into a page.
 * Returns 0, -EINVAL (there is one in a key) or -ENOMEM. */
int json_make_printable(json_t *json);
