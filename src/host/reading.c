/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include "hist_json.h"
#include "snapshot.h"

#include <errno.h>
#include <string.h>

/* More latencies than any role has: whoever sends them is not one of ours. */
#define LATENCIES_MAX 16

int reading_init(
        struct reading *reading, json_t *json, uint64_t sent_ns, uint64_t done_ns, struct why *why)
{
        const char *schema = json_string_value(json_object_get(json, "schema"));

        if (!schema || strcmp(schema, SNAPSHOT_SCHEMA) != 0) {
                why_set(why, -EPROTO, "stats.json", schema,
                        "not of schema " SNAPSHOT_SCHEMA ": is this a tileload role of this "
                        "version?");
                json_decref(json);
                return -EPROTO;
        }
        *reading = (struct reading){
                .json = json,
                .taken_ns = sent_ns + (done_ns - sent_ns) / 2,
                .taken_error_ns = (done_ns - sent_ns) / 2,
        };
        return 0;
}

void reading_fini(struct reading *reading)
{
        json_decref(reading->json);
        reading->json = NULL;
}

/* object NULL: the document itself. "guest.cpu" walks down. */
static const json_t *walk(const struct reading *reading, const char *object)
{
        const json_t *json = reading->json;
        char name[64];

        while (object && *object) {
                size_t length = strcspn(object, ".");

                snprintf(name, sizeof name, "%.*s", (int)length, object);
                json = json_object_get(json, name);
                object += length + (object[length] == '.');
        }
        return json;
}

const char *reading_text(const struct reading *reading, const char *object, const char *key)
{
        return json_string_value(json_object_get(walk(reading, object), key));
}

uint64_t reading_number(const struct reading *reading, const char *object, const char *key)
{
        json_int_t n = json_integer_value(json_object_get(walk(reading, object), key));

        return n < 0 ? 0 : (uint64_t)n;
}

int reading_counter(const struct reading *reading, const char *name, uint64_t *ret)
{
        const json_t *counter = json_object_get(walk(reading, "counters"), name);
        const json_t *value = json_object_get(counter, "value");

        if (!json_is_integer(value) || json_integer_value(value) < 0)
                return -ENOENT;
        *ret = (uint64_t)json_integer_value(value);
        return 0;
}

/* Copies a name; false if it is not there or too long to be one of ours. */
static bool copy_name(char *to, size_t size, const char *from)
{
        return from && (size_t)snprintf(to, size, "%s", from) < size;
}

static int kind_of(const json_t *counter, enum counter_kind *ret)
{
        const char *name = json_string_value(json_object_get(counter, "kind"));

        for (int kind = COUNTER_WORK; name && kind <= COUNTER_GAUGE; kind++) {
                if (strcmp(name, counter_kind_name((enum counter_kind)kind)) == 0) {
                        *ret = (enum counter_kind)kind;
                        return 0;
                }
        }
        return -EPROTO;
}

uint64_t reading_sum(const struct reading *reading, enum counter_kind kind)
{
        json_t *counters = (json_t *)walk(reading, "counters"), *counter;
        enum counter_kind its;
        const char *name;
        uint64_t sum = 0;

        if (!counters)
                return reading_number(reading, "sums", counter_kind_name(kind));

        json_object_foreach(counters, name, counter)
        {
                if (kind_of(counter, &its) == 0 && its == kind)
                        sum += (uint64_t)json_integer_value(json_object_get(counter, "value"));
        }
        return sum;
}

void reading_latency(const struct reading *reading, uint64_t *ret_count, uint64_t *ret_sum_ns)
{
        const json_t *first = json_array_get(walk(reading, "latencies"), 0);

        if (!walk(reading, "latencies")) {
                *ret_count = reading_number(reading, "sums", "latency_count");
                *ret_sum_ns = reading_number(reading, "sums", "latency_sum_ns");
                return;
        }
        *ret_count = (uint64_t)json_integer_value(json_object_get(first, "count"));
        *ret_sum_ns = (uint64_t)json_integer_value(json_object_get(first, "sum_ns"));
}

bool reading_same_start(const struct reading *start, const struct reading *end)
{
        const char *a = reading_text(start, "identity", "start_id");
        const char *b = reading_text(end, "identity", "start_id");

        return a && b && strcmp(a, b) == 0;
}

static int count_one(const struct reading *start, const struct reading *end, const char *name,
        const json_t *counter, struct count *ret, struct why *why)
{
        const char *unit = json_string_value(json_object_get(counter, "unit"));

        if (kind_of(counter, &ret->kind) < 0 || !copy_name(ret->unit, sizeof ret->unit, unit) ||
                !copy_name(ret->name, sizeof ret->name, name) ||
                reading_counter(end, name, &ret->value) < 0 ||
                reading_counter(start, name, &ret->start) < 0)
                return why_set(why, -EPROTO, "counter", name, "not readable in stats.json");
        if (ret->kind == COUNTER_GAUGE)
                return 0;
        if (ret->start > ret->value)
                return why_set(why, -EPROTO, "counter", name, "went backwards in the window");
        ret->value -= ret->start;
        return 0;
}

int reading_counts(const struct reading *start, const struct reading *end, struct count **ret,
        size_t *ret_n, struct why *why)
{
        json_t *counters = (json_t *)walk(end, "counters"), *counter;
        _cleanup_free_ struct count *counts = NULL;
        const char *name;
        size_t n = 0;

        if (!json_is_object(counters))
                return why_set(why, -EPROTO, "stats.json", NULL, "has no counters");
        counts = calloc(json_object_size(counters) + 1, sizeof *counts);
        if (!counts)
                return why_errno(why, -ENOMEM, "stats.json", NULL);
        json_object_foreach(counters, name, counter)
        {
                int r = count_one(start, end, name, counter, &counts[n++], why);

                if (r < 0)
                        return r;
        }
        *ret = STEAL_PTR(counts);
        *ret_n = n;
        return 0;
}

/* One of a latency's two histograms over the window. */
static int histogram(
        const json_t *start, const json_t *end, const char *key, struct hist *ret, struct why *why)
{
        _cleanup_free_ struct hist *a = malloc(sizeof *a), *b = malloc(sizeof *b);

        if (!a || !b)
                return why_errno(why, -ENOMEM, "histogram", key);
        if (hist_from_json(json_object_get(start, key), a) < 0 ||
                hist_from_json(json_object_get(end, key), b) < 0)
                return why_set(
                        why, -EPROTO, "histogram", key, "missing or not of scheme " HIST_SCHEME);
        if (hist_subtract(ret, b, a) < 0)
                return why_set(why, -EPROTO, "histogram", key, "went backwards in the window");
        return 0;
}

int reading_latencies(const struct reading *start, const struct reading *end,
        struct latency_window **ret, size_t *ret_n, struct why *why)
{
        const json_t *before = walk(start, "latencies"), *after = walk(end, "latencies");
        size_t n = json_array_size(after);
        _cleanup_free_ struct latency_window *windows = NULL;

        if (n > LATENCIES_MAX)
                return why_set(
                        why, -EPROTO, "latencies", NULL, "%zu are more than any role has", n);
        windows = calloc(n + 1, sizeof *windows);
        if (!windows)
                return why_errno(why, -ENOMEM, "stats.json", NULL);
        if (json_array_size(before) != n)
                return why_set(why, -EPROTO, "latencies", NULL, "changed in the window");
        for (size_t i = 0; i < n; i++) {
                const json_t *a = json_array_get(before, i), *b = json_array_get(after, i);
                const char *name = json_string_value(json_object_get(b, "name"));
                int r = histogram(a, b, "histogram", &windows[i].corrected, why);

                if (r == 0)
                        r = histogram(a, b, "raw_histogram", &windows[i].raw, why);
                if (r < 0)
                        return r;
                if (!copy_name(windows[i].name, sizeof windows[i].name, name))
                        return why_set(
                                why, -EPROTO, "latencies", NULL, "number %zu has no name", i);
        }
        *ret = STEAL_PTR(windows);
        *ret_n = n;
        return 0;
}
