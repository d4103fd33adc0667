/* SPDX-License-Identifier: Apache-2.0 */
#include "ending.h"

#include <math.h>
#include <string.h>

static const char *kind_name(enum sweep_end end)
{
        static const char *const names[] = {
                [SWEEP_LAST_STEP] = "last step",
                [SWEEP_INVALID] = "invalid",
                [SWEEP_NO_GAIN] = "no gain",
                [SWEEP_FOUND] = "search",
        };

        return names[end];
}

/* Was this resource at its limit in any window with so many tiles? */
static bool was_reached(const struct result *result, unsigned tiles, const char *resource)
{
        for (size_t i = 0; i < result->n_steps; i++) {
                const struct result_step *s = &result->steps[i];

                for (size_t j = 0; s->tiles == tiles && j < json_array_size(s->limits); j++) {
                        const json_t *limit = json_array_get(s->limits, j);
                        const char *its = json_string_value(json_object_get(limit, "resource"));

                        if (its && strcmp(its, resource) == 0)
                                return true;
                }
        }
        return false;
}

/* The limit that explains the end at `tiles`, when `carried` were. NULL: none was reached. */
static const json_t *find_limit(const struct result *result, unsigned tiles, unsigned carried)
{
        const json_t *found = NULL;

        for (size_t i = 0; i < result->n_steps; i++) {
                const struct result_step *s = &result->steps[i];

                for (size_t j = 0; s->tiles == tiles && j < json_array_size(s->limits); j++) {
                        const json_t *limit = json_array_get(s->limits, j);
                        const char *its = json_string_value(json_object_get(limit, "resource"));

                        if (its && !was_reached(result, carried, its))
                                return limit;
                        found = found ? found : limit;
                }
        }
        return found;
}

/* broken: of a window that was. */
static const char *find_reason(const struct result *result, unsigned tiles, bool broken)
{
        for (size_t i = 0; i < result->n_steps; i++) {
                const struct result_step *s = &result->steps[i];

                if (s->tiles == tiles && s->reason && s->broken == broken)
                        return s->reason;
        }
        return "it was not valid";
}

static json_t *ended(enum sweep_end end, unsigned tiles, const char *resource, const char *text)
{
        return json_pack("{s:s, s:i, s:s?, s:s}", "kind", kind_name(end), "tiles", (int)tiles,
                "resource", resource, "text", text);
}

json_t *ending_json(const struct sweep *sweep, const struct result *result)
{
        unsigned tiles = 0, carried = sweep_valid_tiles(sweep);
        enum sweep_end end = sweep_ended(sweep, &tiles);
        const json_t *limit;
        char text[128];

        if (end == SWEEP_LAST_STEP)
                return ended(end, tiles, NULL, "the last step that was asked for");
        if (sweep->steps[tiles].broken)
                return ended(end, tiles, NULL, find_reason(result, tiles, true));
        /* Without gain the last number is valid, too: what was different before it? */
        limit = find_limit(result, tiles, carried < tiles ? carried : sweep->config.first);
        if (limit)
                return ended(end, tiles, json_string_value(json_object_get(limit, "resource")),
                        json_string_value(json_object_get(limit, "text")));
        if (!sweep_step_valid(&sweep->steps[tiles]))
                return ended(end, tiles, NULL, find_reason(result, tiles, false));
        snprintf(text, sizeof text, "another tile added less than %g %% of a first one",
                round(sweep->config.min_gain * 1e4) / 100);
        return ended(end, tiles, NULL, text);
}
