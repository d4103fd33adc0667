/* SPDX-License-Identifier: Apache-2.0 */
/*
 * @KEY@ in a template's texts, and texts in XML.
 */
#pragma once

#include "template.h"

#include <stdbool.h>
#include <stdio.h>

struct expand {
        const struct template_value *values;
        size_t n_values;
};

/* What is wrong, and at which character of the text. */
struct expand_error {
        size_t at;
        char reason[256];
};

/* NULL: there is no such key. Otherwise *ret_value is its value, NULL if it is not set. */
const struct template_value *expand_find(
        const struct expand *expand, const char *key, size_t size, const char **ret_value);

/* The key that a misspelt one may stand for. */
const char *expand_nearest(const struct expand *expand, const char *key);

/* Each @KEY@ becomes its value, @@ becomes @. With only_check, keys need no value. Returns the text
 * (free it), or NULL with *ret_error filled. */
char *expand_text(const struct expand *expand, const char *text, bool only_check,
        struct expand_error *ret_error);

/* As character data (quote 0) or as an attribute's value between quotes. */
void expand_escape(FILE *to, const char *text, char quote);

/* Can XML hold this text? Not control characters, nor what is not UTF-8. */
bool expand_is_xml(const char *text);
