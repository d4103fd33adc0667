/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- finding ---- */

static void assert_located(const char *mountinfo, const char *cgroups, const char *expected)
{
        char directory[256] = "";

        assert_case(cgroup_locate(mountinfo, cgroups, directory, sizeof directory) == 0,
                "not found: %s", expected);
        assert_string_equal(directory, expected);
}

static void finds_the_hierarchy(void **state)
{
        static const char unified[] =
                "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
                "26 22 0:23 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
                "27 22 0:24 / /sys/fs/pstore rw - pstore pstore rw\n";
        static const char hybrid[] =
                "26 22 0:23 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro,mode=755\n"
                "27 26 0:24 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n"
                "30 26 0:27 / /sys/fs/cgroup/cpu rw shared:13 - cgroup cgroup rw,cpu\n";
        static const char part[] = "26 22 0:23 /box /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
        static const char many[] =
                "26 22 0:23 / /sys/fs/cgroup rw shared:1 master:2 propagate_from:3 - cgroup2 c rw";

        assert_located(unified, "0::/\n", "/sys/fs/cgroup");
        assert_located(unified, "0::/user.slice/user-0.slice/session-3.scope\n",
                "/sys/fs/cgroup/user.slice/user-0.slice/session-3.scope");
        assert_located(hybrid, "5:cpu:/a\n1:name=systemd:/b\n0::/c\n", "/sys/fs/cgroup/unified/c");
        assert_located(part, "0::/box/inner\n", "/sys/fs/cgroup/inner");
        assert_located(part, "0::/box\n", "/sys/fs/cgroup");
        assert_located(many, "0::/x", "/sys/fs/cgroup/x");
}

static void finds_none(void **state)
{
        static const char old[] = "30 26 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";
        static const char new[] = "26 22 0:23 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        static const char part[] = "26 22 0:23 /box /sys/fs/cgroup rw - cgroup2 cgroup rw\n";
        char directory[256];

        assert_int_equal(cgroup_locate(old, "0::/\n", directory, 256), -ENOENT);
        assert_int_equal(cgroup_locate(new, "5:cpu:/a\n", directory, 256), -ENOENT);
        assert_int_equal(cgroup_locate("", "", directory, 256), -ENOENT);
        assert_int_equal(
                cgroup_locate("26 22 0:23\n- cgroup2\n", "0::/\n", directory, 256), -ENOENT);
        assert_int_equal(cgroup_locate(part, "0::/boxes/inner\n", directory, 256), -ENOENT);
        assert_int_equal(cgroup_locate(new, "0::/x\n", directory, 8), -ENAMETOOLONG);
}

/* ---- a directory that looks like a cgroup ---- */

static const struct cgroup_limit limits[] = {
        {"cpu", "cpu.max", "100000 100000"},
        {"memory", "memory.max", "1073741824"},
};

static char own[64];

static const char *in_own(const char *name)
{
        static char path[256];

        snprintf(path, sizeof path, "%s/%s", own, name);
        return path;
}

static void put(const char *name, const char *text)
{
        FILE *file = fopen(in_own(name), "w");

        assert_non_null(file);
        fputs(text, file);
        fclose(file);
}

static int make_own(void **state)
{
        strcpy(own, "/tmp/tileload-cgroup-XXXXXX");
        return mkdtemp(own) ? 0 : -1;
}

static int remove_own(void **state)
{
        unlink(in_own("cgroup.controllers"));
        unlink(in_own("cgroup.subtree_control"));
        return rmdir(own); /* fails when a group was left behind */
}

static void names_the_missing_controller(void **state)
{
        struct cgroup cgroup;
        struct why why = {0};

        put("cgroup.controllers", "cpuset cpu io pids\n");
        assert_int_equal(cgroup_init(&cgroup, own, limits, 2, &why), -ENOTSUP);
        assert_string_equal(why.value, own);
        assert_non_null(strstr(why.reason, "\"memory\""));
        /* Without groups everything else is harmless. */
        assert_int_equal(cgroup_add(&cgroup, "tile1-cpu", &why), -ENOTSUP);
        cgroup_remove(&cgroup, "tile1-cpu");
        cgroup_fini(&cgroup);

        put("cgroup.controllers", "cpuset cpumemory memory2\n");
        assert_int_equal(cgroup_init(&cgroup, own, limits, 2, &why), -ENOTSUP);
}

/* ---- the kernel's, where it lets us ---- */

static bool here(const char *directory, char *text, size_t size, const char *name)
{
        char path[512];
        FILE *file;
        size_t n;

        snprintf(path, sizeof path, "%s/%s", directory, name);
        file = fopen(path, "r");
        if (!file)
                return false;
        n = fread(text, 1, size - 1, file);
        text[n] = '\0';
        fclose(file);
        return true;
}

/* Any controller will do that this machine has left in the hierarchy. */
static const struct cgroup_limit candidates[] = {
        {"cpu", "cpu.max", "50000 100000"},
        {"pids", "pids.max", "100"},
        {"hugetlb", "hugetlb.2MB.max", "4194304"},
        {"memory", "memory.max", "1073741824"},
};

static bool init_any(struct cgroup *cgroup, const struct cgroup_limit **ret)
{
        for (size_t i = 0; i < ARRAY_SIZE(candidates); i++)
                if (cgroup_init(cgroup, NULL, &candidates[i], 1, NULL) == 0) {
                        *ret = &candidates[i];
                        return true;
                }
        return false;
}

static void limits_real_processes(void **state)
{
        char before[512], text[512], path[512], group[300], expected[64];
        const struct cgroup_limit *limit = NULL;
        struct cgroup cgroup;
        int fd, status, pipe_fds[2];
        pid_t pid;

        if (!init_any(&cgroup, &limit))
                skip();
        snprintf(path, sizeof path, "%s", cgroup.own);
        snprintf(group, sizeof group, "%s", cgroup.group);
        assert_true(here(group, before, sizeof before, "cgroup.procs"));

        fd = cgroup_add(&cgroup, "tile1-cpu", NULL);
        assert_true(fd >= 0);
        assert_true(pipe(pipe_fds) == 0);
        pid = fork();
        if (pid == 0) {
                char c;

                if (write(fd, "0", 1) != 1)
                        _exit(1);
                close(pipe_fds[1]);
                _exit(read(pipe_fds[0], &c, 1) == 0 ? 0 : 2);
        }
        close(pipe_fds[0]);
        strcat(group, "/tile1-cpu");
        snprintf(expected, sizeof expected, "%d\n", (int)pid);
        do /* until it has entered */
                assert_true(here(group, text, sizeof text, "cgroup.procs"));
        while (strcmp(text, expected) != 0 && waitpid(pid, NULL, WNOHANG) == 0);
        assert_string_equal(text, expected);
        assert_true(here(group, text, sizeof text, limit->file));
        text[strcspn(text, "\n")] = '\0';
        assert_string_equal(text, limit->value);

        close(pipe_fds[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        close(fd);
        cgroup_remove(&cgroup, "tile1-cpu");
        assert_int_equal(access(group, F_OK), -1);
        cgroup_fini(&cgroup);
        *strrchr(group, '/') = '\0';
        assert_int_equal(access(group, F_OK), -1);
        assert_int_equal(access(path, F_OK), 0);
}

/* Whatever we gave on is taken back; twice the same must work. */
static void leaves_everything_as_it_was(void **state)
{
        char own_directory[512], before[512], after[512];
        const struct cgroup_limit *limit = NULL;
        struct cgroup cgroup;

        if (!init_any(&cgroup, &limit))
                skip();
        snprintf(own_directory, sizeof own_directory, "%s", cgroup.own);
        cgroup_fini(&cgroup);
        assert_true(here(own_directory, before, sizeof before, "cgroup.subtree_control"));
        assert_int_equal(cgroup_init(&cgroup, NULL, limit, 1, NULL), 0);
        assert_true(here(own_directory, after, sizeof after, "cgroup.subtree_control"));
        assert_non_null(strstr(after, limit->controller));
        cgroup_fini(&cgroup);
        assert_true(here(own_directory, after, sizeof after, "cgroup.subtree_control"));
        assert_string_equal(after, before);
}

/* In a cgroup that is not the root, where processes and limits for others exclude each other.
 * Returns 0, or the line that failed. */
static int use_inner(int procs_fd, const struct cgroup_limit *limit)
{
        struct cgroup cgroup;
        struct why why = {0};
        char own_directory[512], text[512], self[32];
        int fd, pipe_fds[2];
        pid_t pid;

        snprintf(self, sizeof self, "%d\n", (int)getpid());
        if (write(procs_fd, "0", 1) != 1 || pipe(pipe_fds) < 0)
                return __LINE__;

        /* Not alone: nobody else is moved. */
        pid = fork();
        if (pid == 0) {
                close(pipe_fds[1]);
                _exit((int)read(pipe_fds[0], text, 1));
        }
        if (cgroup_init(&cgroup, NULL, limit, 1, &why) != -EBUSY)
                return __LINE__;
        close(pipe_fds[1]);
        if (waitpid(pid, NULL, 0) != pid)
                return __LINE__;

        /* Alone: we move, and move back. */
        if (cgroup_init(&cgroup, NULL, limit, 1, &why) < 0 || !cgroup.shelter)
                return __LINE__;
        snprintf(own_directory, sizeof own_directory, "%s", cgroup.own);
        fd = cgroup_add(&cgroup, "tile1-cpu", NULL);
        if (fd < 0)
                return __LINE__;
        close(fd);
        cgroup_remove(&cgroup, "tile1-cpu");
        cgroup_fini(&cgroup);
        if (!here(own_directory, text, sizeof text, "cgroup.procs") || strcmp(text, self) != 0)
                return __LINE__;
        if (!here(own_directory, text, sizeof text, "cgroup.subtree_control") ||
                strcmp(text, "\n") > 0)
                return __LINE__;
        return 0;
}

static void shares_no_cgroup_with_its_guests(void **state)
{
        const struct cgroup_limit *limit = NULL;
        struct cgroup outer;
        int fd, status, failed, pipe_fds[2];
        pid_t pid;

        if (!init_any(&outer, &limit))
                skip();
        fd = cgroup_add(&outer, "delegated", NULL);
        assert_true(fd >= 0);
        assert_int_equal(pipe(pipe_fds), 0);
        pid = fork();
        if (pid == 0) {
                failed = use_inner(fd, limit);
                _exit(write(pipe_fds[1], &failed, sizeof failed) == sizeof failed ? 0 : 1);
        }
        close(pipe_fds[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(read(pipe_fds[0], &failed, sizeof failed), sizeof failed);
        close(pipe_fds[0]);
        close(fd);
        cgroup_remove(&outer, "delegated");
        cgroup_fini(&outer);
        assert_case(failed == 0, "line %d", failed);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(finds_the_hierarchy),
                cmocka_unit_test(finds_none),
                cmocka_unit_test_setup_teardown(names_the_missing_controller, make_own, remove_own),
                cmocka_unit_test(limits_real_processes),
                cmocka_unit_test(leaves_everything_as_it_was),
                cmocka_unit_test(shares_no_cgroup_with_its_guests),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
