/* SPDX-License-Identifier: Apache-2.0 */
#include "comparable.h"

#include "compare_names.h"
#include "macro.h"

#include <errno.h>
#include <string.h>

/* ---- what a role was told ---- */

/* Options of roles that say where things are and whose they are, not what is to be done. */
static bool is_place(const char *key)
{
        static const char *const keys[] = {"listen", "serve", "target", "tile", "guest", "file",
                "socket", "host", "port", "user", "password", "database", "seed", "prepare",
                "duration", "final-stats", "verbose", "findings"};

        for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
                if (strcmp(key, keys[i]) == 0)
                        return true;
        return false;
}

/* Values are texts: run_file.h has looked. Of a backend only counts whether there is one. */
static bool is_same(const char *key, const char *a, const char *b)
{
        if (!a || !b)
                return a == b;
        if (strcmp(key, "backend") == 0)
                return (strcmp(a, "none") == 0) == (strcmp(b, "none") == 0);
        return strcmp(a, b) == 0;
}

static int compare_key(
        struct differences *list, unsigned guest, const char *key, const json_t *a, const json_t *b)
{
        const char *before = json_string_value(json_object_get(a, key)),
                   *after = json_string_value(json_object_get(b, key));
        _cleanup_free_ char *name = NULL;

        if (is_place(key) || is_same(key, before, after))
                return 0;
        if (asprintf(&name, "%s.%s", compare_names[guest], key) < 0) {
                name = NULL;
                return -ENOMEM;
        }
        return differences_add(list, DIFFERENCE_WORKLOAD, name, before, after);
}

static int compare_configs(
        struct differences *list, unsigned guest, const json_t *a, const json_t *b)
{
        const char *key;
        json_t *value;
        int r;

        json_object_foreach((json_t *)a, key, value)
        {
                r = compare_key(list, guest, key, a, b);
                if (r < 0)
                        return r;
        }
        json_object_foreach((json_t *)b, key, value)
        {
                if (json_object_get(a, key))
                        continue;
                r = compare_key(list, guest, key, a, b);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Of the first window in which that guest was measured; NULL: there is none. */
static const json_t *config_of(const struct run_file *run, unsigned tile, unsigned guest)
{
        for (size_t s = 0; s < run->n_steps; s++)
                for (size_t t = 0; t < run->steps[s].n_tile_results; t++) {
                        const struct run_tile *one = &run->steps[s].tile_results[t];
                        const struct run_guest *found =
                                one->tile == tile ? run_tile_guest(one, guest) : NULL;

                        if (found && found->config)
                                return found->config;
                }
        return NULL;
}

static unsigned last_tile(const struct run_file *run)
{
        unsigned last = 0;

        for (size_t s = 0; s < run->n_steps; s++)
                for (size_t t = 0; t < run->steps[s].n_tile_results; t++)
                        last = MAX(last, run->steps[s].tile_results[t].tile);
        return last;
}

/* Each guest of a tile with that of the same tile in the other run. A difference that all tiles
 * have is listed once. */
static int compare_roles(
        struct differences *list, const struct run_file *before, const struct run_file *after)
{
        unsigned last = MIN(last_tile(before), last_tile(after));

        for (unsigned guest = 0; guest <= RUN_MAX_GUEST; guest++)
                for (unsigned tile = 1; tile <= last; tile++) {
                        const json_t *a = config_of(before, tile, guest),
                                     *b = config_of(after, tile, guest);
                        int r = a && b ? compare_configs(list, guest, a, b) : 0;

                        if (r < 0)
                                return r;
                }
        return 0;
}

/* ---- which guests there are ---- */

/* A bit for each guest that any tile has. */
static unsigned guests_of(const struct run_file *run)
{
        unsigned bits = 0;

        for (size_t s = 0; s < run->n_steps; s++)
                for (size_t t = 0; t < run->steps[s].n_tile_results; t++) {
                        const struct run_tile *tile = &run->steps[s].tile_results[t];

                        for (size_t g = 0; g < tile->n_guests; g++)
                                bits |= 1u << tile->guests[g].guest;
                }
        return bits;
}

static char *guest_names(unsigned bits, char text[static 128])
{
        size_t n = 0;

        text[0] = '\0';
        for (unsigned guest = 0; guest <= RUN_MAX_GUEST; guest++)
                if (bits & 1u << guest)
                        n += (size_t)snprintf(
                                text + n, 128 - n, "%s%s", n ? " " : "", compare_names[guest]);
        return text;
}

static int compare_guests(
        struct differences *list, const struct run_file *before, const struct run_file *after)
{
        unsigned a = guests_of(before), b = guests_of(after);
        char had[128], has[128];

        /* Of a run without a single step nothing is known. */
        if (a == b || !a || !b)
                return 0;
        return differences_add(
                list, DIFFERENCE_WORKLOAD, "guests", guest_names(a, had), guest_names(b, has));
}

/* ---- how it was measured ---- */

/* Options of `run` and `measure` that say how long, and what a guest has that is no role's option.
 * Whatever else they say is in what the roles were told, or is no matter of the workload. An option
 * that one launcher does not have is not compared with that of the other. */
static int compare_options(
        struct differences *list, const struct run_file *before, const struct run_file *after)
{
        static const char *const names[] = {"options.warmup", "options.max-warmup",
                "options.settle-bound", "options.duration", "options.database-memory"};
        const json_t *a = json_object_get(before->manifest, "options"),
                     *b = json_object_get(after->manifest, "options");
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
                const char *key = strchr(names[i], '.') + 1,
                           *had = json_string_value(json_object_get(a, key)),
                           *has = json_string_value(json_object_get(b, key));

                if (had && has && strcmp(had, has) != 0)
                        r = differences_add(list, DIFFERENCE_WORKLOAD, names[i], had, has);
        }
        return r;
}

static int compare_limits(
        struct differences *list, const struct run_file *before, const struct run_file *after)
{
        static const char *const names[] = {"limits.max_average_ms", "limits.max_p95_ms",
                "limits.max_p99_ms", "limits.max_error_share", "limits.min_achieved_share",
                "limits.max_standstill_ms"};
        int r = 0;

        for (size_t i = 0; i < ARRAY_SIZE(names) && r == 0; i++) {
                const char *key = strchr(names[i], '.') + 1;
                double a = json_number_value(json_object_get(before->limits, key)),
                       b = json_number_value(json_object_get(after->limits, key));
                char had[32], has[32];

                if (a == b)
                        continue;
                snprintf(had, sizeof had, "%.10g", a);
                snprintf(has, sizeof has, "%.10g", b);
                r = differences_add(list, DIFFERENCE_WORKLOAD, names[i], had, has);
        }
        return r;
}

static int compare_texts(struct differences *list, const char *name, const char *a, const char *b)
{
        if (strcmp(a, b) == 0)
                return 0;
        return differences_add(list, DIFFERENCE_WORKLOAD, name, *a ? a : NULL, *b ? b : NULL);
}

int comparable_check(
        struct differences *list, const struct run_file *before, const struct run_file *after)
{
        static const char version[] = "tileload_version";
        int r = compare_texts(list, version,
                json_string_value(json_object_get(before->manifest, version)),
                json_string_value(json_object_get(after->manifest, version)));

        if (r == 0)
                r = compare_texts(list, "profile", before->profile, after->profile);
        if (r == 0)
                r = compare_guests(list, before, after);
        if (r == 0)
                r = compare_roles(list, before, after);
        if (r == 0)
                r = compare_options(list, before, after);
        if (r == 0)
                r = compare_limits(list, before, after);
        return r;
}

/* ---- in one line ---- */

char *comparable_line(const struct differences *list, char *text, size_t size)
{
        size_t n = differences_count(list, DIFFERENCE_WORKLOAD), used = 0;

        text[0] = '\0';
        for (size_t i = 0; i < list->n; i++) {
                const struct difference *d = &list->items[i];
                char one[200];
                int length;

                if (d->kind != DIFFERENCE_WORKLOAD)
                        continue;
                length = snprintf(one, sizeof one, "%s%.60s %.60s and %.60s", used ? ", " : "",
                        d->name, d->before ? d->before : "none", d->after ? d->after : "none");
                /* Room for what may have to be said of the others. */
                if (used + (size_t)length + sizeof ", 18446744073709551615 more" > size) {
                        snprintf(text + used, size - used, "%s%zu more", used ? ", " : "", n);
                        break;
                }
                used += (size_t)snprintf(text + used, size - used, "%s", one);
                n--;
        }
        return text;
}
