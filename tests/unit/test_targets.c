/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "targets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEAD     "{\"schema\": \"tileload-targets-1\", \"targets\": "
#define EXTERNAL "{\"tile\": 1, \"guest\": 0, \"url\": \"http://127.0.0.1:1\"}"

static int read_text(const char *text, struct targets *targets, struct why *why)
{
        char path[] = "/tmp/tileload-targets-XXXXXX";
        int fd = mkstemp(path), r;

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
        r = targets_read(targets, path, why);
        unlink(path);
        return r;
}

static void what_is_written_is_read(void **state)
{
        char path[] = "/tmp/tileload-targets-XXXXXX";
        struct targets written = {0}, read = {0};
        struct why why;

        close(mkstemp(path));
        /* In any order: they are kept sorted. */
        for (unsigned tile = 2; tile >= 1; tile--)
                for (unsigned g = 0; g <= GUEST_IDLE; g++) {
                        char url[64];
                        struct target t = {.tile = tile, .guest = GUEST_IDLE - g, .url = url};

                        snprintf(t.role, sizeof t.role, "%s", guest_role(t.guest));
                        snprintf(url, sizeof url, "http://127.%u.%u.1:9477", tile, t.guest);
                        if (t.guest == GUEST_OLTP) {
                                t.pids[0] = 100;
                                t.pids[1] = 101;
                                t.n_pids = 2;
                        }
                        assert_int_equal(targets_add(&written, &t), 0);
                }
        assert_int_equal(targets_n_tiles(&written), 2);
        assert_int_equal(targets_write(&written, path, &why), 0);
        assert_int_equal(targets_read(&read, path, &why), 0);
        assert_int_equal(read.n_items, 18);
        for (size_t i = 0; i < read.n_items; i++) {
                assert_int_equal(read.items[i].tile, i / 9 + 1);
                assert_int_equal(read.items[i].guest, i % 9);
                assert_string_equal(read.items[i].role, guest_role(i % 9));
                assert_string_equal(read.items[i].url, written.items[i].url);
                assert_int_equal(read.items[i].n_pids, i % 9 == GUEST_OLTP ? 2 : 0);
        }
        assert_int_equal(read.items[7].pids[1], 101);
        targets_fini(&written);
        targets_fini(&read);
        unlink(path);
}

static void bad_files_say_what_and_where(void **state)
{
        static const struct {
                const char *text, *reason;
        } cases[] = {
                {"", "line 1, column 0"},
                {"{\"schema\":", "line 1"},
                {"{\n\"schema\": \"a\",\n}", "line 3"},
                {"[]", "schema must be"},
                {"{\"schema\": \"tileload-targets-9\", \"targets\": []}", "schema must be"},
                {HEAD "[]}", "at least one"},
                {HEAD "{}}", "must be a list"},
                {HEAD "[1]}", "targets[0].tile"},
                {HEAD "[{\"tile\": 0, \"guest\": 0, \"url\": \"http://a\"}]}", "targets[0].tile"},
                {HEAD "[{\"tile\": 1.5, \"guest\": 0, \"url\": \"http://a\"}]}", "targets[0].tile"},
                {HEAD "[" EXTERNAL ", {\"tile\": 1, \"guest\": 9, \"url\": \"http://a\"}]}",
                        "targets[1].guest"},
                {HEAD "[" EXTERNAL ", {\"tile\": 1, \"guest\": 1}]}", "targets[1].url"},
                {HEAD "[" EXTERNAL ", {\"tile\": 1, \"guest\": 1, \"url\": \"ftp://a\"}]}",
                        "targets[1].url"},
                {HEAD "[" EXTERNAL ", {\"tile\": 1, \"guest\": 5, \"role\": \"disk\","
                      " \"url\": \"http://a\"}]}",
                        "targets[1].role"},
                {HEAD "[" EXTERNAL ", {\"tile\": 1, \"guest\": 1, \"url\": \"http://a\","
                      " \"pids\": [0]}]}",
                        "targets[1].pids"},
                {HEAD "[" EXTERNAL ", {\"tile\": 1, \"guest\": 1, \"url\": \"http://a\","
                      " \"pids\": 7}]}",
                        "targets[1].pids"},
                {HEAD "[" EXTERNAL ", " EXTERNAL "]}", "guest 0 of tile 1 is there twice"},
                {HEAD "[" EXTERNAL ", {\"tile\": 2, \"guest\": 1, \"url\": \"http://a\"}]}",
                        "tile 2 has no external client"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct targets targets = {0};
                struct why why = {0};
                int r = read_text(cases[i].text, &targets, &why);

                assert_case(r == -EINVAL, "%s: %d", cases[i].text, r);
                assert_case(strstr(why.reason, cases[i].reason), "%s: \"%s\", not \"%s\"",
                        cases[i].text, why.reason, cases[i].reason);
                assert_non_null(strstr(why.value, "tileload-targets-"));
                assert_int_equal(targets.n_items, 0);
        }
}

static void missing_file(void **state)
{
        struct targets targets = {0};
        struct why why = {0};

        assert_int_equal(targets_read(&targets, "/nonexistent/targets.json", &why), -ENOENT);
        assert_string_equal(why.value, "/nonexistent/targets.json");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_written_is_read),
                cmocka_unit_test(bad_files_say_what_and_where),
                cmocka_unit_test(missing_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
