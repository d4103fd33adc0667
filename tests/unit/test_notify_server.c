/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "notify.h"
#include "notify_server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static struct notify_message parsed(const char *text)
{
        struct notify_message message;

        notify_message_parse(&message, text, strlen(text));
        return message;
}

static void understands_what_counts(void **state)
{
        struct notify_message m = parsed("READY=1\nSTATUS=serving 8 users\nMAINPID=17\n");

        assert_true(m.ready);
        assert_string_equal(m.status, "serving 8 users");
        assert_int_equal(m.error, 0);
        m = parsed("STOPPING=1\nERRNO=28\nSTATUS=no = space");
        assert_false(m.ready);
        assert_int_equal(m.error, 28);
        assert_string_equal(m.status, "no = space");
}

static void passes_over_the_rest(void **state)
{
        static const char *const unready[] = {"", "\n\n", "READY=0", "READY=10", "XREADY=1",
                "READY", "ready=1", " READY=1", "STATUS=READY=1"};

        for (size_t i = 0; i < ARRAY_SIZE(unready); i++)
                assert_case(!parsed(unready[i]).ready, "%s", unready[i]);
        assert_int_equal(parsed("ERRNO=").error, 0);
        assert_int_equal(parsed("ERRNO=-5").error, 0);
        assert_int_equal(parsed("ERRNO=99999999999").error, 0);
        assert_string_equal(parsed("STATUS=").status, "");
        assert_string_equal(parsed("STATUS=a\tb\x1b[1mc").status, "a b [1mc");
}

/* Whatever comes, in whatever length and without an end: no more is read than there is. */
static void any_bytes_are_safe(void **state)
{
        struct notify_message m;
        char text[600];

        memset(text, 'x', sizeof text);
        memcpy(text, "STATUS=", 7);
        for (size_t n = 0; n <= sizeof text; n++) {
                char *exact = malloc(n + 1);

                memcpy(exact, text, n);
                notify_message_parse(&m, exact, n);
                assert_true(strlen(m.status) < sizeof m.status);
                free(exact);
        }
        assert_int_equal(strlen(m.status), sizeof m.status - 1);
        notify_message_parse(&m, "\0\nREADY=1\n\0", 11);
        assert_true(m.ready);
}

static void hears_who_speaks(void **state)
{
        struct notify_server server;
        struct notify_message m;
        struct pollfd fd;
        pid_t pid;

        assert_int_equal(notify_server_init(&server), 0);
        assert_int_equal(server.address[0], '@');
        assert_int_equal(notify_server_receive(&server, &m), 0);
        setenv("NOTIFY_SOCKET", server.address, 1);

        pid = fork();
        if (pid == 0)
                _exit(notify_send("READY=1\nSTATUS=from the child") == 1 ? 0 : 1);
        fd = (struct pollfd){.fd = server.fd, .events = POLLIN};
        assert_int_equal(poll(&fd, 1, 10000), 1);
        assert_int_equal(notify_server_receive(&server, &m), 1);
        assert_int_equal(m.pid, pid);
        assert_true(m.ready);
        assert_string_equal(m.status, "from the child");
        assert_int_equal(waitpid(pid, NULL, 0), pid);

        assert_int_equal(notify_send("STATUS=from us"), 1);
        assert_int_equal(notify_server_receive(&server, &m), 1);
        assert_int_equal(m.pid, getpid());
        assert_int_equal(notify_server_receive(&server, &m), 0);

        notify_server_fini(&server);
        assert_int_equal(notify_send("STATUS=to nobody"), -ECONNREFUSED);
        unsetenv("NOTIFY_SOCKET");
}

static size_t count_descriptors(void)
{
        size_t n = 0;

        for (int fd = 0; fd < 256; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

/* A message may bring descriptors (FDSTORE=1): they must not pile up here. */
static void keeps_no_descriptors(void **state)
{
        struct notify_server server;
        struct notify_message m;
        struct sockaddr_un to = {.sun_family = AF_UNIX};
        union {
                char buffer[CMSG_SPACE(2 * sizeof(int))];
                struct cmsghdr align;
        } control = {0};
        struct iovec data = {.iov_base = (char[]){"READY=1"}, .iov_len = 7};
        struct msghdr message = {.msg_iov = &data,
                .msg_iovlen = 1,
                .msg_name = &to,
                .msg_control = &control,
                .msg_controllen = sizeof control};
        const int fds[] = {0, 1};
        size_t before;
        int fd;

        assert_int_equal(notify_server_init(&server), 0);
        memcpy(to.sun_path + 1, server.address + 1, strlen(server.address + 1));
        message.msg_namelen =
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(server.address));
        *CMSG_FIRSTHDR(&message) = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                .cmsg_type = SCM_RIGHTS,
                .cmsg_len = CMSG_LEN(sizeof fds)};
        memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), fds, sizeof fds);
        fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        before = count_descriptors();
        assert_int_equal(sendmsg(fd, &message, 0), 7);
        assert_int_equal(notify_server_receive(&server, &m), 1);
        assert_true(m.ready);
        assert_int_equal(m.pid, getpid());
        assert_int_equal(count_descriptors(), before);
        close(fd);
        notify_server_fini(&server);
}

static void servers_are_apart(void **state)
{
        struct notify_server servers[20];
        struct notify_message m;

        for (size_t i = 0; i < ARRAY_SIZE(servers); i++)
                assert_int_equal(notify_server_init(&servers[i]), 0);
        for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
                setenv("NOTIFY_SOCKET", servers[i].address, 1);
                assert_int_equal(notify_send("READY=1"), 1);
        }
        for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
                assert_int_equal(notify_server_receive(&servers[i], &m), 1);
                assert_int_equal(notify_server_receive(&servers[i], &m), 0);
                notify_server_fini(&servers[i]);
        }
        unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(understands_what_counts),
                cmocka_unit_test(passes_over_the_rest),
                cmocka_unit_test(any_bytes_are_safe),
                cmocka_unit_test(hears_who_speaks),
                cmocka_unit_test(keeps_no_descriptors),
                cmocka_unit_test(servers_are_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
