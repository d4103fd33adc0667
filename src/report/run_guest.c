/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest of a run.json.
 */
#include "run_parts.h"

#include "hist_json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define QUANTILE(member) offsetof(struct run_quantiles, member)
#define GUEST(member)    offsetof(struct run_guest, member)

int run_quantiles_read(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key, struct run_quantiles *ret)
{
        static const struct json_field fields[] = {
                {"count", JSON_FIELD_COUNT, QUANTILE(count)},
                {"mean_ms", JSON_FIELD_NUMBER, QUANTILE(mean_ms)},
                {"p50_ms", JSON_FIELD_NUMBER, QUANTILE(p50_ms)},
                {"p90_ms", JSON_FIELD_NUMBER, QUANTILE(p90_ms)},
                {"p95_ms", JSON_FIELD_NUMBER, QUANTILE(p95_ms)},
                {"p99_ms", JSON_FIELD_NUMBER, QUANTILE(p99_ms)},
                {"p99_9_ms", JSON_FIELD_NUMBER, QUANTILE(p999_ms)},
                {"max_ms", JSON_FIELD_NUMBER, QUANTILE(max_ms)},
        };
        const struct json_place at = {.up = place, .key = key};
        const json_t *json = json_fields_object(source, place, object, key);

        if (!json)
                return -EINVAL;
        return json_fields_read(source, &at, json, fields, ARRAY_SIZE(fields), ret);
}

/* ---- the series ---- */

/* The lists of the series, side by side. */
static const struct json_field second_fields[] = {
        {"t_s", JSON_FIELD_NUMBER, offsetof(struct run_second, t_s)},
        {"work", JSON_FIELD_COUNT, offsetof(struct run_second, work)},
        {"errors", JSON_FIELD_COUNT, offsetof(struct run_second, errors)},
        {"mean_ms", JSON_FIELD_NUMBER, offsetof(struct run_second, mean_ms), .null = true},
};

static int read_series(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        const struct json_place at = {.up = place, .key = "series"};
        const json_t *series = json_fields_object(source, place, guest, "series");
        int r = 0;

        for (size_t f = 0; series && f < ARRAY_SIZE(second_fields); f++) {
                const struct json_field *field = &second_fields[f];
                const struct json_place here = {.up = &at, .key = field->key};
                const json_t *list = json_fields_list(source, &at, series, field->key);

                if (!list)
                        return -EINVAL;
                if (f == 0) {
                        ret->n_series = json_array_size(list);
                        ret->series = calloc(ret->n_series + 1, sizeof *ret->series);
                        if (!ret->series)
                                return json_fields_no_memory(source);
                }
                if (json_array_size(list) != ret->n_series)
                        return json_fields_bad(source, &at, field->key,
                                "must have %zu elements as t_s, not %zu", ret->n_series,
                                json_array_size(list));
                r = json_fields_column(
                        source, &here, list, field, ret->series, sizeof *ret->series);
                if (r < 0)
                        return r;
        }
        return series ? 0 : -EINVAL;
}

/* ---- what was counted ---- */

static int read_errors(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        const struct json_place at = {.up = place, .key = "errors"};
        const char *kind;
        json_t *value;

        ret->error_kinds = json_fields_object(source, place, guest, "errors");
        if (!ret->error_kinds)
                return -EINVAL;
        json_object_foreach((json_t *)ret->error_kinds, kind, value)
        {
                const struct json_field field = {kind, JSON_FIELD_COUNT, 0};
                uint64_t n;
                int r = json_fields_read(source, &at, ret->error_kinds, &field, 1, &n);

                if (r < 0)
                        return r;
                if (__builtin_add_overflow(ret->errors, n, &ret->errors))
                        return json_fields_bad(source, &at, kind, "makes too many errors in all");
        }
        return 0;
}

struct counter {
        char kind[16], unit[24];
};

/* The unit of what it works: of the first counter of that kind. */
static int read_work_unit(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        static const struct json_field fields[] = {
                {"kind", JSON_FIELD_WORD, offsetof(struct counter, kind), 16},
                {"unit", JSON_FIELD_WORD, offsetof(struct counter, unit), 24},
        };
        const struct json_place at = {.up = place, .key = "counters"};
        json_t *counters = json_fields_object(source, place, guest, "counters"), *value;
        const char *name;

        if (!counters)
                return -EINVAL;
        json_object_foreach(counters, name, value)
        {
                const struct json_place here = {.up = &at, .key = name};
                struct counter counter;
                int r = json_fields_read(
                        source, &here, value, fields, ARRAY_SIZE(fields), &counter);

                if (r < 0)
                        return r;
                if (strcmp(counter.kind, "work") != 0 || ret->work_unit[0])
                        continue;
                snprintf(ret->work_unit, sizeof ret->work_unit, "%s", counter.unit);
        }
        return 0;
}

/* The role's headline is the first of them. */
static int read_latency(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        const struct json_place list_at = {.up = place, .key = "latencies"},
                                at = {.up = &list_at, .index = 0};
        const json_t *list = json_fields_list(source, place, guest, "latencies"), *latency;
        int r;

        if (!list)
                return -EINVAL;
        latency = json_array_get(list, 0);
        if (!latency)
                return 0;
        r = run_quantiles_read(source, &at, latency, "corrected", &ret->corrected);
        if (r == 0)
                r = run_quantiles_read(source, &at, latency, "raw", &ret->raw);
        if (r < 0)
                return r;
        ret->hist = malloc(sizeof *ret->hist);
        if (!ret->hist)
                return json_fields_no_memory(source);
        if (hist_from_json(json_object_get(latency, "histogram"), ret->hist) < 0)
                return json_fields_bad(source, &at, "histogram",
                        "must be a histogram: scheme \"" HIST_SCHEME
                        "\", sum_ns, and buckets as index and count, the indexes rising");
        if (hist_count(ret->hist) != ret->corrected.count)
                return json_fields_bad(source, &at, "histogram",
                        "must have as many values as corrected.count says");
        return 0;
}

/* ---- its machine ---- */

struct machine {
        unsigned vcpus;
        double busy_percent, steal_percent;
};

static int read_machine(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct machine *ret)
{
        static const struct json_field own[] = {
                {"vcpus", JSON_FIELD_NATURAL, offsetof(struct machine, vcpus), .max = 1 << 20},
        };
        static const struct json_field cpu_fields[] = {
                {"busy_percent", JSON_FIELD_NUMBER, offsetof(struct machine, busy_percent)},
                {"steal_percent", JSON_FIELD_NUMBER, offsetof(struct machine, steal_percent)},
        };
        const struct json_place at = {.up = place, .key = "machine"},
                                cpu_at = {.up = &at, .key = "cpu"};
        const json_t *machine = json_fields_object(source, place, guest, "machine");
        const json_t *cpu = machine ? json_fields_object(source, &at, machine, "cpu") : NULL;
        int r;

        if (!cpu)
                return -EINVAL;
        r = json_fields_read(source, &at, machine, own, ARRAY_SIZE(own), ret);
        if (r == 0)
                r = json_fields_read(source, &cpu_at, cpu, cpu_fields, ARRAY_SIZE(cpu_fields), ret);
        return r;
}

struct processes {
        double user_s, system_s, queued_s;
        uint64_t rss_bytes;
};

static int read_processes(const struct json_source *source, const struct json_place *place,
        const json_t *guest, const char *key, struct processes *ret)
{
        static const struct json_field fields[] = {
                {"user_s", JSON_FIELD_NUMBER, offsetof(struct processes, user_s)},
                {"system_s", JSON_FIELD_NUMBER, offsetof(struct processes, system_s)},
                {"queued_s", JSON_FIELD_NUMBER, offsetof(struct processes, queued_s)},
                {"rss_bytes", JSON_FIELD_COUNT, offsetof(struct processes, rss_bytes)},
        };
        const struct json_place at = {.up = place, .key = key};
        const json_t *json = json_fields_object(source, place, guest, key);

        if (!json)
                return -EINVAL;
        return json_fields_read(source, &at, json, fields, ARRAY_SIZE(fields), ret);
}

/* A process of the measuring machine has its own processes' CPU, a guest all that its machine used:
 * the same choice as in the summary that `run` prints. */
static int read_use(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        static const struct json_field same_field = {"same_machine", JSON_FIELD_FLAG, 0};
        bool local = !json_is_null(json_object_get(guest, "local_processes")), same;
        struct processes p;
        struct machine m;
        int r = json_fields_read(source, place, guest, &same_field, 1, &same);

        if (r == 0)
                r = read_machine(source, place, guest, &m);
        if (r == 0)
                r = read_processes(source, place, guest, local ? "local_processes" : "process", &p);
        if (r < 0)
                return r;
        ret->rss_bytes = (double)p.rss_bytes;
        ret->steal_percent = m.steal_percent;
        if (!local && !same)
                ret->cpu_share = m.busy_percent / 100 * m.vcpus;
        else if (ret->seconds > 0)
                ret->cpu_share = (p.user_s + p.system_s) / ret->seconds;
        if (ret->seconds > 0)
                ret->queued_share = p.queued_s / ret->seconds;
        return 0;
}

/* ---- all of it ---- */

static int read_config(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        const struct json_place at = {.up = place, .key = "config"};

        ret->config = json_object_get(guest, "config");
        if (json_is_null(ret->config))
                ret->config = NULL;
        else if (!json_fields_object(source, place, guest, "config"))
                return -EINVAL;
        return ret->config ? json_fields_all_texts(source, &at, ret->config) : 0;
}

static int read_measured(const struct json_source *source, const struct json_place *place,
        const json_t *guest, struct run_guest *ret)
{
        static const struct json_field fields[] = {
                {"seconds", JSON_FIELD_NUMBER, GUEST(seconds)},
                {"work", JSON_FIELD_COUNT, GUEST(work)},
                {"rate_per_s", JSON_FIELD_NUMBER, GUEST(rate_per_s)},
        };
        int r = json_fields_read(source, place, guest, fields, ARRAY_SIZE(fields), ret);

        if (r == 0)
                r = read_errors(source, place, guest, ret);
        if (r == 0)
                r = read_work_unit(source, place, guest, ret);
        if (r == 0)
                r = read_latency(source, place, guest, ret);
        if (r == 0)
                r = read_use(source, place, guest, ret);
        if (r == 0)
                r = read_config(source, place, guest, ret);
        if (r == 0)
                r = read_series(source, place, guest, ret);
        return r;
}

int run_guest_read(const struct json_source *source, const struct json_place *place, json_t *json,
        struct run_guest *ret)
{
        static const struct json_field fields[] = {
                {"guest", JSON_FIELD_NATURAL, GUEST(guest), .max = RUN_MAX_GUEST},
                {"name", JSON_FIELD_WORD, GUEST(name), sizeof ret->name},
                {"role", JSON_FIELD_WORD, GUEST(role), sizeof ret->role},
                {"problem", JSON_FIELD_TEXT, GUEST(problem), .null = true},
        };
        int r;

        ret->cpu_share = ret->queued_share = ret->rss_bytes = ret->steal_percent = NAN;
        r = json_fields_read(source, place, json, fields, ARRAY_SIZE(fields), ret);
        if (r == 0 && !ret->problem)
                r = read_measured(source, place, json, ret);
        json_object_del(json, "latencies");
        json_object_del(json, "counters");
        json_object_del(json, "series");
        return r;
}

void run_guest_fini(struct run_guest *guest)
{
        free(guest->problem);
        free(guest->hist);
        free(guest->series);
}
