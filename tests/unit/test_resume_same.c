/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must not have changed when a run goes on.
 */
#include "unit.h"

#include "macro.h"
#include "resume_same.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define STARTED   "2026-11-23T15:08:00.250Z"
#define STARTED_S 1795446480

static char root[64];

static int make_root(void **state)
{
        strcpy(root, "/tmp/tileload-same-XXXXXX");
        return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/initrd", root);
        unlink(path);
        return rmdir(root);
}

static void put(const char *name, time_t written)
{
        const struct timespec times[2] = {{.tv_sec = written}, {.tv_sec = written}};
        char path[PATH_MAX];
        int fd;

        snprintf(path, sizeof path, "%s/%s", root, name);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(futimens(fd, times), 0);
        close(fd);
}

static json_t *manifest_with(const char *option, const char *value)
{
        return json_pack("{s:s, s:{s:s}}", "started", STARTED, "options", option, value);
}

static void check_files(const char *option, const char *value, int error)
{
        json_t *manifest = manifest_with(option, value);
        struct why why = {0};

        assert_int_equal(resume_same_files(manifest, "results", &why), error);
        assert_int_equal(
                strstr(why.reason, "was changed after that run had begun") != NULL, error != 0);
        json_decref(manifest);
}

static void files(void **state)
{
        char path[PATH_MAX];

        snprintf(path, sizeof path, "%s/initrd", root);
        put("initrd", STARTED_S - 3600);
        check_files("image", root, 0);
        check_files("template", path, 0);
        check_files("placement", path, 0);
        put("initrd", STARTED_S); /* made, and used at once */
        check_files("image", root, 0);
        put("initrd", STARTED_S + 1);
        check_files("image", root, -EXDEV);
        check_files("template", path, -EXDEV);
        check_files("placement", path, -EXDEV);
        check_files("network", path, 0); /* no file's name */
        check_files("placement", "auto", 0);
        check_files("image", "/nonexistent", 0);
}

static void check_options(const char *before, const char *now, const char *line)
{
        json_t *manifest = json_pack("{s:o}", "options", json_loads(before, 0, NULL));
        json_t *options = json_loads(now, 0, NULL);
        struct why why = {0};
        char text[1024];

        assert_non_null(options);
        assert_int_equal(
                resume_same_options(manifest, options, "results", &why), line ? -EXDEV : 0);
        if (line)
                assert_string_equal(why_format(&why, text, sizeof text), line);
        json_decref(options);
        json_decref(manifest);
}

static void options(void **state)
{
        check_options("{\"rate\": \"5\"}", "{\"rate\": \"5\"}", NULL);
        check_options("{\"rate\": \"5\", \"ready-timeout\": \"3m\"}",
                "{\"rate\": \"5\", \"ready-timeout\": \"9m\"}", NULL);
        check_options("{\"rate\": \"5\"}", "{\"rate\": \"6\"}",
                "--resume \"results\": was begun with --rate \"5\", which its command line does "
                "not mean any more (\"6\"): start a new run");
        check_options("{}", "{\"rate\": \"6\"}",
                "--resume \"results\": was begun with --rate \"\", which its command line does not "
                "mean any more (\"6\"): start a new run");
}

static void odd_manifests_do_no_harm(void **state)
{
        json_t *manifest = json_pack("{s:i}", "started", 3), *options = json_object();
        struct why why = {0};

        assert_int_equal(resume_same_files(manifest, "results", &why), 0);
        assert_int_equal(resume_same_options(manifest, options, "results", &why), 0);
        assert_int_equal(resume_same_program(manifest, "results", &why), -EXDEV);
        assert_int_equal(resume_same_host(manifest, "results", &why), -EXDEV);
        json_decref(options);
        json_decref(manifest);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(files, make_root, remove_root),
                cmocka_unit_test(options),
                cmocka_unit_test(odd_manifests_do_no_harm),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
