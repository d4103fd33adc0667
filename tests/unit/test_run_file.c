/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run.json as plain values: a real one (tests/golden/report/one-tile.json, its histograms in fewer
 * buckets and its series cut short), and what becomes of it when something in it is missing or is
 * not what it should be.
 */
#include "unit.h"

#include "run_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define TILE  "steps[0].tile_results[0]."
#define GUEST TILE "guests[7]."

static json_t *document(const char *name)
{
        const char *directory = getenv("TILELOAD_GOLDEN");
        char path[512];
        json_t *json;

        assert_non_null(directory);
        snprintf(path, sizeof path, "%s/report/%s.json", directory, name);
        json = json_load_file(path, 0, NULL);
        assert_non_null(json);
        return json;
}

/* Takes json. */
static int parse(struct run_file *run, json_t *json, struct why *why)
{
        char *text = json_dumps(json, 0);
        int r;

        assert_non_null(text);
        r = run_file_parse(run, "a/run.json", text, strlen(text), why);
        free(text);
        json_decref(json);
        return r;
}

/* "a.b[2].c": *key or *index is the last step, the container is returned. */
static json_t *walk(json_t *json, const char *place, char key[static 64], size_t *index)
{
        json_t *up = NULL;

        for (;;) {
                size_t length = strcspn(place, ".[");

                up = json;
                key[0] = '\0';
                if (*place == '[') {
                        *index = strtoul(place + 1, NULL, 10);
                        json = json_array_get(json, *index);
                        place = strchr(place, ']') + 1;
                } else {
                        snprintf(key, 64, "%.*s", (int)length, place);
                        json = json_object_get(json, key);
                        place += length;
                }
                if (!*place)
                        return up;
                assert_non_null(json);
                place += *place == '.';
        }
}

/* Puts a value (JSON text) at a place of the document, or removes what is there (NULL). */
static void edit(json_t *json, const char *place, const char *value)
{
        char key[64];
        size_t index = 0;
        json_t *up = walk(json, place, key, &index), *new = NULL;

        if (value) {
                new = json_loads(value, JSON_DECODE_ANY, NULL);
                assert_case(new, "%s", value);
        }
        if (key[0] && new)
                assert_int_equal(json_object_set_new(up, key, new), 0);
        else if (key[0])
                assert_int_equal(json_object_del(up, key), 0);
        else if (new &&index == json_array_size(up))
                assert_int_equal(json_array_append_new(up, new), 0);
        else if (new)
                assert_int_equal(json_array_set_new(up, index, new), 0);
        else
                assert_int_equal(json_array_remove(up, index), 0);
}

static void read_edited(struct run_file *run, const char *place, const char *value)
{
        json_t *json = document("one-tile");
        struct why why = {0};
        int r;

        edit(json, place, value);
        r = parse(run, json, &why);
        assert_case(r == 0, "%s = %s: %s", place, value ? value : "nothing", why.reason);
}

/* ---- what is read ---- */

static void check_guest(const struct run_guest *g)
{
        assert_int_equal(g->guest, 7);
        assert_string_equal(g->name, "oltp");
        assert_string_equal(g->role, "oltp");
        assert_null(g->problem);
        assert_int_equal(g->work, 5772);
        assert_string_equal(g->work_unit, "transactions");
        assert_near(g->rate_per_s, 192.219, 0);
        assert_near(g->seconds, 30.028317, 0);
        assert_int_equal(g->errors, 0);
        assert_int_equal(json_object_size(g->error_kinds), 0);
        assert_int_equal(g->corrected.count, 5772);
        assert_near(g->corrected.p999_ms, 20.054016, 0);
        assert_near(hist_mean_ns(g->hist) / 1e6, g->corrected.mean_ms, 1e-6);
        /* With its database server: 5.42 s and 3.97 s of CPU. */
        assert_near(g->cpu_share, (5.42 + 3.97) / 30.028317, 1e-12);
        assert_near(g->queued_share, 20.245411 / 30.028317, 1e-12);
        assert_near(g->rss_bytes, 85098496, 0);
        assert_near(g->steal_percent, 0.07, 0.05);
        assert_int_equal(g->n_series, 4);
        assert_int_equal(g->series[1].work, 164);
        assert_near(g->series[1].t_s, 2.019, 0);
        assert_near(g->series[3].mean_ms, 3.003786, 0);
        assert_string_equal(
                json_string_value(json_object_get(g->config, "listen")), "127.1.7.1:9477");
}

static void check_step(const struct run_step *s)
{
        const struct run_tile *t = s->tile_results;

        assert_int_equal(s->tiles, 1);
        assert_int_equal(s->repeat, 1);
        assert_true(s->valid && !s->interrupted && s->settled);
        assert_null(s->unsettled);
        assert_string_equal(s->started, "2026-11-23T06:53:17.827Z");
        assert_near(s->duration_s, 30.002, 0);
        assert_near(s->host_cpu_busy_percent, 99.52, 0);
        assert_int_equal(s->host_cpus, 2);
        assert_near(s->harness_cpu_percent, 0.0626, 0);
        assert_null(s->resources);
        assert_int_equal(s->n_limits, 0);
        assert_int_equal(s->n_tile_results, 1);
        assert_true(t->valid && t->n_reasons == 0);
        assert_int_equal(t->late, 109);
        assert_near(t->achieved_share, 1, 0);
        assert_near(t->response.p95_ms, 1.35168, 0);
        assert_near(t->raw.p95_ms, 0.978944, 0);
        assert_int_equal(t->n_guests, 9);
        check_guest(run_tile_guest(t, 7));
        assert_null(run_tile_guest(t, 8)->hist);
        assert_null(run_tile_guest(t, 9));
}

static void a_real_run(void **state)
{
        struct run_file run;
        struct why why;

        assert_int_equal(parse(&run, document("one-tile"), &why), 0);
        assert_string_equal(run.path, "a/run.json");
        assert_true(run.complete);
        assert_null(run.incomplete_reason);
        assert_int_equal(run.valid_tiles, 1);
        assert_string_equal(run.launch, "process");
        assert_string_equal(run.profile, "");
        assert_null(run.ended_by);
        assert_null(run.placement);
        assert_int_equal(json_array_size(run.notes), 2);
        assert_near(json_number_value(json_object_get(run.limits, "max_p95_ms")), 3000, 0);
        assert_string_equal(
                json_string_value(json_object_get(run.manifest, "tileload_version")), "0.1.0");
        assert_int_equal(run.n_steps, 1);
        check_step(run.steps);
        run_file_free(&run);
}

static void what_newer_files_have(void **state)
{
        json_t *json = document("one-tile");
        struct run_file run;
        struct why why;

        edit(json, "profile", "\"small\"");
        edit(json, "placement",
                "{\"mode\": \"auto\", \"path\": null, \"guests\": {\"t1-web1\": "
                "{\"nodes\": \"0\", \"cpus\": \"0-3\"}}}");
        edit(json, "ended_by",
                "{\"kind\": \"no gain\", \"tiles\": 1, \"resource\": \"cpu\", \"text\": "
                "\"host CPU 100 %\"}");
        edit(json, "steps[0].repeat", "3");
        edit(json, "steps[0].settling",
                "{\"settled\": false, \"warmup_s\": 20, \"bound_percent\": 5.0, \"window_s\": 10.0,"
                " \"worst\": {\"what\": \"disk\", \"change_percent\": -7.26}}");
        edit(json, "steps[0].resources",
                "{\"cpu_busy_percent\": 99.5, \"disks\": [{\"name\": "
                "\"vda\", \"await_ms\": null}]}");
        edit(json, "steps[0].limits_reached",
                "[{\"resource\": \"cpu\", \"text\": \"host CPU 100 %\"},"
                " {\"resource\": \"disk\", \"text\": \"vda 97 % busy\"}]");
        assert_int_equal(parse(&run, json, &why), 0);
        assert_string_equal(run.profile, "small");
        assert_string_equal(json_string_value(json_object_get(run.placement, "mode")), "auto");
        assert_string_equal(run.ended_by, "host CPU 100 %");
        assert_string_equal(run.ended_kind, "no gain");
        assert_string_equal(run.ended_resource, "cpu");
        assert_int_equal(run.steps[0].repeat, 3);
        assert_false(run.steps[0].settled);
        assert_string_equal(run.steps[0].unsettled, "disk -7.3 % in 10 s");
        assert_non_null(json_object_get(run.steps[0].resources, "disks"));
        assert_int_equal(run.steps[0].n_limits, 2);
        assert_string_equal(run.steps[0].limits[1], "vda 97 % busy");
        run_file_free(&run);
}

static void what_did_not_settle_need_not_have_a_figure(void **state)
{
        struct run_file run;

        read_edited(&run, "steps[0].settling",
                "{\"settled\": false, \"window_s\": 10, \"worst\": {\"what\": \"oltp\", "
                "\"change_percent\": null}}");
        assert_string_equal(run.steps[0].unsettled, "oltp");
        run_file_free(&run);
        read_edited(&run, "steps[0].settling",
                "{\"settled\": false, \"window_s\": 10, \"worst\": null}");
        assert_false(run.steps[0].settled);
        assert_null(run.steps[0].unsettled);
        run_file_free(&run);
        read_edited(&run, "steps[0].settling", "null");
        assert_true(run.steps[0].settled);
        run_file_free(&run);
}

static void a_guest_with_a_problem(void **state)
{
        struct run_file run;
        const struct run_guest *g;

        read_edited(&run, TILE "guests[5]",
                "{\"guest\": 5, \"name\": \"cpu\", \"role\": \"cpu\", \"url\": \"\", "
                "\"problem\": \"was started again\"}");
        g = run_tile_guest(run.steps[0].tile_results, 5);
        assert_string_equal(g->problem, "was started again");
        assert_int_equal(g->work, 0);
        assert_null(g->hist);
        assert_null(g->config);
        assert_null(g->error_kinds);
        assert_int_equal(g->n_series, 0);
        assert_true(isnan(g->cpu_share) && isnan(g->steal_percent) && isnan(g->rss_bytes));
        run_file_free(&run);
}

static void a_guest_that_is_a_machine(void **state)
{
        struct run_file run;

        /* 98.5 % of two CPUs, as it is no process of ours. */
        json_t *json = document("one-tile");
        struct why why;

        edit(json, GUEST "same_machine", "false");
        edit(json, GUEST "local_processes", "null");
        edit(json, GUEST "machine.cpu.busy_percent", "98.5");
        edit(json, GUEST "machine.cpu.steal_percent", "12.5");
        assert_int_equal(parse(&run, json, &why), 0);
        assert_near(run_tile_guest(run.steps[0].tile_results, 7)->cpu_share, 1.97, 1e-12);
        assert_near(run_tile_guest(run.steps[0].tile_results, 7)->steal_percent, 12.5, 0);
        run_file_free(&run);
}

static void errors_are_summed_up(void **state)
{
        struct run_file run;

        read_edited(&run, GUEST "errors", "{\"timeouts\": 3, \"wrong_rows\": 4}");
        assert_int_equal(run_tile_guest(run.steps[0].tile_results, 7)->errors, 7);
        run_file_free(&run);
}

static void what_is_not_known_is_no_number(void **state)
{
        struct run_file run;

        read_edited(&run, TILE "achieved_share", "null");
        assert_true(isnan(run.steps[0].tile_results[0].achieved_share));
        run_file_free(&run);
        read_edited(&run, GUEST "series.mean_ms[2]", "null");
        assert_true(isnan(run.steps[0].tile_results[0].guests[7].series[2].mean_ms));
        run_file_free(&run);
}

static void control_characters_are_gone(void **state)
{
        json_t *json = document("one-tile");
        struct run_file run;
        struct why why;

        edit(json, "notes[0]", "\"a\\u001b[31mb\\nc\\u009bd\\u007fe \\u00e4\"");
        edit(json, "manifest.host.os", "\"\\u001b\"");
        edit(json, GUEST "role", "\"o\\u0007\"");
        assert_int_equal(parse(&run, json, &why), 0);
        assert_string_equal(
                json_string_value(json_array_get(run.notes, 0)), "a?[31mb?c??d?e \xc3\xa4");
        assert_string_equal(run.steps[0].tile_results[0].guests[7].role, "o?");
        run_file_free(&run);
}

/* ---- what is refused ---- */

static const struct {
        const char *place, *value, *reason;
} bad[] = {
        {"schema", "\"tileload-run-9\"",
                "schema must be \"tileload-run-1\", not \"tileload-run-9\""},
        {"schema", "1", "no results of a run: schema must be \"tileload-run-1\""},
        {"complete", "1", "complete must be true or false, not 1"},
        {"incomplete_reason", "\"cut\"", "incomplete_reason must be null for a run that is"},
        {"valid_tiles", "-1", "valid_tiles must be a whole number from 0 to 4294967295, not -1"},
        {"launch", "\"seventeen letters\"",
                "launch must be a text of at most 15 bytes, not a text "
                "of 17 bytes"},
        {"profile", "[]", "profile must be a text of at most 15 bytes or null, not a list"},
        {"ended_by", "3", "ended_by must be an object, not 3"},
        {"ended_by", "{\"tiles\": 3}", "ended_by.kind is missing: it must be a text"},
        {"placement", "{\"mode\": \"auto\", \"guests\": {\"t1-web1\": {\"cpus\": 4}}}",
                "placement.guests.t1-web1.cpus must be a text"},
        {"limits.max_p95_ms", "\"3 s\"", "limits.max_p95_ms must be a number of 0 or more, not a"},
        {"notes[1]", "false", "notes[1] must be a text, not false"},
        {"manifest", "null", "manifest must be an object, not null"},
        {"manifest.command_line[0]", "{}",
                "manifest.command_line[0] must be a text, not an object"},
        {"manifest.options.rate", "200", "manifest.options.rate must be a text, not 200"},
        {"manifest.host.cpus", "2.5",
                "manifest.host.cpus must be a whole number of 0 or more, not "
                "2.5"},
        {"manifest.host.mitigations.meltdown", "1", "manifest.host.mitigations.meltdown must be"},
        {"steps", "{}", "steps must be a list, not an object"},
        {"steps", "[]", "steps must not be empty in a run that is complete"},
        {"steps[1]", "null", "steps[1] must be an object, not null"},
        {"steps[0].tiles", "0", "steps[0].tiles must be a whole number from 1 to 100000, not 0"},
        {"steps[0].tiles", "2",
                "steps[0].tile_results must have 2 elements, as many as tiles, not "
                "1"},
        {"steps[0].repeat", "0", "steps[0].repeat must be a whole number from 1"},
        {"steps[0].interrupted", "true", "steps[0].valid is true in a step that was cut short"},
        {"steps[0].broken", "true", "steps[0].broken is true in a step that is valid"},
        {"steps[0].response.p95_ms", "null", "steps[0].response.p95_ms must be a number of 0"},
        {"steps[0].host.cpu", "[]", "steps[0].host.cpu must be an object, not a list"},
        {"steps[0].harness", "0", "steps[0].harness must be an object, not 0"},
        {"steps[0].settling", "{\"settled\": false}", "steps[0].settling.window_s is missing"},
        {"steps[0].settling",
                "{\"settled\": false, \"window_s\": 10, \"worst\": {\"what\": \"disk\"}}",
                "steps[0].settling.worst.change_percent is missing: it must be a number"},
        {"steps[0].limits_reached", "[{\"text\": \"CPU\"}, {}]",
                "steps[0].limits_reached[1].text is missing"},
        {"steps[0].resources", "{\"cpu_busy_percent\": \"all\"}",
                "steps[0].resources.cpu_busy_percent must be a number of 0 or more or null"},
        {"steps[0].resources", "{\"disks\": [{\"name\": \"vda\"}, {}]}",
                "steps[0].resources.disks[1].name is missing"},
        {"steps[0].resources", "{\"networks\": 1}", "steps[0].resources.networks must be a list"},
        {"steps[0].resources", "{\"clients\": []}", "steps[0].resources.clients must be an object"},
        {TILE "valid", "false", TILE "reasons must be empty for a tile that is valid, and only"},
        {TILE "reasons", "[1]", TILE "reasons[0] must be a text, not 1"},
        {TILE "rate_per_s", "-0.5", TILE "rate_per_s must be a number of 0 or more, not -0.5"},
        {TILE "rate_per_s", "1e16",
                TILE "rate_per_s must be a number of 0 or more, not 1e+16, which is too large"},
        {TILE "guests", "[]", TILE "guests must have 1 to 9 elements, not 0"},
        {TILE "guests[0]", NULL, TILE "guests must have guest 0, the external client"},
        {TILE "guests[3].guest", "2", TILE "guests[3].guest is 2 for the second time"},
        {TILE "guests[3].guest", "9", TILE "guests[3].guest must be a whole number from 0 to 8"},
        {TILE "guests[3].rate_per_s", NULL,
                TILE "guests[3].rate_per_s is missing: it must be a "
                     "number of 0 or more"},
        {GUEST "problem", "7", GUEST "problem must be a text or null, not 7"},
        {GUEST "work", "1e3", GUEST "work must be a whole number of 0 or more, not 1000"},
        {GUEST "errors.timeouts", "-3", GUEST "errors.timeouts must be a whole number of 0 or"},
        {GUEST "errors",
                "{\"a\": 9223372036854775807, \"b\": 9223372036854775807, \"c\": 9223372036854775}",
                GUEST "errors.c makes too many errors in all"},
        {GUEST "counters.transactions.unit", "null", GUEST "counters.transactions.unit must be"},
        {GUEST "latencies[0].corrected.count", "5",
                GUEST "latencies[0].histogram must have as "
                      "many values as corrected.count says"},
        {GUEST "latencies[0].histogram.scheme", "\"linear\"",
                GUEST "latencies[0].histogram must be a histogram: scheme \"log-linear-64\""},
        {GUEST "series.work[0]", NULL, GUEST "series.work must have 4 elements as t_s, not 3"},
        {GUEST "series.t_s[3]", "null",
                GUEST "series.t_s[3] must be a number of 0 or more, not "
                      "null"},
        {GUEST "series.mean_ms[1]", "true",
                GUEST "series.mean_ms[1] must be a number of 0 or more "
                      "or null, not true"},
        {GUEST "machine.vcpus", "-1", GUEST "machine.vcpus must be a whole number from 0"},
        {GUEST "machine.cpu", NULL, GUEST "machine.cpu is missing: it must be an object"},
        {GUEST "local_processes.rss_bytes", "0.5", GUEST "local_processes.rss_bytes must be"},
        {GUEST "config.listen", "[]", GUEST "config.listen must be a text, not a list"},
};

static void what_is_wrong_is_named_with_its_place(void **state)
{
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                json_t *json = document("one-tile");
                struct run_file run;
                struct why why = {0};

                edit(json, bad[i].place, bad[i].value);
                assert_case(parse(&run, json, &why) == -EINVAL, "%s", bad[i].place);
                assert_string_equal(why.what, "results");
                assert_string_equal(why.value, "a/run.json");
                assert_case(strstr(why.reason, bad[i].reason) == why.reason, "%s: %s\nnot: %s",
                        bad[i].place, why.reason, bad[i].reason);
        }
}

/* Tiles of one step, by their numbers. */
static void tiles_come_once_and_in_order(void **state)
{
        json_t *json = document("one-tile");
        json_t *tiles =
                json_object_get(json_array_get(json_object_get(json, "steps"), 0), "tile_results");
        struct run_file run;
        struct why why = {0};

        json_array_append_new(tiles, json_deep_copy(json_array_get(tiles, 0)));
        edit(json, "steps[0].tiles", "2");
        assert_int_equal(parse(&run, json_incref(json), &why), -EINVAL);
        assert_string_equal(why.reason,
                "steps[0].tile_results[1].tile must be more than the 1 before it, not 1");
        edit(json, "steps[0].tile_results[1].tile", "7");
        assert_int_equal(parse(&run, json_incref(json), &why), 0);
        assert_int_equal(run.steps[0].tile_results[1].tile, 7);
        run_file_free(&run);
        edit(json, "steps[0].tile_results[1].valid", "false");
        edit(json, "steps[0].tile_results[1].reasons", "[\"slow\"]");
        assert_int_equal(parse(&run, json_incref(json), &why), -EINVAL);
        assert_string_equal(
                why.reason, "steps[0].tile_results[1].valid is false in a step that is valid");
        edit(json, "steps[0].valid", "false");
        assert_int_equal(parse(&run, json, &why), 0);
        assert_string_equal(run.steps[0].tile_results[1].reasons[0], "slow");
        run_file_free(&run);
}

/* What nothing is made of, by the end of its container's place; without key: all that is in it. */
static bool may_be_missing(const char *place, const char *key)
{
        static const struct {
                const char *container, *key;
        } unused[] = {
                {"options"},
                {"mitigations"},
                {"errors"},
                {"counters"},
                {"config"},
                {"psi"},
                {".process"},
                {"raw_histogram"},
                {"latencies[0]", "raw_histogram"},
                {"latencies[0]", "name"},
                {"host.cpu", "steal_percent"},
                {"cpu", "user_percent"},
                {"cpu", "system_percent"},
                {"cpu", "irq_percent"},
                {"cpu", "iowait_percent"},
                {"cpu", "idle_percent"},
                {"steps[0]", "linearity"},
                {"steps[0].host", "psi"},
                {"harness", "scrape_rounds"},
                {"harness", "round_mean_ms"},
                {"harness", "round_max_ms"},
                {"harness", "cpu_s"},
                {"machine", "memory_bytes"},
                {"machine", "clocksource"},
                {"machine", "psi"},
                {"local_processes", "voluntary_switches"},
                {"local_processes", "threads"},
                {"local_processes", "involuntary_switches"},
                {"]", "url"},
                {"]", "restarted"},
                {"]", "polls"},
                {"]", "polls_answered"},
                {"]", "console"},
                {"]", "version"},
                {"]", "clock_ratio"},
                {"]", "clock_error"},
                {"]", "process"},
        };

        if (strstr(place, ".counters."))
                return strcmp(key, "value") == 0;
        for (size_t i = 0; i < ARRAY_SIZE(unused); i++) {
                const char *end = unused[i].container;
                size_t length = strlen(end), n = strlen(place);

                if (n >= length && strcmp(place + n - length, end) == 0 &&
                        (!unused[i].key || strcmp(unused[i].key, key) == 0))
                        return true;
        }
        return false;
}

static void parse_without(json_t *root, json_t *object, const char *key, const char *place)
{
        _cleanup_free_ char *missing = NULL;
        json_t *kept = json_incref(json_object_get(object, key));
        struct run_file run;
        struct why why = {0};
        int r;

        assert_true(asprintf(&missing, "%s%s%s is missing", place, *place ? "." : "", key) > 0);
        json_object_del(object, key);
        r = parse(&run, json_incref(root), &why);
        if (may_be_missing(place, key)) {
                assert_case(r == 0, "%s: %s", missing, why.reason);
                run_file_free(&run);
        } else {
                assert_case(r == -EINVAL, "%s: accepted", missing);
                assert_case(strstr(why.reason, missing) == why.reason ||
                                    strstr(why.reason, "histogram must be") || !*place,
                        "%s: %s", missing, why.reason);
        }
        json_object_set_new(object, key, kept);
}

/* Removes each member of each object below json in turn; place is that of json. */
static void remove_each(json_t *root, json_t *json, const char *place, unsigned *ret_n)
{
        _cleanup_free_ const char **keys = calloc(json_object_size(json) + 1, sizeof *keys);
        size_t n = 0, i;
        const char *key;
        json_t *value;

        json_object_foreach(json, key, value)
        {
                keys[n++] = strdup(key); /* as the order changes below */
        }
        for (i = 0; i < n; i++) {
                _cleanup_free_ char *here = NULL;

                assert_true(asprintf(&here, "%s%s%s", place, *place ? "." : "", keys[i]) > 0);
                remove_each(root, json_object_get(json, keys[i]), here, ret_n);
                parse_without(root, json, keys[i], place);
                *ret_n += 1;
                free((char *)keys[i]);
        }
        json_array_foreach(json, i, value)
        {
                _cleanup_free_ char *here = NULL;

                assert_true(asprintf(&here, "%s[%zu]", place, i) > 0);
                if (i == 0 || i == 7) /* the external client, and the guest with two processes */
                        remove_each(root, value, here, ret_n);
        }
}

static void nothing_that_is_used_may_be_missing(void **state)
{
        json_t *json = document("one-tile");
        unsigned n = 0;

        remove_each(json, json, "", &n);
        assert_true(n > 200);
        json_decref(json);
}

static void what_is_not_json(void **state)
{
        static const struct {
                const char *text, *reason;
        } cases[] = {
                {"", "not JSON: line 1, column 0: "},
                {"{\"schema\":\n", "not JSON: line 2, column 0: "},
                {"{\"a\": 1, \"a\": 2}", "not JSON: line 1, column 12: duplicate object key"},
                {"{\"a\": 1e999}", "not JSON: line 1, column 11: real number overflow"},
                {"{\"a\": \"\xff\"}", "not JSON: line 1, column 7: unable to decode byte 0xff"},
                {"[]", "no results of a run"},
                {"{}", "no results of a run"},
                {"{\"a\\u0001\": 1}", "the document has control characters in a key"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct run_file run;
                struct why why = {0};
                int r = run_file_parse(
                        &run, "a/run.json", cases[i].text, strlen(cases[i].text), &why);

                assert_case(r == -EINVAL, "%s", cases[i].text);
                assert_case(strstr(why.reason, cases[i].reason) == why.reason, "%s: %s",
                        cases[i].text, why.reason);
        }
}

/* ---- where it is ---- */

static void a_file_or_its_directory(void **state)
{
        char directory[] = "/tmp/tileload-run-XXXXXX", path[64];
        json_t *json = document("one-tile");
        struct run_file run;
        struct why why = {0};

        assert_non_null(mkdtemp(directory));
        snprintf(path, sizeof path, "%s/run.json", directory);
        assert_int_equal(run_file_read(&run, path, &why), -ENOENT);
        assert_string_equal(why.value, path);
        assert_int_equal(run_file_read(&run, directory, &why), -ENOENT);
        assert_string_equal(why.value, directory);
        assert_string_equal(why.reason, "no results directory: there is no run.json in it");

        assert_int_equal(json_dump_file(json, path, 0), 0);
        assert_int_equal(run_file_read(&run, path, &why), 0);
        assert_string_equal(run.path, path);
        run_file_free(&run);
        assert_int_equal(run_file_read(&run, directory, &why), 0);
        assert_string_equal(run.path, path);
        run_file_free(&run);

        edit(json, "steps", "1");
        assert_int_equal(json_dump_file(json, path, 0), 0);
        assert_int_equal(run_file_read(&run, directory, &why), -EINVAL);
        assert_string_equal(why.value, path);
        json_decref(json);
        unlink(path);
        assert_int_equal(mkdir(path, 0700), 0);
        assert_int_equal(run_file_read(&run, directory, &why), -EISDIR);
        rmdir(path);
        rmdir(directory);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_real_run),
                cmocka_unit_test(what_newer_files_have),
                cmocka_unit_test(what_did_not_settle_need_not_have_a_figure),
                cmocka_unit_test(a_guest_with_a_problem),
                cmocka_unit_test(a_guest_that_is_a_machine),
                cmocka_unit_test(errors_are_summed_up),
                cmocka_unit_test(what_is_not_known_is_no_number),
                cmocka_unit_test(control_characters_are_gone),
                cmocka_unit_test(what_is_wrong_is_named_with_its_place),
                cmocka_unit_test(tiles_come_once_and_in_order),
                cmocka_unit_test(nothing_that_is_used_may_be_missing),
                cmocka_unit_test(what_is_not_json),
                cmocka_unit_test(a_file_or_its_directory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
