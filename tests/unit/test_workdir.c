/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char results[64];

static int make_results(void **state)
{
        strcpy(results, "/tmp/tileload-workdir-XXXXXX");
        return mkdtemp(results) ? 0 : -1;
}

/* Whatever a test left is a failure: the directory must be empty. */
static int remove_results(void **state)
{
        return rmdir(results);
}

static const char *in(const char *name)
{
        static char path[512];

        snprintf(path, sizeof path, "%s/%s", results, name);
        return path;
}

static bool exists(const char *name)
{
        struct stat st;

        return lstat(in(name), &st) == 0;
}

static void make_file(const char *name)
{
        int fd = open(in(name), O_WRONLY | O_CREAT | O_EXCL, 0644);

        assert_true(fd >= 0);
        close(fd);
}

static void made_and_removed(void **state)
{
        struct workdir w;
        struct why why = {0};

        assert_int_equal(workdir_init(&w, results, &why), 0);
        assert_string_equal(w.path, in("work"));
        assert_int_equal(workdir_make(&w, "tile1/oltp/mysql", &why), 0);
        assert_int_equal(workdir_make(&w, "tile1/oltp", &why), 0); /* again: there already */
        assert_int_equal(workdir_make(&w, "tile2/cpu", &why), 0);
        make_file("work/tile1/oltp/mysql/data");
        make_file("work/tile2/file");

        assert_int_equal(workdir_remove(&w, "tile1"), 0);
        assert_false(exists("work/tile1"));
        assert_true(exists("work/tile2/file"));
        assert_int_equal(workdir_remove(&w, "tile1"), 0); /* nothing is fine */
        workdir_fini(&w);
        assert_false(exists("work"));
        workdir_fini(&w);
}

/* What a link points to is not ours. */
static void links_are_not_followed(void **state)
{
        struct workdir w;
        char target[256];

        assert_int_equal(mkdir(in("precious"), 0755), 0);
        make_file("precious/file");
        strcpy(target, in("precious"));
        assert_int_equal(workdir_init(&w, results, NULL), 0);
        assert_int_equal(workdir_make(&w, "tile1", NULL), 0);
        assert_int_equal(symlink(target, in("work/tile1/link")), 0);
        assert_int_equal(symlink(target, in("work/tile3")), 0);
        assert_int_equal(workdir_remove(&w, "tile3"), 0);
        workdir_fini(&w);
        assert_false(exists("work"));
        assert_true(exists("precious/file"));
        assert_int_equal(unlink(in("precious/file")), 0);
        assert_int_equal(rmdir(in("precious")), 0);
}

static void refuses_what_is_not_ours(void **state)
{
        struct workdir w;
        struct why why = {0};

        /* A directory of somebody's. */
        assert_int_equal(mkdir(in("work"), 0755), 0);
        make_file("work/thesis");
        assert_int_equal(workdir_init(&w, results, &why), -EEXIST);
        assert_string_equal(why.value, in("work"));
        workdir_fini(&w);
        assert_true(exists("work/thesis"));
        assert_int_equal(unlink(in("work/thesis")), 0);
        assert_int_equal(rmdir(in("work")), 0);

        /* A link, even to a directory of ours. */
        assert_int_equal(mkdir(in("other"), 0755), 0);
        make_file("other/.tileload-work");
        assert_int_equal(symlink("other", in("work")), 0);
        assert_int_equal(workdir_init(&w, results, &why), -EEXIST);
        assert_true(exists("other/.tileload-work"));
        assert_int_equal(unlink(in("other/.tileload-work")), 0);
        assert_int_equal(rmdir(in("other")), 0);
        assert_int_equal(unlink(in("work")), 0);

        /* A file. */
        make_file("work");
        assert_int_equal(workdir_init(&w, results, &why), -EEXIST);
        assert_int_equal(unlink(in("work")), 0);
}

static void one_run_at_a_time(void **state)
{
        struct workdir w, second;
        struct why why = {0};

        assert_int_equal(workdir_init(&w, results, NULL), 0);
        assert_int_equal(workdir_make(&w, "tile1", NULL), 0);
        assert_int_equal(workdir_init(&second, results, &why), -EBUSY);
        assert_string_equal(why.value, in("work"));
        workdir_fini(&second);
        assert_true(exists("work/tile1"));
        workdir_fini(&w);
}

/* A run that was killed could not clean up: the next one does. */
static void killed_runs_leave_no_trace(void **state)
{
        struct workdir w;
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                if (workdir_init(&w, results, NULL) < 0 || workdir_make(&w, "tile7/disk", NULL) < 0)
                        _exit(1);
                kill(getpid(), SIGKILL);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_true(exists("work/tile7/disk"));
        assert_int_equal(workdir_init(&w, results, NULL), 0);
        assert_false(exists("work/tile7"));
        workdir_fini(&w);
        assert_false(exists("work"));
}

static void says_where_it_cannot_be_made(void **state)
{
        struct workdir w;
        struct why why = {0};

        assert_int_equal(workdir_init(&w, "/no/such/directory", &why), -ENOENT);
        assert_string_equal(why.value, "/no/such/directory/work");
        workdir_fini(&w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(made_and_removed),
                cmocka_unit_test(links_are_not_followed),
                cmocka_unit_test(refuses_what_is_not_ours),
                cmocka_unit_test(one_run_at_a_time),
                cmocka_unit_test(killed_runs_leave_no_trace),
                cmocka_unit_test(says_where_it_cannot_be_made),
        };

        return cmocka_run_group_tests(tests, make_results, remove_results);
}
