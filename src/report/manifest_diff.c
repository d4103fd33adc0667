/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest_diff.h"

#include "macro.h"

#include <errno.h>
#include <string.h>

/* What tells one run from the next, and nothing else. */
static bool is_passing(const char *name)
{
        static const char *const names[] = {"started", "host.hostname", "options.output",
                "options.resume", "options.targets", "placement.path"};

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (strcmp(name, names[i]) == 0)
                        return true;
        return false;
}

/* ---- values as text ---- */

/* NULL: no memory. */
static char *text_of(const json_t *json)
{
        if (json_is_string(json))
                return strdup(json_string_value(json));
        if (json_is_null(json))
                return strdup("none");
        if (json_is_boolean(json))
                return strdup(json_is_true(json) ? "yes" : "no");
        return json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
}

/* ---- the walk ---- */

static int compare(struct differences *list, const char *name, const json_t *a, const json_t *b);

static int compare_member(struct differences *list, const char *name, const char *key,
        const json_t *a, const json_t *b)
{
        _cleanup_free_ char *inner = NULL;

        if (asprintf(&inner, "%s.%s", name, key) < 0) {
                inner = NULL;
                return -ENOMEM;
        }
        return compare(list, inner, json_object_get(a, key), json_object_get(b, key));
}

/* One of them may be missing. */
static int compare_objects(
        struct differences *list, const char *name, const json_t *a, const json_t *b)
{
        const char *key;
        json_t *value;
        int r = 0;

        json_object_foreach((json_t *)a, key, value)
        {
                r = compare_member(list, name, key, a, b);
                if (r < 0)
                        return r;
        }
        json_object_foreach((json_t *)b, key, value)
        {
                if (json_object_get(a, key))
                        continue;
                r = compare_member(list, name, key, a, b);
                if (r < 0)
                        return r;
        }
        return r;
}

static bool is_same(const json_t *a, const json_t *b)
{
        if (json_is_number(a) && json_is_number(b))
                return json_number_value(a) == json_number_value(b);
        return a == b || json_equal(a, b);
}

/* Or nothing: what only the other one has is named member by member. */
static bool is_group(const json_t *json)
{
        return !json || json_is_null(json) || json_is_object(json);
}

static int compare(struct differences *list, const char *name, const json_t *a, const json_t *b)
{
        _cleanup_free_ char *before = NULL, *after = NULL;

        if (is_same(a, b))
                return 0;
        if (is_group(a) && is_group(b))
                return compare_objects(list, name, a, b);
        before = a ? text_of(a) : NULL;
        after = b ? text_of(b) : NULL;
        if (!before != !a || !after != !b)
                return -ENOMEM;
        return differences_add(list,
                is_passing(name) ? DIFFERENCE_PASSING : DIFFERENCE_CIRCUMSTANCE, name, before,
                after);
}

/* ---- notes ---- */

static bool has_line(const json_t *lines, const char *line)
{
        for (size_t i = 0; i < json_array_size(lines); i++)
                if (strcmp(json_string_value(json_array_get(lines, i)), line) == 0)
                        return true;
        return false;
}

/* Lines of which the other run has nothing. Each has a name of its own. */
static int compare_notes(struct differences *list, const json_t *lines, const json_t *others,
        bool is_before, unsigned *number)
{
        for (size_t i = 0; i < json_array_size(lines); i++) {
                const char *line = json_string_value(json_array_get(lines, i));
                char name[32];
                int r;

                if (has_line(others, line))
                        continue;
                snprintf(name, sizeof name, "notes.%u", (*number)++);
                r = differences_add(list, DIFFERENCE_CIRCUMSTANCE, name, is_before ? line : NULL,
                        is_before ? NULL : line);
                if (r < 0)
                        return r;
        }
        return 0;
}

int manifest_diff(
        struct differences *list, const struct run_file *before, const struct run_file *after)
{
        static const char *const of_run[] = {"launch", "profile", "placement", "limits"};
        static const char *const of_manifest[] = {"tileload_version", "options", "host", "started"};
        unsigned number = 1;
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(of_run) && r == 0; i++)
                r = compare(list, of_run[i], json_object_get(before->json, of_run[i]),
                        json_object_get(after->json, of_run[i]));
        for (size_t i = 0; i < ARRAY_SIZE(of_manifest) && r == 0; i++)
                r = compare(list, of_manifest[i], json_object_get(before->manifest, of_manifest[i]),
                        json_object_get(after->manifest, of_manifest[i]));
        if (r == 0)
                r = compare_notes(list, before->notes, after->notes, true, &number);
        if (r == 0)
                r = compare_notes(list, after->notes, before->notes, false, &number);
        return r;
}
