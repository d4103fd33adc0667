/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "root.h"
#include "units.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tree in a temporary directory, which is gone with the last test of the group. */
static char tree[] = "/tmp/tileload-check-root-XXXXXX";

static const char *at(const char *path)
{
        static char full[PATH_MAX];

        snprintf(full, sizeof full, "%s/root%s", tree, path);
        return full;
}

static void make_directories(const char *path)
{
        char full[PATH_MAX];

        snprintf(full, sizeof full, "%s", at(path));
        for (char *p = full + strlen(tree) + 1; (p = strchr(p, '/')); *p++ = '/') {
                *p = '\0';
                assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        }
}

static void put(const char *path, const char *content, size_t size)
{
        int fd;

        make_directories(path);
        fd = open(at(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, size), (ssize_t)size);
        close(fd);
}

static void put_text(const char *path, const char *text)
{
        put(path, text, strlen(text));
}

static void put_link(const char *path, const char *target)
{
        make_directories(path);
        assert_int_equal(symlink(target, at(path)), 0);
}

static int make_tree(void **state)
{
        if (!mkdtemp(tree))
                return -1;
        put_text("/proc/sys/fs/file-max", "1234\n");
        put_text("/proc/empty", "");
        put_text("/proc/lines", "a\nb\n\n");
        put("/proc/nul", "ab\0cd\n", 6);
        put_text("/proc/big", "0123456789");
        put_text("/proc/negative", "-1\n");
        put_text("/sys/block/sda10/x", "");
        put_text("/sys/block/sda9/x", "");
        put_text("/sys/block/new\nline/x", "");
        put_link("/sys/absolute", "/proc/sys/fs/file-max");
        put_link("/sys/upwards", "../../../../../../../../proc/sys/fs/file-max");
        put_link("/sys/outside", "/etc/passwd");
        put_link("/sys/nowhere", "gone");
        return 0;
}

static int remove_tree(void **state)
{
        char command[PATH_MAX];

        snprintf(command, sizeof command, "rm -rf '%s'", tree);
        return system(command);
}

static struct root opened(void)
{
        struct root root;
        struct why why = {0};

        assert_case(root_open(&root, at(""), &why) == 0, "%s", why.reason);
        return root;
}

static void reads(void **state)
{
        struct root root = opened();
        char text[8];
        uint64_t number = 77;

        assert_int_equal(root_read(&root, "/proc/sys/fs/file-max", text, sizeof text), 4);
        assert_string_equal(text, "1234");
        assert_int_equal(root_read(&root, "/proc/empty", text, sizeof text), 0);
        assert_string_equal(text, "");
        assert_int_equal(root_read(&root, "/proc/lines", text, sizeof text), 4);
        assert_string_equal(text, "a\nb\n");
        assert_int_equal(root_read(&root, "/proc/nul", text, sizeof text), 2);
        assert_int_equal(root_read(&root, "/proc/big", text, sizeof text), 7);
        assert_string_equal(text, "0123456");
        assert_int_equal(root_read(&root, "/proc/gone", text, sizeof text), -ENOENT);
        assert_int_equal(root_read(&root, "/proc/big/x", text, sizeof text), -ENOTDIR);
        assert_int_equal(root_read(&root, "/proc/sys", text, sizeof text), -EISDIR);

        assert_int_equal(root_read_number(&root, "/proc/negative", &number), -EINVAL);
        assert_int_equal(root_read_number(&root, "/proc/empty", &number), -EINVAL);
        assert_int_equal(root_read_number(&root, "/proc/gone", &number), -ENOENT);
        assert_int_equal(number, 77);
        assert_int_equal(root_read_number(&root, "/proc/sys/fs/file-max", &number), 0);
        assert_int_equal(number, 1234);
        root_close(&root);
}

static void reads_whole_files(void **state)
{
        struct root root = opened();
        char *text = NULL;

        assert_int_equal(root_read_whole(&root, "/proc/big", 9, &text), -EFBIG);
        assert_int_equal(root_read_whole(&root, "/proc/gone", 9, &text), -ENOENT);
        assert_null(text);
        assert_int_equal(root_read_whole(&root, "/proc/big", 10, &text), 0);
        assert_string_equal(text, "0123456789");
        free(text);
        assert_int_equal(root_read_whole(&root, "/proc/empty", 10, &text), 0);
        assert_string_equal(text, "");
        free(text);
        root_close(&root);
}

static void links_stay_inside(void **state)
{
        struct root root = opened();
        char text[64];
        uint64_t number = 0;

        assert_int_equal(root_read_number(&root, "/sys/absolute", &number), 0);
        assert_int_equal(number, 1234);
        number = 0;
        assert_int_equal(root_read_number(&root, "/sys/upwards", &number), 0);
        assert_int_equal(number, 1234);
        assert_int_equal(root_read(&root, "/sys/outside", text, sizeof text), -ENOENT);
        assert_int_equal(
                root_read(&root, "/../../../../../../../etc/passwd", text, sizeof text), -ENOENT);
        assert_false(root_exists(&root, "/sys/outside"));
        assert_false(root_exists(&root, "/sys/nowhere"));
        assert_true(root_exists(&root, "/sys/absolute"));
        assert_true(root_exists(&root, "/"));

        assert_int_equal(root_read_link(&root, "/sys/nowhere", text, sizeof text), 4);
        assert_string_equal(text, "gone");
        assert_int_equal(root_read_link(&root, "/sys/outside", text, sizeof text), 11);
        assert_string_equal(text, "/etc/passwd");
        assert_int_equal(root_read_link(&root, "/proc/big", text, sizeof text), -EINVAL);
        assert_int_equal(root_read_link(&root, "/proc/gone", text, sizeof text), -ENOENT);
        root_close(&root);
}

static void lists(void **state)
{
        struct root root = opened();
        struct root_names names = {.n = 77};

        assert_int_equal(root_list(&root, "/proc/gone", &names), -ENOENT);
        assert_int_equal(root_list(&root, "/proc/big", &names), -ENOTDIR);
        assert_int_equal(names.n, 77);
        assert_int_equal(root_list(&root, "/sys/block", &names), 0);
        assert_int_equal(names.n, 2); /* not what has a line feed in its name */
        assert_string_equal(names.names[0], "sda9");
        assert_string_equal(names.names[1], "sda10");
        root_names_free(&names);
        assert_int_equal(names.n, 0);
        root_close(&root);
}

static void refuses(void **state)
{
        struct root root = {.fd = 77};
        struct why why;

        assert_int_equal(root_open(&root, at("/gone"), &why), -ENOENT);
        assert_string_equal(why.what, "--root");
        assert_int_equal(root_open(&root, at("/proc/big"), &why), -ENOTDIR);
        assert_int_equal(root_open(&root, at("/proc"), &why), -ENOENT);
        assert_non_null(strstr(why.reason, "neither proc/sys nor"));
        assert_int_equal(root.fd, 77);
}

static void this_host(void **state)
{
        struct root root;
        uint64_t number = 0;

        assert_int_equal(root_open(&root, "/", NULL), 0);
        assert_false(root.confined);
        assert_int_equal(root_read_number(&root, "/proc/sys/kernel/pid_max", &number), 0);
        assert_true(number > 0);
        root_close(&root);
}

static void units(void **state)
{
        struct root root = opened();

        assert_false(units_are_there(&root));
        assert_false(unit_has_processes(&root, "a.service"));
        assert_false(unit_is_enabled(&root, "a.timer"));

        put_text("/run/systemd/system/x", "");
        assert_true(units_are_there(&root));
        put_text("/sys/fs/cgroup/system.slice/a.service/cgroup.procs", "");
        put_text("/sys/fs/cgroup/systemd/system.slice/b.service/cgroup.procs", "");
        put_text("/sys/fs/cgroup/unified/system.slice/c.service/cgroup.procs", "");
        assert_true(unit_has_processes(&root, "a.service"));
        assert_true(unit_has_processes(&root, "b.service"));
        assert_true(unit_has_processes(&root, "c.service"));
        assert_false(unit_has_processes(&root, "d.service"));

        /* Links that lead nowhere in this tree count as well. */
        put_link("/etc/systemd/system/timers.target.wants/a.timer", "/usr/lib/a.timer");
        put_link("/lib/systemd/system/multi-user.target.wants/b.timer", "../b.timer");
        put_text("/usr/lib/systemd/system/timers.target.wants/c.timer", "");
        put_link("/etc/systemd/system/timers.target.requires/d.timer", "/usr/lib/d.timer");
        put_text("/usr/lib/systemd/system/d.timer", "");
        assert_true(unit_is_enabled(&root, "a.timer"));
        assert_true(unit_is_enabled(&root, "b.timer"));
        assert_true(unit_is_enabled(&root, "c.timer"));
        assert_false(unit_is_enabled(&root, "d.timer"));

        put_link("/etc/systemd/system/a.timer", "/dev/null");
        put_link("/run/systemd/system/b.timer", "/dev/null");
        put_link("/etc/systemd/system/c.timer", "/etc/c.timer");
        assert_false(unit_is_enabled(&root, "a.timer"));
        assert_false(unit_is_enabled(&root, "b.timer"));
        assert_true(unit_is_enabled(&root, "c.timer"));
        root_close(&root);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads),
                cmocka_unit_test(reads_whole_files),
                cmocka_unit_test(links_stay_inside),
                cmocka_unit_test(lists),
                cmocka_unit_test(refuses),
                cmocka_unit_test(this_host),
                cmocka_unit_test(units),
        };

        return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
