/* SPDX-License-Identifier: Apache-2.0 */
#include "run_file.h"

#include "run_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define WHAT       "results"
#define RUN_SCHEMA "tileload-run-1"
#define MAX_BYTES  (UINT64_C(1) << 30)
#define RUN(m)     offsetof(struct run_file, m)

/* ---- the document ---- */

/* What jansson takes its text from. */
struct input {
        int fd;
        uint64_t used;
        int error;
};

static size_t read_some(void *buffer, size_t size, void *data)
{
        struct input *input = data;
        ssize_t n;

        do
                n = read(input->fd, buffer, size);
        while (n < 0 && errno == EINTR);
        if (n > 0 && (input->used += (uint64_t)n) > MAX_BYTES)
                input->error = -EFBIG;
        else if (n < 0)
                input->error = -errno;
        return input->error ? (size_t)-1 : (size_t)n;
}

/* Why jansson has returned no document. */
static int not_json(const char *path, const json_error_t *error, struct why *why)
{
        if (json_error_code(error) == json_error_out_of_memory)
                return why_errno(why, -ENOMEM, WHAT, path);
        return why_set(why, -EINVAL, WHAT, path, "not JSON: line %d, column %d: %s", error->line,
                error->column, error->text);
}

static int load(json_t **ret, const char *path, struct why *why)
{
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct input input = {.fd = fd};
        json_error_t error;

        if (fd < 0)
                return why_errno(why, -errno, WHAT, path);
        *ret = json_load_callback(read_some, &input, JSON_REJECT_DUPLICATES, &error);
        if (*ret)
                return 0;
        if (input.error == -EFBIG)
                return why_set(why, -EFBIG, WHAT, path, "larger than 1 GiB: that is no run.json");
        if (input.error)
                return why_errno(why, input.error, WHAT, path);
        return not_json(path, &error, why);
}

/* ---- the run ---- */

static int read_steps(
        const struct json_source *source, const struct json_place *root, struct run_file *run)
{
        const struct json_place at = {.up = root, .key = "steps"};
        const json_t *list = json_fields_list(source, root, run->json, at.key);

        if (!list)
                return -EINVAL;
        run->steps = calloc(json_array_size(list) + 1, sizeof *run->steps);
        if (!run->steps)
                return json_fields_no_memory(source);
        while (run->n_steps < json_array_size(list)) {
                const struct json_place here = {.up = &at, .index = run->n_steps};
                int r = run_step_read(source, &here, json_array_get(list, here.index),
                        &run->steps[run->n_steps++]);

                if (r < 0)
                        return r;
        }
        if (run->complete && run->n_steps == 0)
                return json_fields_bad(
                        source, root, at.key, "must not be empty in a run that is complete");
        return 0;
}

static int read_end(
        const struct json_source *source, const struct json_place *root, struct run_file *run)
{
        static const struct json_field fields[] = {
                {"kind", JSON_FIELD_WORD, RUN(ended_kind), sizeof run->ended_kind},
                {"resource", JSON_FIELD_WORD, RUN(ended_resource), sizeof run->ended_resource,
                        .null = true, .optional = true},
                {"text", JSON_FIELD_TEXT, RUN(ended_by), .null = true, .optional = true},
        };
        const struct json_place at = {.up = root, .key = "ended_by"};
        const json_t *end = json_object_get(run->json, at.key);

        if (!end || json_is_null(end))
                return 0;
        return json_fields_read(source, &at, end, fields, ARRAY_SIZE(fields), run);
}

static int read_head(
        const struct json_source *source, const struct json_place *root, struct run_file *run)
{
        static const struct json_field fields[] = {
                {"complete", JSON_FIELD_FLAG, RUN(complete)},
                {"incomplete_reason", JSON_FIELD_TEXT, RUN(incomplete_reason), .null = true},
                {"valid_tiles", JSON_FIELD_NATURAL, RUN(valid_tiles), .max = UINT32_MAX},
                {"launch", JSON_FIELD_WORD, RUN(launch), sizeof run->launch},
                {"profile", JSON_FIELD_WORD, RUN(profile), sizeof run->profile, .null = true,
                        .optional = true},
        };
        int r = json_fields_read(source, root, run->json, fields, ARRAY_SIZE(fields), run);

        if (r == 0 && run->complete != !run->incomplete_reason)
                r = json_fields_bad(source, root, "incomplete_reason",
                        "must be null for a run that is complete, and only then");
        if (r == 0)
                r = read_end(source, root, run);
        if (r == 0)
                r = run_limits_check(source, run->json, &run->limits);
        if (r == 0)
                r = run_notes_check(source, run->json, &run->notes);
        if (r == 0)
                r = run_placement_check(source, run->json, &run->placement);
        if (r == 0)
                r = run_manifest_check(source, run->json, &run->manifest);
        return r;
}

static int check_schema(const struct json_source *source, const json_t *json)
{
        const char *schema = json_string_value(json_object_get(json, "schema"));

        if (!schema)
                return why_set(source->why, -EINVAL, WHAT, source->path,
                        "no results of a run: schema must be \"" RUN_SCHEMA "\"");
        if (strcmp(schema, RUN_SCHEMA) != 0)
                return why_set(source->why, -EINVAL, WHAT, source->path,
                        "schema must be \"" RUN_SCHEMA "\", not \"%.64s\"", schema);
        return 0;
}

/* Takes json. */
static int take(struct run_file *ret, const char *path, json_t *json, struct why *why)
{
        const struct json_source source = {.path = path, .why = why};
        const struct json_place root = {0};
        struct run_file run = {.json = json, .path = strdup(path)};
        int r = run.path ? json_make_printable(json) : -ENOMEM;

        if (r == -EINVAL)
                r = json_fields_bad(&source, &root, NULL, "has control characters in a key");
        else if (r < 0)
                r = json_fields_no_memory(&source);
        if (r == 0)
                r = check_schema(&source, json);
        if (r == 0)
                r = read_head(&source, &root, &run);
        if (r == 0)
                r = read_steps(&source, &root, &run);
        if (r < 0)
                run_file_free(&run);
        else
                *ret = run;
        return r;
}

int run_file_parse(
        struct run_file *ret, const char *path, const char *text, size_t size, struct why *why)
{
        json_error_t error;
        json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

        return json ? take(ret, path, json, why) : not_json(path, &error, why);
}

int run_file_read(struct run_file *ret, const char *path, struct why *why)
{
        _cleanup_free_ char *inside = NULL;
        json_t *json = NULL;
        struct stat st;
        int r;

        if (stat(path, &st) < 0)
                return why_errno(why, -errno, WHAT, path);
        if (S_ISDIR(st.st_mode)) {
                size_t length = strlen(path);
                const char *slash = length && path[length - 1] == '/' ? "" : "/";

                if (asprintf(&inside, "%s%srun.json", path, slash) < 0) {
                        inside = NULL;
                        return why_errno(why, -ENOMEM, WHAT, path);
                }
                if (access(inside, F_OK) < 0 && errno == ENOENT)
                        return why_set(why, -ENOENT, WHAT, path,
                                "no results directory: there is no run.json in it");
                path = inside;
        }
        r = load(&json, path, why);
        return r < 0 ? r : take(ret, path, json, why);
}

void run_file_free(struct run_file *run)
{
        for (size_t i = 0; i < run->n_steps; i++)
                run_step_fini(&run->steps[i]);
        free(run->steps);
        free(run->incomplete_reason);
        free(run->ended_by);
        free(run->path);
        json_decref(run->json);
        *run = (struct run_file){0};
}
