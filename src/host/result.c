/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

#include "result_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#define STILL_RUNNING "still running"
#define JSON_FLAGS    (JSON_COMPACT | JSON_REAL_PRECISION(12))

static json_t *limits_json(const struct limits *limits)
{
        return json_pack("{s:o, s:o, s:o, s:f, s:f, s:o}", "max_average_ms",
                result_ms((double)limits->max_average_ns), "max_p95_ms",
                result_ms((double)limits->max_p95_ns), "max_p99_ms",
                result_ms((double)limits->max_p99_ns), "max_error_share", limits->max_error_share,
                "min_achieved_share", limits->min_achieved_share, "max_standstill_ms",
                result_ms((double)limits->max_standstill_ns));
}

int result_init(struct result *result, json_t *manifest, const char *launch, const char *profile,
        const struct limits *limits, const char *const *notes)
{
        json_t *lines = json_array();

        for (; notes && *notes; notes++)
                json_array_append_new(lines, json_string(*notes));
        *result = (struct result){0};
        result->json = json_pack("{s:s, s:b, s:s, s:i, s:n, s:s, s:s?, s:n, s:o, s:[], s:o, s:o}",
                "schema", RESULT_SCHEMA, "complete", 0, "incomplete_reason", STILL_RUNNING,
                "valid_tiles", 0, "ended_by", "launch", launch, "profile", profile, "placement",
                "limits", limits_json(limits), "resumed", "notes", lines, "manifest", manifest);
        return result->json ? 0 : -ENOMEM;
}

int result_placement(struct result *result, const struct placement *placement, struct why *why)
{
        json_t *json;
        int r = placement_json(placement, json_object_get(result->json, "placement"), &json, why);

        if (r < 0)
                return r;
        if (json_object_set_new(result->json, "placement", json) < 0)
                return why_errno(why, -ENOMEM, "results", NULL);
        return 0;
}

static void step_fini(struct result_step *step)
{
        free(step->text);
        free(step->reason);
        json_decref(step->limits);
}

void result_fini(struct result *result)
{
        json_decref(result->json);
        for (size_t i = 0; i < result->n_steps; i++)
                step_fini(&result->steps[i]);
        free(result->steps);
        *result = (struct result){0};
}

/* ---- steps ---- */

static const char *first_reason(const json_t *step)
{
        const json_t *tiles = json_object_get(step, "tile_results");

        for (size_t i = 0; i < json_array_size(tiles); i++) {
                const json_t *reasons = json_object_get(json_array_get(tiles, i), "reasons");

                if (json_array_size(reasons))
                        return json_string_value(json_array_get(reasons, 0));
        }
        return NULL;
}

static void note_rate(struct result *result, unsigned tiles, bool valid, double rate)
{
        if (tiles != 1 || !valid)
                return;
        result->rates_1 += rate;
        result->n_rates_1++;
}

/* A step as text, since many of them as JSON would be most of our memory. */
static int keep_step(struct result *result, const json_t *json)
{
        struct result_step *steps =
                reallocarray(result->steps, result->n_steps + 1, sizeof *result->steps);
        const char *reason = first_reason(json);
        json_t *limits = json_object_get(json, "limits_reached");
        struct result_step step = {
                .tiles = (unsigned)json_integer_value(json_object_get(json, "tiles")),
                .broken = json_is_true(json_object_get(json, "broken")),
                .text = json_dumps(json, JSON_FLAGS),
                .limits = limits ? json_deep_copy(limits) : json_array(),
                .reason = reason ? strdup(reason) : NULL,
        };

        if (steps)
                result->steps = steps;
        if (!steps || !step.text || !step.limits || (reason && !step.reason)) {
                step_fini(&step);
                return -ENOMEM;
        }
        steps[result->n_steps++] = step;
        return 0;
}

int result_add_step(
        struct result *result, const struct step_window *window, const struct step_verdict *verdict)
{
        json_t *step;
        int r;

        note_rate(result, window->n_tiles, verdict->valid && !window->interrupted, verdict->rate);
        step = result_step(
                window, verdict, result->n_rates_1 ? result->rates_1 / result->n_rates_1 : NAN);
        r = step ? keep_step(result, step) : -ENOMEM;
        json_decref(step);
        return r;
}

/* A figure of a document that was read: it may be whole. */
static double number_of(const json_t *step, const char *key)
{
        return json_number_value(json_object_get(step, key));
}

int result_resume(struct result *result, json_t *document)
{
        json_t *steps = json_incref(json_object_get(document, "steps")), *step;
        size_t i;
        int r = 0;

        *result = (struct result){.json = document};
        json_object_del(document, "steps");
        json_array_foreach(steps, i, step)
        {
                if (json_is_true(json_object_get(step, "interrupted")))
                        continue;
                note_rate(result, (unsigned)number_of(step, "tiles"),
                        json_is_true(json_object_get(step, "valid")),
                        number_of(step, "rate_per_s"));
                r = keep_step(result, step);
                if (r < 0)
                        break;
        }
        json_decref(steps);
        result_incomplete(result, STILL_RUNNING);
        return r;
}

int result_resumed(struct result *result, const char *time)
{
        json_t *times = json_object_get(result->json, "resumed");

        if (!json_is_array(times)) {
                times = json_array();
                if (json_object_set_new(result->json, "resumed", times) < 0)
                        return -ENOMEM;
        }
        return json_array_append_new(times, json_string(time)) < 0 ? -ENOMEM : 0;
}

static bool has_note(const json_t *notes, const char *text)
{
        const json_t *note;
        size_t i;

        json_array_foreach(notes, i, note)
        {
                if (strcmp(json_string_value(note), text) == 0)
                        return true;
        }
        return false;
}

int result_resumed_notes(struct result *result, const char *const *notes)
{
        json_t *all = json_object_get(result->json, "notes");
        int r = 0;

        for (; r == 0 && notes && *notes; notes++) {
                _cleanup_free_ char *since = NULL;

                if (asprintf(&since, "since it was resumed: %s", *notes) < 0) {
                        since = NULL;
                        return -ENOMEM;
                }
                if (!has_note(all, *notes) && !has_note(all, since))
                        r = json_array_append_new(all, json_string(since));
        }
        return r < 0 ? -ENOMEM : 0;
}

void result_set_valid_tiles(struct result *result, unsigned valid_tiles)
{
        result->valid_tiles = valid_tiles;
        json_object_set_new(result->json, "valid_tiles", json_integer((json_int_t)valid_tiles));
}

void result_set_ended(struct result *result, json_t *ended_by)
{
        json_object_set_new(result->json, "ended_by", ended_by);
}

void result_complete(struct result *result)
{
        json_object_set_new(result->json, "complete", json_true());
        json_object_set_new(result->json, "incomplete_reason", json_null());
}

void result_incomplete(struct result *result, const char *reason)
{
        json_object_set_new(result->json, "incomplete_reason", json_string(reason));
}

/* ---- the file ---- */

/* The document, with the steps as its last member. */
static int put(const struct result *result, FILE *f)
{
        _cleanup_free_ char *head = json_dumps(result->json, JSON_FLAGS);

        if (!head)
                return -ENOMEM;
        errno = 0;
        head[strlen(head) - 1] = '\0'; /* its closing brace */
        fprintf(f, "%s,\"steps\":[", head);
        for (size_t i = 0; i < result->n_steps; i++)
                fprintf(f, "%s%s", i ? "," : "", result->steps[i].text);
        fputs("]}\n", f);
        if (fflush(f) != 0 || ferror(f) || fsync(fileno(f)) < 0)
                return errno ? -errno : -EIO;
        return 0;
}

/* A new name is on the disk when its directory is. */
static int sync_directory(const char *directory)
{
        _cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        /* Some file systems have nothing to say to that. */
        return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int result_write(const struct result *result, const char *directory, struct why *why)
{
        char path[4096], temporary[4096];
        _cleanup_fclose_ FILE *f = NULL;
        int r;

        snprintf(path, sizeof path, "%s/run.json", directory);
        snprintf(temporary, sizeof temporary, "%s/run.json.new", directory);
        f = fopen(temporary, "we");
        if (!f)
                return why_errno(why, -errno, "results", temporary);
        r = put(result, f);
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r == 0)
                r = sync_directory(directory);
        if (r < 0) {
                unlink(temporary);
                return why_set(
                        why, r, "results", path, "%s: results are not written", strerror(-r));
        }
        return 0;
}
