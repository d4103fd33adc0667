/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps and tiles of a run.json.
 */
#include "run_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TILE(member) offsetof(struct run_tile, member)
#define STEP(member) offsetof(struct run_step, member)

enum {
        MAX_TILES = 100000,
        MAX_REPEATS = 1000000,
};

/* ---- a tile ---- */

static int read_guests(const struct json_source *source, const struct json_place *place,
        const json_t *tile, struct run_tile *ret)
{
        const struct json_place at = {.up = place, .key = "guests"};
        const json_t *list = json_fields_list(source, place, tile, "guests");
        size_t n = json_array_size(list);

        if (!list)
                return -EINVAL;
        if (n == 0 || n > RUN_MAX_GUEST + 1)
                return json_fields_bad(source, place, "guests",
                        "must have 1 to %d elements, not %zu", RUN_MAX_GUEST + 1, n);
        ret->guests = calloc(n, sizeof *ret->guests);
        if (!ret->guests)
                return json_fields_no_memory(source);
        while (ret->n_guests < n) {
                const struct json_place here = {.up = &at, .index = ret->n_guests};
                struct run_guest *guest = &ret->guests[ret->n_guests++];
                int r = run_guest_read(source, &here, json_array_get(list, here.index), guest);

                if (r < 0)
                        return r;
                if (run_tile_guest(ret, guest->guest) != guest)
                        return json_fields_bad(
                                source, &here, "guest", "is %u for the second time", guest->guest);
        }
        if (!run_tile_guest(ret, 0))
                return json_fields_bad(source, place, "guests",
                        "must have guest 0, the external client, which is what is measured");
        return 0;
}

int run_tile_read(const struct json_source *source, const struct json_place *place, json_t *json,
        struct run_tile *ret)
{
        static const struct json_field fields[] = {
                {"tile", JSON_FIELD_NATURAL, TILE(tile), .min = 1, .max = MAX_TILES},
                {"valid", JSON_FIELD_FLAG, TILE(valid)},
                {"requests", JSON_FIELD_COUNT, TILE(requests)},
                {"errors", JSON_FIELD_COUNT, TILE(errors)},
                {"late", JSON_FIELD_COUNT, TILE(late)},
                {"dropped", JSON_FIELD_COUNT, TILE(dropped)},
                {"rate_per_s", JSON_FIELD_NUMBER, TILE(rate_per_s)},
                {"offered_per_s", JSON_FIELD_NUMBER, TILE(offered_per_s)},
                {"achieved_share", JSON_FIELD_NUMBER, TILE(achieved_share), .null = true},
                {"error_share", JSON_FIELD_NUMBER, TILE(error_share)},
                {"fair_share", JSON_FIELD_NUMBER, TILE(fair_share)},
        };
        int r = json_fields_read(source, place, json, fields, ARRAY_SIZE(fields), ret);

        if (r == 0)
                r = json_fields_texts(
                        source, place, json, "reasons", &ret->reasons, &ret->n_reasons);
        if (r == 0 && ret->valid != (ret->n_reasons == 0))
                r = json_fields_bad(source, place, "reasons",
                        "must be empty for a tile that is valid, and only then");
        if (r == 0)
                r = run_quantiles_read(source, place, json, "response", &ret->response);
        if (r == 0)
                r = run_quantiles_read(source, place, json, "response_raw", &ret->raw);
        if (r == 0)
                r = read_guests(source, place, json, ret);
        return r;
}

static void texts_free(char **texts, size_t n)
{
        for (size_t i = 0; i < n; i++)
                free(texts[i]);
        free(texts);
}

void run_tile_fini(struct run_tile *tile)
{
        texts_free(tile->reasons, tile->n_reasons);
        for (size_t i = 0; i < tile->n_guests; i++)
                run_guest_fini(&tile->guests[i]);
        free(tile->guests);
}

const struct run_guest *run_tile_guest(const struct run_tile *tile, unsigned guest)
{
        for (size_t i = 0; i < tile->n_guests; i++)
                if (tile->guests[i].guest == guest)
                        return &tile->guests[i];
        return NULL;
}

/* ---- a step ---- */

/* Tiles come in the order of their numbers, so that one that is there twice is found here. */
static int read_tiles(const struct json_source *source, const struct json_place *place,
        const json_t *step, struct run_step *ret)
{
        const struct json_place at = {.up = place, .key = "tile_results"};
        const json_t *list = json_fields_list(source, place, step, "tile_results");
        size_t n = json_array_size(list);

        if (!list)
                return -EINVAL;
        if (n != ret->tiles)
                return json_fields_bad(source, place, "tile_results",
                        "must have %u elements, as many as tiles, not %zu", ret->tiles, n);
        ret->tile_results = calloc(n, sizeof *ret->tile_results);
        if (!ret->tile_results)
                return json_fields_no_memory(source);
        while (ret->n_tile_results < n) {
                const struct json_place here = {.up = &at, .index = ret->n_tile_results};
                struct run_tile *tile = &ret->tile_results[ret->n_tile_results++];
                int r = run_tile_read(source, &here, json_array_get(list, here.index), tile);

                if (r < 0)
                        return r;
                if (here.index && tile->tile <= tile[-1].tile)
                        return json_fields_bad(source, &here, "tile",
                                "must be more than the %u before it, not %u", tile[-1].tile,
                                tile->tile);
                if (ret->valid && !tile->valid)
                        return json_fields_bad(
                                source, &here, "valid", "is false in a step that is valid");
        }
        return 0;
}

struct settling {
        bool settled;
        double window_s, change_percent;
        char what[64];
};

/* NULL: no memory. */
static char *unsettled_text(const struct settling *s)
{
        char *text;

        if (isnan(s->change_percent))
                return strdup(s->what);
        return asprintf(&text, "%s %+.1f %% in %.3g s", s->what, s->change_percent, s->window_s) < 0
                       ? NULL
                       : text;
}

static int read_settling(const struct json_source *source, const struct json_place *place,
        const json_t *step, struct run_step *ret)
{
        static const struct json_field fields[] = {
                {"settled", JSON_FIELD_FLAG, offsetof(struct settling, settled)},
                {"window_s", JSON_FIELD_NUMBER, offsetof(struct settling, window_s)},
        };
        static const struct json_field worst_fields[] = {
                {"what", JSON_FIELD_WORD, offsetof(struct settling, what), 64},
                {"change_percent", JSON_FIELD_SIGNED, offsetof(struct settling, change_percent),
                        .null = true},
        };
        const struct json_place at = {.up = place, .key = "settling"},
                                worst_at = {.up = &at, .key = "worst"};
        const json_t *json = json_object_get(step, "settling"), *worst;
        struct settling s;
        int r;

        ret->settled = true;
        if (!json || json_is_null(json))
                return 0;
        r = json_fields_read(source, &at, json, fields, ARRAY_SIZE(fields), &s);
        if (r < 0)
                return r;
        ret->settled = s.settled;
        worst = json_object_get(json, "worst");
        if (!worst || json_is_null(worst))
                return 0;
        r = json_fields_read(source, &worst_at, worst, worst_fields, ARRAY_SIZE(worst_fields), &s);
        if (r == 0 && !s.settled) {
                ret->unsettled = unsettled_text(&s);
                if (!ret->unsettled)
                        return json_fields_no_memory(source);
        }
        return r;
}

/* "limits_reached": a list of {"resource", "text"}, of which the texts are kept. */
static int read_limits(const struct json_source *source, const struct json_place *place,
        const json_t *step, struct run_step *ret)
{
        static const struct json_field field = {"text", JSON_FIELD_TEXT, 0};
        const struct json_place at = {.up = place, .key = "limits_reached"};
        const json_t *list;

        if (!json_object_get(step, "limits_reached"))
                return 0;
        list = json_fields_list(source, place, step, "limits_reached");
        if (!list)
                return -EINVAL;
        ret->limits = calloc(json_array_size(list) + 1, sizeof *ret->limits);
        if (!ret->limits)
                return json_fields_no_memory(source);
        while (ret->n_limits < json_array_size(list)) {
                const struct json_place here = {.up = &at, .index = ret->n_limits};
                char **text = &ret->limits[ret->n_limits++];
                int r = json_fields_read(
                        source, &here, json_array_get(list, here.index), &field, 1, text);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int read_machine(const struct json_source *source, const struct json_place *place,
        const json_t *step, struct run_step *ret)
{
        static const struct json_field host_fields[] = {
                {"cpus", JSON_FIELD_NATURAL, STEP(host_cpus), .max = 1 << 20},
        };
        static const struct json_field cpu_fields[] = {
                {"busy_percent", JSON_FIELD_NUMBER, STEP(host_cpu_busy_percent), .null = true},
        };
        static const struct json_field harness_fields[] = {
                {"cpu_percent_of_host", JSON_FIELD_NUMBER, STEP(harness_cpu_percent), .null = true},
        };
        const struct json_place host_at = {.up = place, .key = "host"},
                                cpu_at = {.up = &host_at, .key = "cpu"},
                                harness_at = {.up = place, .key = "harness"};
        const json_t *host = json_object_get(step, "host");
        int r = json_fields_read(source, &host_at, host, host_fields, 1, ret);

        if (r == 0)
                r = json_fields_read(
                        source, &cpu_at, json_object_get(host, "cpu"), cpu_fields, 1, ret);
        if (r == 0)
                r = json_fields_read(source, &harness_at, json_object_get(step, "harness"),
                        harness_fields, 1, ret);
        return r;
}

static int read_figures(const struct json_source *source, const struct json_place *place,
        const json_t *json, struct run_step *ret)
{
        static const struct json_field fields[] = {
                {"tiles", JSON_FIELD_NATURAL, STEP(tiles), .min = 1, .max = MAX_TILES},
                {"repeat", JSON_FIELD_NATURAL, STEP(repeat), .min = 1, .max = MAX_REPEATS,
                        .optional = true},
                {"valid", JSON_FIELD_FLAG, STEP(valid)},
                {"broken", JSON_FIELD_FLAG, STEP(broken), .optional = true},
                {"interrupted", JSON_FIELD_FLAG, STEP(interrupted)},
                {"started", JSON_FIELD_WORD, STEP(started), sizeof ret->started},
                {"warmup_s", JSON_FIELD_NUMBER, STEP(warmup_s)},
                {"duration_s", JSON_FIELD_NUMBER, STEP(duration_s)},
                {"requests", JSON_FIELD_COUNT, STEP(requests)},
                {"errors", JSON_FIELD_COUNT, STEP(errors)},
                {"guest_errors", JSON_FIELD_COUNT, STEP(guest_errors)},
                {"rate_per_s", JSON_FIELD_NUMBER, STEP(rate_per_s)},
                {"offered_per_s", JSON_FIELD_NUMBER, STEP(offered_per_s)},
                {"fairness_jain", JSON_FIELD_NUMBER, STEP(jain)},
                {"fairness_worst_share", JSON_FIELD_NUMBER, STEP(worst_share)},
        };

        ret->repeat = 1;
        return json_fields_read(source, place, json, fields, ARRAY_SIZE(fields), ret);
}

int run_step_read(const struct json_source *source, const struct json_place *place, json_t *json,
        struct run_step *ret)
{
        int r = read_figures(source, place, json, ret);

        if (r == 0 && ret->valid && ret->interrupted)
                r = json_fields_bad(source, place, "valid", "is true in a step that was cut short");
        if (r == 0 && ret->valid && ret->broken)
                r = json_fields_bad(source, place, "broken", "is true in a step that is valid");
        if (r == 0)
                r = run_quantiles_read(source, place, json, "response", &ret->response);
        if (r == 0)
                r = run_quantiles_read(source, place, json, "response_raw", &ret->raw);
        if (r == 0)
                r = read_machine(source, place, json, ret);
        if (r == 0)
                r = read_settling(source, place, json, ret);
        if (r == 0)
                r = read_limits(source, place, json, ret);
        if (r == 0)
                r = run_resources_check(source, place, json, &ret->resources);
        if (r == 0)
                r = read_tiles(source, place, json, ret);
        return r;
}

void run_step_fini(struct run_step *step)
{
        free(step->unsettled);
        texts_free(step->limits, step->n_limits);
        for (size_t i = 0; i < step->n_tile_results; i++)
                run_tile_fini(&step->tile_results[i]);
        free(step->tile_results);
}
