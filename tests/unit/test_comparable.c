/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two runs differ in: a real run.json (tests/golden/report/one-tile.json) and what becomes of
 * it when something in it is changed.
 */
#include "unit.h"

#include "comparable.h"
#include "macro.h"
#include "manifest_diff.h"

#include <string.h>

static json_t *document(void)
{
        const char *directory = getenv("TILELOAD_GOLDEN");
        char path[512];
        json_t *json;

        assert_non_null(directory);
        snprintf(path, sizeof path, "%s/report/one-tile.json", directory);
        json = json_load_file(path, 0, NULL);
        assert_non_null(json);
        return json;
}

/* Takes json. */
static void parse(struct run_file *run, json_t *json)
{
        char *text = json_dumps(json, 0);
        struct why why = {0};

        assert_non_null(text);
        assert_case(
                run_file_parse(run, "a/run.json", text, strlen(text), &why) == 0, "%s", why.reason);
        free(text);
        json_decref(json);
}

/* The objects of the document that tests change. */
static json_t *manifest(json_t *json, const char *key)
{
        return json_object_get(json_object_get(json, "manifest"), key);
}

static json_t *tile(json_t *json)
{
        json_t *step = json_array_get(json_object_get(json, "steps"), 0);

        return json_array_get(json_object_get(step, "tile_results"), 0);
}

static json_t *config(json_t *json, size_t guest)
{
        return json_object_get(
                json_array_get(json_object_get(tile(json), "guests"), guest), "config");
}

static void put(json_t *object, const char *key, const char *value)
{
        assert_true(json_is_object(object));
        assert_int_equal(json_object_set_new(object, key, json_string(value)), 0);
}

/* Both checks. Takes the documents. */
static void compare_both(struct differences *list, json_t *baseline, json_t *changed)
{
        struct run_file before, after;

        *list = (struct differences){0};
        parse(&before, baseline);
        parse(&after, changed);
        assert_int_equal(comparable_check(list, &before, &after), 0);
        assert_int_equal(manifest_diff(list, &before, &after), 0);
        run_file_free(&before);
        run_file_free(&after);
}

/* With the document as it is. */
static void compare(struct differences *list, json_t *changed)
{
        compare_both(list, document(), changed);
}

static void expect(const struct differences *list, enum difference_kind kind, const char *name,
        const char *before, const char *after)
{
        for (size_t i = 0; i < list->n; i++) {
                const struct difference *d = &list->items[i];

                if (strcmp(d->name, name) != 0)
                        continue;
                assert_case(d->kind == kind, "%s: kind %d", name, d->kind);
                assert_case(!d->before == !before && (!before || strcmp(d->before, before) == 0),
                        "%s: %s", name, d->before ? d->before : "nothing");
                assert_case(!d->after == !after && (!after || strcmp(d->after, after) == 0),
                        "%s: %s", name, d->after ? d->after : "nothing");
                return;
        }
        fail_msg("%s is not among %zu differences", name, list->n);
}

/* One difference and nothing else. */
static void expect_only(json_t *changed, enum difference_kind kind, const char *name,
        const char *before, const char *after)
{
        struct differences list;

        compare(&list, changed);
        expect(&list, kind, name, before, after);
        assert_case(list.n == 1, "%s: %zu differences", name, list.n);
        differences_fini(&list);
}

static void test_the_same(void **state)
{
        struct differences list;

        compare(&list, document());
        assert_int_equal(list.n, 0);
        differences_fini(&list);
}

/* ---- the workload ---- */

static void test_roles(void **state)
{
        json_t *json = document();

        put(config(json, 5), "memory", "1G");
        expect_only(json, DIFFERENCE_WORKLOAD, "cpu.memory", "512M", "1G");
        json = document();
        put(config(json, 0), "rate", "400");
        expect_only(json, DIFFERENCE_WORKLOAD, "external.rate", "200", "400");
        json = document();
        put(config(json, 0), "arrival", "uniform");
        expect_only(json, DIFFERENCE_WORKLOAD, "external.arrival", "poisson", "uniform");
        json = document();
        json_object_del(config(json, 6), "depth");
        expect_only(json, DIFFERENCE_WORKLOAD, "disk.depth", "16", NULL);
        json = document();
        put(config(json, 6), "zones", "4");
        expect_only(json, DIFFERENCE_WORKLOAD, "disk.zones", NULL, "4");
        json = document();
        put(config(json, 1), "backend", "none");
        expect_only(json, DIFFERENCE_WORKLOAD, "web1.backend", "http://127.1.4.1:8080", "none");
}

/* Where things are is no matter of the workload, nor is the seed. */
static void test_places(void **state)
{
        static const struct {
                size_t guest;
                const char *key, *value;
        } places[] = {{0, "target", "http://10.77.1.1:8080"}, {1, "listen", ":9477"},
                {1, "serve", ":8080"}, {1, "backend", "http://10.77.1.4:8080"}, {5, "seed", "77"},
                {5, "tile", "9"}, {6, "file", "/var/lib/disk"}, {7, "socket", "/run/sock"},
                {7, "user", "root"}, {7, "port", "1"}};
        struct differences list;
        json_t *json = document();

        for (size_t i = 0; i < ARRAY_SIZE(places); i++)
                put(config(json, places[i].guest), places[i].key, places[i].value);
        compare(&list, json);
        assert_int_equal(list.n, 0);
        differences_fini(&list);
}

static void test_how_it_was_measured(void **state)
{
        json_t *json = document();

        put(manifest(json, "options"), "duration", "60s");
        expect_only(json, DIFFERENCE_WORKLOAD, "options.duration", "30s", "60s");
        json = document();
        json_object_set_new(json_object_get(json, "limits"), "max_p95_ms", json_real(500));
        expect_only(json, DIFFERENCE_WORKLOAD, "limits.max_p95_ms", "3000", "500");
        json = document();
        put(json_object_get(json, "manifest"), "tileload_version", "0.2.0");
        expect_only(json, DIFFERENCE_WORKLOAD, "tileload_version", "0.1.0", "0.2.0");
        json = document();
        put(json, "profile", "small");
        expect_only(json, DIFFERENCE_WORKLOAD, "profile", NULL, "small");
        json = document();
        json_array_remove(json_object_get(tile(json), "guests"), 8);
        expect_only(json, DIFFERENCE_WORKLOAD, "guests",
                "external web1 web2 client backend cpu disk oltp idle",
                "external web1 web2 client backend cpu disk oltp");
}

/* What only one launcher has says nothing of the other's guests. */
static void test_database_memory(void **state)
{
        static const char name[] = "options.database-memory";
        struct differences list = {0};
        struct run_file before, after;
        json_t *had = document(), *has = document();

        put(manifest(had, "options"), "database-memory", "64M");
        put(manifest(has, "options"), "database-memory", "1G");
        parse(&before, had);
        parse(&after, has);
        assert_int_equal(comparable_check(&list, &before, &after), 0);
        assert_int_equal(manifest_diff(&list, &before, &after), 0);
        expect(&list, DIFFERENCE_WORKLOAD, name, "64M", "1G");
        assert_int_equal(list.n, 1);
        differences_fini(&list);
        run_file_free(&before);
        run_file_free(&after);

        has = document();
        put(manifest(has, "options"), "database-memory", "1G");
        expect_only(has, DIFFERENCE_CIRCUMSTANCE, name, NULL, "1G");
}

static void test_line(void **state)
{
        struct differences list = {0};
        char text[64];

        comparable_line(&list, text, sizeof text);
        assert_string_equal(text, "");
        differences_add(&list, DIFFERENCE_CIRCUMSTANCE, "launch", "process", "libvirt");
        differences_add(&list, DIFFERENCE_WORKLOAD, "cpu.memory", "512M", "1G");
        differences_add(&list, DIFFERENCE_WORKLOAD, "profile", NULL, "small");
        comparable_line(&list, text, sizeof text);
        assert_string_equal(text, "cpu.memory 512M and 1G, 1 more");
        differences_add(&list, DIFFERENCE_WORKLOAD, "cpu.memory", "not", "again");
        assert_int_equal(list.n, 3);
        differences_fini(&list);
}

static void test_line_of_everything(void **state)
{
        struct differences list = {0};
        char text[360], name[32];

        differences_add(&list, DIFFERENCE_WORKLOAD, "cpu.memory", "512M", "1G");
        differences_add(&list, DIFFERENCE_WORKLOAD, "profile", NULL, "small");
        comparable_line(&list, text, sizeof text);
        assert_string_equal(text, "cpu.memory 512M and 1G, profile none and small");
        for (unsigned i = 0; i < 100; i++) {
                snprintf(name, sizeof name, "cpu.option%u", i);
                differences_add(&list, DIFFERENCE_WORKLOAD, name,
                        "a rather long value that takes its place in the line", "b");
        }
        comparable_line(&list, text, sizeof text);
        assert_true(strlen(text) < sizeof text);
        assert_non_null(strstr(text, " more"));
        differences_fini(&list);
}

/* ---- the circumstances ---- */

static void test_host(void **state)
{
        json_t *json = document();

        put(manifest(json, "host"), "kernel", "6.12.0");
        expect_only(json, DIFFERENCE_CIRCUMSTANCE, "host.kernel", "6.1.0", "6.12.0");
        json = document();
        put(json_object_get(manifest(json, "host"), "mitigations"), "retbleed", "Vulnerable");
        expect_only(json, DIFFERENCE_CIRCUMSTANCE, "host.mitigations.retbleed", "Not affected",
                "Vulnerable");
        json = document();
        put(manifest(json, "host"), "cpu_governor", "performance");
        expect_only(json, DIFFERENCE_CIRCUMSTANCE, "host.cpu_governor", "none", "performance");
        json = document();
        json_object_set_new(manifest(json, "host"), "cpus", json_integer(8));
        expect_only(json, DIFFERENCE_CIRCUMSTANCE, "host.cpus", "2", "8");
        json = document();
        json_object_set_new(manifest(json, "host"), "is_virtual_machine", json_false());
        expect_only(json, DIFFERENCE_CIRCUMSTANCE, "host.is_virtual_machine", "yes", "no");
        /* What is not known of yet is looked at as well. */
        json = document();
        json_object_set_new(manifest(json, "host"), "fans", json_pack("{s:[i,i]}", "rpm", 1, 2));
        expect_only(json, DIFFERENCE_CIRCUMSTANCE, "host.fans.rpm", NULL, "[1,2]");
}

static void test_options_and_placement(void **state)
{
        struct differences list;
        json_t *json = document();

        put(json, "launch", "libvirt");
        put(manifest(json, "options"), "tiles", "1-4");
        put(manifest(json, "options"), "uri", "qemu:///system");
        json_object_set_new(json, "placement",
                json_pack("{s:s, s:n, s:{s:{s:s, s:s}}}", "mode", "pack", "path", "guests",
                        "t1-web1", "nodes", "0", "cpus", "0-3"));
        json_array_append_new(json_object_get(json, "notes"), json_string("a note"));
        json_array_remove(json_object_get(json, "notes"), 1);
        compare(&list, json);
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "launch", "process", "libvirt");
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "options.tiles", "1", "1-4");
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "options.uri", NULL, "qemu:///system");
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "placement.mode", NULL, "pack");
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "placement.guests.t1-web1.cpus", NULL, "0-3");
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "notes.2", NULL, "a note");
        differences_fini(&list);
}

/* Guests that are placed in one run only are named one by one, so that they can be counted. */
static void test_placed_and_not(void **state)
{
        struct differences list;
        json_t *json = document(), *baseline = document();

        json_object_set_new(json, "placement",
                json_pack("{s:s, s:n, s:{s:{s:s, s:s}}}", "mode", "auto", "path", "guests",
                        "t1-web1", "nodes", "0", "cpus", "0-3"));
        json_object_set_new(baseline, "placement", json_null());
        compare_both(&list, baseline, json);
        assert_int_equal(list.n, 3);
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "placement.mode", NULL, "auto");
        expect(&list, DIFFERENCE_CIRCUMSTANCE, "placement.guests.t1-web1.nodes", NULL, "0");
        differences_fini(&list);
}

static void test_passing(void **state)
{
        struct differences list;
        json_t *json = document();

        put(json_object_get(json, "manifest"), "started", "2027-01-01T00:00:00.000Z");
        put(manifest(json, "host"), "hostname", "other");
        put(manifest(json, "options"), "output", "/tmp/other");
        compare(&list, json);
        assert_int_equal(differences_count(&list, DIFFERENCE_PASSING), 3);
        assert_int_equal(list.n, 3);
        expect(&list, DIFFERENCE_PASSING, "host.hostname", "host", "other");
        expect(&list, DIFFERENCE_PASSING, "options.output", NULL, "/tmp/other");
        differences_fini(&list);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_the_same),
                cmocka_unit_test(test_roles),
                cmocka_unit_test(test_places),
                cmocka_unit_test(test_how_it_was_measured),
                cmocka_unit_test(test_database_memory),
                cmocka_unit_test(test_line),
                cmocka_unit_test(test_line_of_everything),
                cmocka_unit_test(test_host),
                cmocka_unit_test(test_options_and_placement),
                cmocka_unit_test(test_placed_and_not),
                cmocka_unit_test(test_passing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
