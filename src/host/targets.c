/* SPDX-License-Identifier: Apache-2.0 */
#include "targets.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#define TARGETS_SCHEMA "tileload-targets-1"

static const struct {
        const char *name, *role;
} guests[] = {
        [GUEST_EXTERNAL] = {"external", "webclient"},
        [GUEST_WEB1] = {"web1", "webserver"},
        [GUEST_WEB2] = {"web2", "webserver"},
        [GUEST_CLIENT] = {"client", "webclient"},
        [GUEST_BACKEND] = {"backend", "backend"},
        [GUEST_CPU] = {"cpu", "cpu"},
        [GUEST_DISK] = {"disk", "disk"},
        [GUEST_OLTP] = {"oltp", "oltp"},
        [GUEST_IDLE] = {"idle", "idle"},
};

const char *guest_name(unsigned guest)
{
        return guest < ARRAY_SIZE(guests) ? guests[guest].name : "unknown";
}

const char *guest_role(unsigned guest)
{
        return guest < ARRAY_SIZE(guests) ? guests[guest].role : "unknown";
}

static int compare(const void *a, const void *b)
{
        const struct target *x = a, *y = b;

        if (x->tile != y->tile)
                return x->tile < y->tile ? -1 : 1;
        return x->guest < y->guest ? -1 : x->guest > y->guest;
}

int targets_add(struct targets *targets, const struct target *target)
{
        struct target *items, copy = *target;

        items = reallocarray(targets->items, targets->n_items + 1, sizeof *items);
        if (!items)
                return -ENOMEM;
        targets->items = items;
        copy.url = strdup(target->url);
        if (!copy.url)
                return -ENOMEM;
        items[targets->n_items++] = copy;
        qsort(items, targets->n_items, sizeof *items, compare);
        return 0;
}

void targets_fini(struct targets *targets)
{
        for (size_t i = 0; i < targets->n_items; i++)
                free(targets->items[i].url);
        free(targets->items);
        *targets = (struct targets){0};
}

void targets_end_above(struct targets *targets, unsigned tile)
{
        while (targets->n_items > 0 && targets->items[targets->n_items - 1].tile > tile)
                free(targets->items[--targets->n_items].url);
}

unsigned targets_n_tiles(const struct targets *targets)
{
        unsigned n = 0;

        for (size_t i = 0; i < targets->n_items; i++)
                n += i == 0 || targets->items[i].tile != targets->items[i - 1].tile;
        return n;
}

static json_t *target_json(const struct target *t)
{
        json_t *json = json_pack("{s:i, s:i, s:s, s:s, s:s}", "tile", (int)t->tile, "guest",
                (int)t->guest, "name", guest_name(t->guest), "role", t->role, "url", t->url);
        json_t *pids = json_array();

        for (size_t i = 0; i < t->n_pids; i++)
                json_array_append_new(pids, json_integer(t->pids[i]));
        if (t->n_pids)
                json_object_set(json, "pids", pids);
        json_decref(pids);
        return json;
}

int targets_write(const struct targets *targets, const char *path, struct why *why)
{
        json_t *items = json_array(), *json;
        int r = 0;

        for (size_t i = 0; i < targets->n_items; i++)
                json_array_append_new(items, target_json(&targets->items[i]));
        json = json_pack("{s:s, s:o}", "schema", TARGETS_SCHEMA, "targets", items);
        errno = 0;
        if (!json || json_dump_file(json, path, JSON_INDENT(2)) < 0)
                r = why_errno(why, errno ? -errno : -EIO, "targets file", path);
        json_decref(json);
        return r;
}

/* A whole number within bounds, or -1. */
static long long whole(const json_t *json, const char *key, long long low, long long high)
{
        const json_t *value = json_object_get(json, key);
        long long n = json_is_integer(value) ? json_integer_value(value) : -1;

        return n < low || n > high ? -1 : n;
}

static int bad(
        const char *path, size_t index, const char *key, const char *expected, struct why *why)
{
        return why_set(why, -EINVAL, "targets file", path, "targets[%zu].%s must be %s", index, key,
                expected);
}

static int read_pids(
        struct target *t, const json_t *json, size_t i, const char *path, struct why *why)
{
        const json_t *pids = json_object_get(json, "pids");

        if (pids && (!json_is_array(pids) || json_array_size(pids) > TARGET_MAX_PIDS))
                return bad(path, i, "pids", "a list of at most 8 process numbers", why);
        for (size_t p = 0; p < json_array_size(pids); p++) {
                json_int_t pid = json_integer_value(json_array_get(pids, p));

                if (pid < 1 || pid > INT32_MAX)
                        return bad(path, i, "pids", "a list of at most 8 process numbers", why);
                t->pids[t->n_pids++] = (pid_t)pid;
        }
        return 0;
}

/* Without the slashes at its end, as a path comes behind. */
static size_t url_length(const char *url)
{
        size_t length = strlen(url);

        while (length && url[length - 1] == '/')
                length--;
        return length;
}

static int read_target(
        struct targets *targets, const json_t *json, size_t i, const char *path, struct why *why)
{
        const char *url = json_string_value(json_object_get(json, "url"));
        const char *role = json_string_value(json_object_get(json, "role"));
        long long tile = whole(json, "tile", 1, 100000), guest = whole(json, "guest", 0, 8);
        struct target target = {.tile = (unsigned)tile, .guest = (unsigned)guest};
        int r;

        if (tile < 0)
                return bad(path, i, "tile", "a whole number from 1", why);
        if (guest < 0)
                return bad(
                        path, i, "guest", "a whole number from 0 (the external client) to 8", why);
        if (!url || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
                url_length(url) > TARGET_URL_MAX)
                return bad(path, i, "url", "a string such as \"http://10.77.3.1:9477\"", why);
        if (role && strcmp(role, guest_role(target.guest)) != 0)
                return bad(path, i, "role", "the role that this guest number plays", why);
        snprintf(target.role, sizeof target.role, "%s", guest_role(target.guest));
        r = read_pids(&target, json, i, path, why);
        if (r < 0)
                return r;
        target.url = strndup(url, url_length(url));
        if (!target.url)
                return why_errno(why, -ENOMEM, "targets file", path);
        r = targets_add(targets, &target);
        free(target.url);
        return r < 0 ? why_errno(why, r, "targets file", path) : 0;
}

static int check_unique(const struct targets *targets, const char *path, struct why *why)
{
        for (size_t i = 1; i < targets->n_items; i++)
                if (compare(&targets->items[i - 1], &targets->items[i]) == 0)
                        return why_set(why, -EINVAL, "targets file", path,
                                "guest %u of tile %u is there twice", targets->items[i].guest,
                                targets->items[i].tile);
        return 0;
}

/* Every tile must have what the verdict rests on. */
static int check_external(const struct targets *targets, const char *path, struct why *why)
{
        for (size_t i = 0; i < targets->n_items; i++) {
                const struct target *t = &targets->items[i];
                bool first = i == 0 || targets->items[i - 1].tile != t->tile;

                if (first && t->guest != GUEST_EXTERNAL)
                        return why_set(why, -EINVAL, "targets file", path,
                                "tile %u has no external client (guest 0), which is what is "
                                "measured",
                                t->tile);
        }
        return 0;
}

int targets_read(struct targets *targets, const char *path, struct why *why)
{
        struct targets read = {0};
        json_error_t error;
        json_t *json, *items;
        const char *schema;
        int r = 0;

        if (access(path, R_OK) < 0)
                return why_errno(why, -errno, "targets file", path);
        json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
        if (!json)
                return why_set(why, -EINVAL, "targets file", path, "line %d, column %d: %s",
                        error.line, error.column, error.text);
        schema = json_string_value(json_object_get(json, "schema"));
        items = json_object_get(json, "targets");
        if (!schema || strcmp(schema, TARGETS_SCHEMA) != 0)
                r = why_set(why, -EINVAL, "targets file", path, "schema must be \"%s\"",
                        TARGETS_SCHEMA);
        else if (!json_is_array(items) || json_array_size(items) == 0)
                r = why_set(why, -EINVAL, "targets file", path,
                        "targets must be a list with at least one target");
        for (size_t i = 0; r == 0 && i < json_array_size(items); i++)
                r = read_target(&read, json_array_get(items, i), i, path, why);
        if (r == 0)
                r = check_unique(&read, path, why);
        if (r == 0)
                r = check_external(&read, path, why);
        json_decref(json);
        if (r < 0)
                targets_fini(&read);
        else
                *targets = read;
        return r;
}
