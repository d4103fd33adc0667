/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "hist_json.h"
#include "rng.h"
#include "snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* A role that has one of everything. */

enum { REQUESTS, BYTES, TIMEOUTS, MISMATCHES, CONNECTIONS, N_COUNTERS };

static const struct counter counters[] = {
        [REQUESTS] = {"requests", COUNTER_WORK, "requests", "Requests answered."},
        [BYTES] = {"received_bytes", COUNTER_EVENT, "bytes", "Bytes of bodies."},
        [TIMEOUTS] = {"timeouts", COUNTER_ERROR, "requests", "No answer in time."},
        [MISMATCHES] = {"mismatches", COUNTER_WRONG, "requests", "Another body than expected."},
        [CONNECTIONS] = {"connections", COUNTER_GAUGE, "connections", "Open now."},
};

static const struct latency latencies[] = {
        {"request", "From due to the last byte."},
        {"page", "A page with all that is on it."},
};

struct config {
        char *url, *password, *unset;
        uint64_t users;
};

static const struct option options[] = {
        {"url", OPTION_STRING, offsetof(struct config, url)},
        {"password", OPTION_STRING, offsetof(struct config, password), .secret = true},
        {"unset", OPTION_STRING, offsetof(struct config, unset)},
        {"users", OPTION_COUNT, offsetof(struct config, users), "25"},
};

static struct config config = {.url = (char *)(uintptr_t) "http://h/?a=\"b\"\\",
        .password = (char *)(uintptr_t) "hunter2",
        .users = 25};
static const struct option_set sets[] = {{"Role", options, ARRAY_SIZE(options), &config}};

static const struct workload role = {
        .name = "surfer",
        .flags = WORKLOAD_PACED,
        .counters = counters,
        .n_counters = ARRAY_SIZE(counters),
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
};

static const struct workload bare_role = {.name = "nothing"};

static const struct identity identity = {
        .start_id = UINT64_C(0xfedcba9876543210),
        .started_ns = 100 * NS_PER_S,
        .started_real_ns = UINT64_C(1700000000) * NS_PER_S,
        .tile = 3,
        .guest = 4,
        .hostname = "t3-client",
        .boot_id = "01234567-89ab-cdef-0123-456789abcdef",
};

static struct snapshot snapshot;

static int take(void **state)
{
        struct rng rng;

        snapshot = (struct snapshot){
                .workload = &role,
                .identity = &identity,
                .sets = sets,
                .n_sets = ARRAY_SIZE(sets),
                .state = ROLE_READY,
                .taken_ns = 160 * NS_PER_S + 1,
                .taken_real_ns = UINT64_C(1700000060) * NS_PER_S,
                .n_workers = 2,
                .guest = {.vcpus = 1,
                        .memory_bytes = UINT64_C(1) << 30,
                        .memory_available_bytes = UINT64_C(1) << 29,
                        .clocksource = "k\"v\\m\nclock",
                        .cpu = {1, 2, 3, 4, 5, 6, 7, 8},
                        .psi = {true, 11, 12, 13, 14, 15},
                        .process = {21, 22, 23, 24, 25, 26, 27}},
        };
        if (cells_init(&snapshot.sum, snapshot_n_counters(&role), role.n_latencies) < 0)
                return -1;
        for (size_t i = 0; i < snapshot.sum.n_counters; i++)
                cells_add(&snapshot.sum, i, 1000 + i);
        cells_set(&snapshot.sum, BYTES, UINT64_C(9007199254740993)); /* more than a double holds */
        rng_init(&rng, 1, 0);
        for (int i = 0; i < 5000; i++) {
                uint64_t v = (uint64_t)rng_exponential(&rng, 2e7);

                hist_record(&snapshot.sum.corrected[0], v);
                hist_record(&snapshot.sum.raw[0], v / 2);
        }
        hist_record(&snapshot.sum.corrected[1], 500 * NS_PER_S);
        return 0;
}

static int give_back(void **state)
{
        cells_fini(&snapshot.sum);
        return 0;
}

static json_int_t integer(const json_t *json, const char *key)
{
        const json_t *value = json_object_get(json, key);

        assert_case(json_is_integer(value), "%s", key);
        return json_integer_value(value);
}

static const char *string(const json_t *json, const char *key)
{
        const json_t *value = json_object_get(json, key);

        assert_case(json_is_string(value), "%s", key);
        return json_string_value(value);
}

/* Neither less nor more than these keys, which end with NULL. */
static void check_keys(const json_t *json, const char *const *keys)
{
        size_t n = 0;

        assert_true(json_is_object(json));
        for (; keys[n]; n++)
                assert_case(json_object_get(json, keys[n]), "%s is missing", keys[n]);
        assert_int_equal(json_object_size(json), n);
}
#define KEYS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_identity(const json_t *json)
{
        const json_t *id = json_object_get(json, "identity");

        check_keys(id,
                KEYS("role", "version", "tile", "guest", "start_id", "pid", "hostname", "boot_id"));
        assert_string_equal(string(id, "role"), "surfer");
        assert_string_equal(string(id, "version"), TILELOAD_VERSION);
        assert_int_equal(integer(id, "tile"), 3);
        assert_int_equal(integer(id, "guest"), 4);
        assert_string_equal(string(id, "start_id"), "fedcba9876543210");
        assert_int_equal(integer(id, "pid"), getpid());
        assert_string_equal(string(id, "hostname"), "t3-client");
        assert_string_equal(string(id, "boot_id"), "01234567-89ab-cdef-0123-456789abcdef");
}

static void check_guest(const json_t *json)
{
        const json_t *guest = json_object_get(json, "guest");
        const json_t *cpu = json_object_get(guest, "cpu"), *psi = json_object_get(guest, "psi");
        const json_t *process = json_object_get(json, "process");

        assert_int_equal(integer(guest, "vcpus"), 1);
        assert_int_equal(integer(guest, "memory_bytes"), 1 << 30);
        assert_int_equal(integer(guest, "memory_available_bytes"), 1 << 29);
        assert_string_equal(string(guest, "clocksource"), "k\"v\\m\nclock");
        check_keys(cpu, KEYS("user_ns", "nice_ns", "system_ns", "idle_ns", "iowait_ns", "irq_ns",
                                "softirq_ns", "steal_ns"));
        assert_int_equal(integer(cpu, "user_ns"), 1);
        assert_int_equal(integer(cpu, "nice_ns"), 2);
        assert_int_equal(integer(cpu, "system_ns"), 3);
        assert_int_equal(integer(cpu, "idle_ns"), 4);
        assert_int_equal(integer(cpu, "iowait_ns"), 5);
        assert_int_equal(integer(cpu, "irq_ns"), 6);
        assert_int_equal(integer(cpu, "softirq_ns"), 7);
        assert_int_equal(integer(cpu, "steal_ns"), 8);
        assert_true(json_is_true(json_object_get(psi, "available")));
        assert_int_equal(integer(psi, "cpu_some_us"), 11);
        assert_int_equal(integer(psi, "io_some_us"), 12);
        assert_int_equal(integer(psi, "io_full_us"), 13);
        assert_int_equal(integer(psi, "memory_some_us"), 14);
        assert_int_equal(integer(psi, "memory_full_us"), 15);
        assert_int_equal(integer(process, "user_ns"), 21);
        assert_int_equal(integer(process, "system_ns"), 22);
        assert_int_equal(integer(process, "queued_ns"), 23);
        assert_int_equal(integer(process, "rss_bytes"), 24);
        assert_int_equal(integer(process, "voluntary_switches"), 25);
        assert_int_equal(integer(process, "involuntary_switches"), 26);
        assert_int_equal(integer(process, "threads"), 27);
}

static void check_counters(const json_t *json, bool brief)
{
        static const char *const kinds[] = {
                "work", "event", "error", "wrong", "gauge", "event", "event", "error"};
        const json_t *all = json_object_get(json, "counters");

        assert_int_equal(json_object_size(all), N_COUNTERS + N_FRAME_COUNTERS);
        for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
                const struct counter *c = snapshot_counter(&role, i);
                const json_t *one = json_object_get(all, c->name);

                assert_string_equal(string(one, "kind"), kinds[i]);
                assert_string_equal(string(one, "unit"), c->unit);
                assert_int_equal(integer(one, "value"), snapshot.sum.values[i]);
                assert_int_equal(json_object_get(one, "help") != NULL, !brief);
                if (!brief)
                        assert_string_equal(string(one, "help"), c->help);
        }
        assert_non_null(json_object_get(all, "offered"));
        assert_non_null(json_object_get(all, "late"));
        assert_non_null(json_object_get(all, "dropped"));
}

static void check_latencies(const json_t *json, bool brief)
{
        const json_t *all = json_object_get(json, "latencies");

        assert_true(json_is_array(all));
        assert_int_equal(json_array_size(all), ARRAY_SIZE(latencies));
        for (size_t i = 0; i < ARRAY_SIZE(latencies); i++) {
                const json_t *one = json_array_get(all, i);
                struct hist hist;

                assert_string_equal(string(one, "name"), latencies[i].name);
                assert_int_equal(integer(one, "count"), hist_count(&snapshot.sum.corrected[i]));
                assert_int_equal(integer(one, "sum_ns"), snapshot.sum.corrected[i].sum_ns);
                assert_int_equal(integer(one, "raw_sum_ns"), snapshot.sum.raw[i].sum_ns);
                assert_int_equal(json_object_get(one, "histogram") != NULL, !brief);
                assert_int_equal(json_object_get(one, "raw_histogram") != NULL, !brief);
                if (brief)
                        continue;
                assert_string_equal(string(one, "help"), latencies[i].help);
                assert_int_equal(hist_from_json(json_object_get(one, "histogram"), &hist), 0);
                assert_memory_equal(&hist, &snapshot.sum.corrected[i], sizeof hist);
                assert_int_equal(hist_from_json(json_object_get(one, "raw_histogram"), &hist), 0);
                assert_memory_equal(&hist, &snapshot.sum.raw[i], sizeof hist);
        }
}

/* As whoever measures reads it: written out and parsed again. */
static json_t *through_text(bool brief)
{
        json_t *json = snapshot_json(&snapshot, brief ? SNAPSHOT_BRIEF : SNAPSHOT_FULL), *again;
        json_error_t error;
        char *text;

        assert_non_null(json);
        text = json_dumps(json, JSON_COMPACT);
        assert_non_null(text);
        again = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        assert_case(again, "%s", error.text);
        assert_true(json_equal(json, again));
        json_decref(json);
        free(text);
        return again;
}

static void json_of_everything(void **state)
{
        json_t *json = through_text(false);
        const json_t *shown;

        check_keys(json, KEYS("schema", "state", "identity", "clock_ns", "realtime_ns", "uptime_ns",
                                 "workers", "counters", "latencies", "guest", "process", "config"));
        assert_string_equal(string(json, "schema"), SNAPSHOT_SCHEMA);
        assert_string_equal(string(json, "state"), "ready");
        assert_int_equal(integer(json, "clock_ns"), 160 * NS_PER_S + 1);
        assert_int_equal(integer(json, "realtime_ns"), UINT64_C(1700000060) * NS_PER_S);
        assert_int_equal(integer(json, "uptime_ns"), 60 * NS_PER_S + 1);
        assert_int_equal(integer(json, "workers"), 2);
        check_identity(json);
        check_guest(json);
        check_counters(json, false);
        check_latencies(json, false);

        shown = json_object_get(json, "config");
        check_keys(shown, KEYS("url", "password", "users"));
        assert_string_equal(string(shown, "url"), config.url);
        assert_string_equal(string(shown, "users"), "25");
        assert_null(strstr(string(shown, "password"), "hunter2"));
        json_decref(json);
}

/* What is read every second: all that a rate needs, and small. */
static void json_in_brief(void **state)
{
        json_t *json = through_text(true), *whole = through_text(false);
        char *text = json_dumps(json, JSON_COMPACT), *long_text = json_dumps(whole, JSON_COMPACT);

        assert_null(json_object_get(json, "config"));
        check_identity(json);
        check_guest(json);
        check_counters(json, true);
        check_latencies(json, true);
        assert_true(strlen(text) < 3000);
        assert_true(strlen(text) * 2 < strlen(long_text));
        free(text);
        free(long_text);
        json_decref(json);
        json_decref(whole);
}

/* What is read every second. */
static void json_of_sums(void **state)
{
        static struct snapshot sums;
        json_error_t error;
        const json_t *all;
        json_t *json;
        char *text;

        sums = snapshot;
        sums.latency_count = 41;
        sums.latency_sum_ns = 4242;
        text = snapshot_sums(&sums);
        json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        assert_case(json, "%s: %s", text, error.text);
        check_keys(json, KEYS("schema", "state", "identity", "clock_ns", "sums"));
        assert_string_equal(string(json, "schema"), SNAPSHOT_SCHEMA);
        assert_string_equal(string(json, "state"), "ready");
        assert_string_equal(
                string(json_object_get(json, "identity"), "start_id"), "fedcba9876543210");
        assert_int_equal(integer(json, "clock_ns"), 160 * NS_PER_S + 1);
        all = json_object_get(json, "sums");
        check_keys(all, KEYS("work", "error", "wrong", "latency_count", "latency_sum_ns"));
        for (size_t kind = COUNTER_WORK; kind <= COUNTER_WRONG; kind++) {
                uint64_t sum = 0;

                if (kind == COUNTER_EVENT)
                        continue;
                for (size_t i = 0; i < sums.sum.n_counters; i++)
                        if (snapshot_counter(&role, i)->kind == kind)
                                sum += sums.sum.values[i];
                assert_int_equal(integer(all, counter_kind_name((enum counter_kind)kind)), sum);
        }
        assert_int_equal(integer(all, "latency_count"), 41);
        assert_int_equal(integer(all, "latency_sum_ns"), 4242);
        assert_true(strlen(text) < 400);
        json_decref(json);
        free(text);

        sums.state = ROLE_FAILED;
        sums.detail = "no \"room\"\n";
        text = snapshot_sums(&sums);
        json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        assert_case(json, "%s: %s", text, error.text);
        assert_string_equal(string(json, "reason"), "no \"room\"\n");
        json_decref(json);
        free(text);
}

static void json_of_nothing(void **state)
{
        struct snapshot nothing = {
                .workload = &bare_role, .identity = &identity, .state = ROLE_STARTING};
        json_t *json;

        assert_int_equal(snapshot_n_counters(&bare_role), 0);
        assert_int_equal(cells_init(&nothing.sum, 0, 0), 0);
        json = snapshot_json(&nothing, SNAPSHOT_FULL);
        assert_non_null(json);
        assert_string_equal(string(json, "state"), "starting");
        assert_int_equal(json_object_size(json_object_get(json, "counters")), 0);
        assert_int_equal(json_array_size(json_object_get(json, "latencies")), 0);
        assert_true(json_is_false(json_object_get(
                json_object_get(json_object_get(json, "guest"), "psi"), "available")));
        json_decref(json);
        cells_fini(&nothing.sum);
}

static void states_have_names(void **state)
{
        assert_string_equal(role_state_name(ROLE_STARTING), "starting");
        assert_string_equal(role_state_name(ROLE_READY), "ready");
        assert_string_equal(role_state_name(ROLE_STOPPING), "stopping");
        assert_string_equal(role_state_name(ROLE_FAILED), "failed");
}

/* Histograms as JSON. */

static void hist_there_and_back(void **state)
{
        struct hist empty = {}, edges = {}, many = {}, got;
        const struct hist *const hists[] = {&empty, &edges, &many};
        struct rng rng;

        hist_record(&edges, 0);
        hist_record(&edges, UINT64_C(7200) * NS_PER_S); /* two hours: the last bucket */
        edges.buckets[1000] = INT64_MAX - 2;
        rng_init(&rng, 3, 0);
        for (int i = 0; i < 100000; i++)
                hist_record(&many, (uint64_t)rng_exponential(&rng, 1e9));

        for (size_t i = 0; i < ARRAY_SIZE(hists); i++) {
                json_t *json = hist_to_json(hists[i]);
                size_t used = 0;

                assert_non_null(json);
                assert_string_equal(string(json, "scheme"), HIST_SCHEME);
                for (size_t b = 0; b < HIST_BUCKETS; b++)
                        used += hists[i]->buckets[b] != 0;
                assert_int_equal(json_array_size(json_object_get(json, "buckets")), 2 * used);
                memset(&got, 0xff, sizeof got);
                assert_int_equal(hist_from_json(json, &got), 0);
                assert_memory_equal(&got, hists[i], sizeof got);
                json_decref(json);
        }
}

#define HIST(scheme, sum, buckets) \
        "{\"scheme\": " scheme ", \"sum_ns\": " sum ", \"buckets\": " buckets "}"
#define OURS "\"log-linear-64\""

static void hist_from_bad_json(void **state)
{
        static const char *const bad[] = {
                "null",
                "17",
                "\"log-linear-64\"",
                "[]",
                "[1, 2]",
                "{}",
                "{\"sum_ns\": 0, \"buckets\": []}",
                "{\"scheme\": " OURS ", \"buckets\": []}",
                "{\"scheme\": " OURS ", \"sum_ns\": 0}",
                HIST("\"log-linear-32\"", "0", "[]"),
                HIST("\"log-linear-64 \"", "0", "[]"),
                HIST("\"LOG-LINEAR-64\"", "0", "[]"),
                HIST("\"\"", "0", "[]"),
                HIST("64", "0", "[]"),
                HIST("null", "0", "[]"),
                HIST(OURS, "-1", "[]"),
                HIST(OURS, "0.5", "[]"),
                HIST(OURS, "1e3", "[]"),
                HIST(OURS, "\"0\"", "[]"),
                HIST(OURS, "null", "[]"),
                HIST(OURS, "0", "{}"),
                HIST(OURS, "0", "null"),
                HIST(OURS, "0", "7"),
                HIST(OURS, "0", "\"1, 2\""),
                /* a pair that is none */
                HIST(OURS, "0", "[1]"),
                HIST(OURS, "0", "[1, 2, 3]"),
                HIST(OURS, "0", "[[1, 2]]"),
                HIST(OURS, "0", "[1, null]"),
                HIST(OURS, "0", "[1, \"2\"]"),
                HIST(OURS, "0", "[1, 2.0]"),
                HIST(OURS, "0", "[1.0, 2]"),
                HIST(OURS, "0", "[true, 2]"),
                HIST(OURS, "0", "[1, 2, 3, {}]"),
                /* out of range */
                HIST(OURS, "0", "[-1, 2]"),
                HIST(OURS, "0", "[2345, 1]"),
                HIST(OURS, "0", "[9223372036854775807, 1]"),
                HIST(OURS, "0", "[1, -2]"),
                HIST(OURS, "0", "[1, 2, 3, -1]"),
                HIST(OURS, "0", "[1, 1, 2, 9223372036854775807]"), /* their sum */
                /* twice, or falling */
                HIST(OURS, "0", "[1, 2, 1, 2]"),
                HIST(OURS, "0", "[5, 2, 4, 2]"),
                HIST(OURS, "0", "[0, 1, 0, 1]"),
        };
        static const char *const good[] = {
                HIST(OURS, "0", "[]"),
                HIST(OURS, "9223372036854775807", "[0, 1, 2344, 9223372036854775806]"),
                HIST(OURS, "7", "[1, 0, 2, 1]"),
        };
        struct hist hist;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                json_t *json = json_loads(bad[i], JSON_DECODE_ANY, NULL);

                assert_case(json, "%s", bad[i]);
                assert_case(hist_from_json(json, &hist) == -EINVAL, "%s", bad[i]);
                json_decref(json);
        }
        assert_int_equal(hist_from_json(NULL, &hist), -EINVAL);
        for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
                json_t *json = json_loads(good[i], JSON_DECODE_ANY, NULL);

                assert_case(json && hist_from_json(json, &hist) == 0, "%s", good[i]);
                json_decref(json);
        }
}

/* Metrics, line by line as the two formats' texts have it. */

struct family {
        char name[128], type[256];
        unsigned samples;
        /* histograms */
        double last_edge;
        uint64_t last_count, total;
        bool infinity, sum, count;
};

struct checker {
        bool openmetrics;
        regex_t sample;
        struct family now;
        char seen[100][128];
        size_t n_seen;
        bool help; /* a HELP line that waits for its TYPE */
};

#define NAME   "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABEL  "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\n]|\\\\[\\n\"])*\""
#define NUMBER "([-+]?[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?|[+-]Inf|NaN)"

static void check_end_of_family(const struct family *f)
{
        if (!f->name[0])
                return;
        assert_case(f->samples > 0, "%s has no samples", f->name);
        if (strcmp(f->type, "histogram") == 0)
                assert_case(f->infinity && f->sum && f->count && f->last_count == f->total,
                        "%s is not a whole histogram", f->name);
}

static void check_comment(struct checker *c, const char *line)
{
        char word[8], name[128], rest[256] = "";

        assert_case(sscanf(line, "# %7s %127s %255[^\n]", word, name, rest) == 3, "%s", line);
        if (strcmp(word, "HELP") == 0) {
                check_end_of_family(&c->now);
                memset(&c->now, 0, sizeof c->now);
                snprintf(c->now.name, sizeof c->now.name, "%s", name);
                for (size_t i = 0; i < c->n_seen; i++)
                        assert_case(strcmp(c->seen[i], name) != 0, "%s comes twice", name);
                assert_true(c->n_seen < ARRAY_SIZE(c->seen));
                snprintf(c->seen[c->n_seen++], sizeof c->seen[0], "%s", name);
                assert_case(rest[strlen(rest) - 1] == '.', "%s", line);
                c->help = true;
                return;
        }
        assert_string_equal(word, "TYPE");
        assert_case(c->help && strcmp(name, c->now.name) == 0, "%s", line);
        assert_case(strcmp(rest, "counter") == 0 || strcmp(rest, "gauge") == 0 ||
                            strcmp(rest, "histogram") == 0,
                "%s", line);
        snprintf(c->now.type, sizeof c->now.type, "%s", rest);
        c->help = false;
}

static void check_bucket(struct family *f, const char *labels, const char *value)
{
        uint64_t count = strtoull(value, NULL, 10);
        const char *le = strstr(labels, "le=\"");
        double edge;

        assert_non_null(le);
        edge = strncmp(le + 4, "+Inf\"", 5) == 0 ? (double)INFINITY : strtod(le + 4, NULL);
        assert_case(edge > f->last_edge && count >= f->last_count, "%s: %s", f->name, labels);
        f->last_edge = edge;
        f->last_count = count;
        f->infinity = isinf(edge);
}

static void check_sample(struct checker *c, const char *line)
{
        char name[128] = "", labels[512] = "", value[64] = "", expected[160];
        struct family *f = &c->now;
        const char *suffix;
        regmatch_t m[16];

        assert_case(regexec(&c->sample, line, ARRAY_SIZE(m), m, 0) == 0, "%s", line);
        snprintf(name, sizeof name, "%.*s", (int)(m[1].rm_eo - m[1].rm_so), line + m[1].rm_so);
        if (m[2].rm_so >= 0)
                snprintf(labels, sizeof labels, "%.*s", (int)(m[2].rm_eo - m[2].rm_so),
                        line + m[2].rm_so);
        snprintf(value, sizeof value, "%s", strrchr(line, ' ') + 1);
        assert_case(!c->help && f->type[0], "%s has no TYPE", line);
        f->samples++;

        if (strcmp(f->type, "histogram") == 0) {
                assert_case(strncmp(name, f->name, strlen(f->name)) == 0, "%s", line);
                suffix = name + strlen(f->name);
                if (strcmp(suffix, "_bucket") == 0)
                        check_bucket(f, labels, value);
                else if (strcmp(suffix, "_sum") == 0)
                        f->sum = true;
                else if (strcmp(suffix, "_count") == 0)
                        f->count = (f->total = strtoull(value, NULL, 10), true);
                else
                        fail_msg("%s", line);
                return;
        }
        snprintf(expected, sizeof expected, "%s%s", f->name,
                c->openmetrics && strcmp(f->type, "counter") == 0 ? "_total" : "");
        assert_string_equal(name, expected);
        if (strcmp(f->type, "counter") == 0)
                assert_case(strlen(name) > 6 && strcmp(name + strlen(name) - 6, "_total") == 0 &&
                                    value[0] != '-',
                        "%s", line);
}

static void check_metrics(const char *text, bool openmetrics)
{
        static const char sample[] = "^(" NAME ")(\\{" LABEL "(," LABEL ")*\\})? " NUMBER "$";
        struct checker *c = calloc(1, sizeof *c);
        char *copy = strdup(text), *rest = copy, *line;
        size_t length = strlen(text);

        assert_true(c && copy);
        c->openmetrics = openmetrics;
        assert_int_equal(regcomp(&c->sample, sample, REG_EXTENDED), 0);
        assert_true(length > 6 && strcmp(text + length - 6, "# EOF\n") == 0);
        while ((line = strsep(&rest, "\n"))) {
                if (strcmp(line, "# EOF") == 0)
                        break;
                if (line[0] == '#')
                        check_comment(c, line);
                else
                        check_sample(c, line);
        }
        assert_true(rest && rest[0] == '\0'); /* nothing after the end */
        check_end_of_family(&c->now);
        regfree(&c->sample);
        free(copy);
        free(c);
}

static bool has_line(const char *text, const char *line)
{
        size_t length = strlen(line);

        for (const char *at = text; (at = strstr(at, line)); at++)
                if ((at == text || at[-1] == '\n') && at[length] == '\n')
                        return true;
        return false;
}

static void assert_line(const char *text, const char *line)
{
        assert_case(has_line(text, line), "no line \"%s\"", line);
}

static void metrics_in_both_formats(void **state)
{
        for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
                char *text = snapshot_metrics(&snapshot, openmetrics);

                assert_non_null(text);
                check_metrics(text, openmetrics);
                assert_line(text, "tileload_requests_total 1000");
                assert_line(text, "tileload_errors_total{kind=\"timeouts\",wrong=\"no\"} 1002");
                assert_line(text, "tileload_errors_total{kind=\"mismatches\",wrong=\"yes\"} 1003");
                assert_line(text, "tileload_errors_total{kind=\"dropped\",wrong=\"no\"} 1007");
                assert_line(text, "tileload_connections 1004");
                assert_line(text, "tileload_offered_total 1005");
                assert_line(text, "tileload_ready 1");
                assert_line(text, "tileload_workers 2");
                assert_line(text, "tileload_request_seconds_count 5000");
                assert_line(text, "tileload_request_seconds_bucket{le=\"+Inf\"} 5000");
                /* beyond the last edge: only in +Inf */
                assert_line(text, "tileload_page_seconds_bucket{le=\"100\"} 0");
                assert_line(text, "tileload_page_seconds_bucket{le=\"+Inf\"} 1");
                assert_line(text, "tileload_page_seconds_sum 500");
                assert_line(text, openmetrics ? "# TYPE tileload_requests counter"
                                              : "# TYPE tileload_requests_total counter");
                assert_non_null(strstr(text, "clocksource=\"k\\\"v\\\\m\\nclock\""));
                assert_non_null(strstr(text, "role=\"surfer\",tile=\"3\",guest=\"4\","
                                             "start_id=\"fedcba9876543210\""));
                free(text);
        }
}

/* A bucket's count is that of the values up to its edge, to the histogram's own precision. */
static void metrics_buckets_count_right(void **state)
{
        static const double edges[] = {1e-5, 1e-3, 0.01, 0.02, 0.05, 0.1};
        char *text = snapshot_metrics(&snapshot, true);

        for (size_t e = 0; e < ARRAY_SIZE(edges); e++) {
                const struct hist *hist = &snapshot.sum.corrected[0];
                uint64_t below = 0, above = 0, count;
                char line[128];
                const char *at;

                for (size_t b = 0; b < HIST_BUCKETS; b++) {
                        below += (double)hist_value_ns(b) <= edges[e] * 1e9 * 0.99
                                         ? hist->buckets[b]
                                         : 0;
                        above += (double)hist_value_ns(b) <= edges[e] * 1e9 * 1.01
                                         ? hist->buckets[b]
                                         : 0;
                }
                snprintf(
                        line, sizeof line, "tileload_request_seconds_bucket{le=\"%g\"} ", edges[e]);
                at = strstr(text, line);
                assert_case(at, "%s", line);
                count = strtoull(at + strlen(line), NULL, 10);
                assert_in_range(count, below, above);
        }
        free(text);
}

/* Without pressure figures they are left out: absent, not 0. */
static void metrics_of_nothing(void **state)
{
        struct snapshot nothing = {
                .workload = &bare_role, .identity = &identity, .state = ROLE_STOPPING};

        assert_int_equal(cells_init(&nothing.sum, 0, 0), 0);
        for (int openmetrics = 0; openmetrics < 2; openmetrics++) {
                char *text = snapshot_metrics(&nothing, openmetrics);

                assert_non_null(text);
                check_metrics(text, openmetrics);
                assert_line(text, "tileload_ready 0");
                assert_null(strstr(text, "pressure"));
                assert_null(strstr(text, "tileload_errors"));
                free(text);
        }
        cells_fini(&nothing.sum);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, take, give_back)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(json_of_everything),
                TEST(json_in_brief),
                cmocka_unit_test(json_of_sums),
                cmocka_unit_test(json_of_nothing),
                cmocka_unit_test(states_have_names),
                cmocka_unit_test(hist_there_and_back),
                cmocka_unit_test(hist_from_bad_json),
                TEST(metrics_in_both_formats),
                TEST(metrics_buckets_count_right),
                cmocka_unit_test(metrics_of_nothing),
        };

        return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
