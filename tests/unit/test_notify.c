/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A real socket, bound where NOTIFY_SOCKET then points: "@name" is Linux's abstract form. */
static int listen_at(const char *name)
{
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        assert_true(fd >= 0);
        memcpy(address.sun_path, name, strlen(name));
        if (name[0] == '@')
                address.sun_path[0] = '\0';
        assert_int_equal(
                bind(fd, (struct sockaddr *)&address,
                        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                0);
        setenv("NOTIFY_SOCKET", name, 1);
        return fd;
}

static void check_arrives(int fd, const char *state)
{
        char text[256] = "";
        ssize_t n;

        assert_int_equal(notify_send(state), 1);
        n = recv(fd, text, sizeof text, 0);
        assert_int_equal(n, strlen(state));
        assert_memory_equal(text, state, strlen(state));
        assert_int_equal(recv(fd, text, sizeof text, 0), -1); /* one datagram */
        assert_int_equal(errno, EAGAIN);
}

static char directory[] = "/tmp/tileload-notify-XXXXXX";

static int make_directory(void **state)
{
        return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
        return rmdir(directory);
}

static void path_form(void **state)
{
        char path[64];
        int fd;

        snprintf(path, sizeof path, "%s/notify", directory);
        fd = listen_at(path);
        check_arrives(fd, "READY=1");
        check_arrives(fd, "READY=1\nSTATUS=serving 127.0.0.1:80");
        check_arrives(fd, "STOPPING=1\n");
        close(fd);

        assert_int_equal(notify_send("READY=1"), -ECONNREFUSED); /* nobody there any more */
        unlink(path);
        assert_int_equal(notify_send("READY=1"), -ENOENT);
}

/* 107 characters, the most that is sure to work everywhere, and 108, which fill the field. */
static void longest_paths(void **state)
{
        char path[200], at_end[sizeof path];
        int fd;

        memset(path, 'x', sizeof path);
        memcpy(path, directory, strlen(directory));
        path[strlen(directory)] = '/';
        path[107] = '\0';
        fd = listen_at(path);
        check_arrives(fd, "READY=1");
        close(fd);
        unlink(path);

        memcpy(at_end, path, sizeof path);
        for (size_t length = 108; length < sizeof path - 1; length++) {
                at_end[length - 1] = 'x';
                at_end[length] = '\0';
                setenv("NOTIFY_SOCKET", at_end, 1);
                assert_true(notify_send("READY=1") < 0);
        }
}

static void abstract_form(void **state)
{
        char name[64];
        int fd;

        snprintf(name, sizeof name, "@tileload-test-%d", (int)getpid());
        fd = listen_at(name);
        check_arrives(fd, "READY=1\nMAINPID=1");
        close(fd);
        assert_int_equal(notify_send("READY=1"), -ECONNREFUSED);
}

static void nobody_asked(void **state)
{
        unsetenv("NOTIFY_SOCKET");
        assert_int_equal(notify_send("READY=1"), 0);
        setenv("NOTIFY_SOCKET", "", 1);
        assert_int_equal(notify_send("READY=1"), 0);
}

static void not_an_address(void **state)
{
        static const char *const bad[] = {"relative/path", "x", "vsock:2:1", " /tmp/x"};

        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
                setenv("NOTIFY_SOCKET", bad[i], 1);
                assert_int_equal(notify_send("READY=1"), -EINVAL);
        }
}

/* A reader that has stopped reading must not keep a role from ending. */
static void reader_that_does_not_read(void **state)
{
        char name[64], text[64];
        uint64_t start_ns, longest_ns = 0;
        int fd, sent = 0, r;

        snprintf(name, sizeof name, "@tileload-test-full-%d", (int)getpid());
        fd = listen_at(name);
        do {
                start_ns = clock_now_ns();
                r = notify_send("STATUS=busy");
                if (clock_now_ns() - start_ns > longest_ns)
                        longest_ns = clock_now_ns() - start_ns;
        } while (r == 1 && ++sent < 100000);
        assert_int_equal(r, -EAGAIN);
        assert_true(sent > 0);
        assert_true(longest_ns < 900 * NS_PER_MS);

        /* What was sent is there, and as soon as there is room it goes on. */
        for (int i = 0; i < sent; i++)
                assert_int_equal(recv(fd, text, sizeof text, 0), strlen("STATUS=busy"));
        check_arrives(fd, "STOPPING=1");
        close(fd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(path_form),
                cmocka_unit_test(longest_paths),
                cmocka_unit_test(abstract_form),
                cmocka_unit_test(nobody_asked),
                cmocka_unit_test(not_an_address),
                cmocka_unit_test(reader_that_does_not_read),
        };

        return cmocka_run_group_tests_name("notify", tests, make_directory, remove_directory);
}
