/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>

static void good_addresses(void **state)
{
        static const struct {
                const char *text, *address;
                unsigned port;
        } cases[] = {
                {"127.1.1.1:9477", "127.1.1.1", 9477},
                {"0.0.0.0:1", "0.0.0.0", 1},
                {"255.255.255.255:65535", "255.255.255.255", 65535},
                {":9477", "0.0.0.0", 9477},
                {"9477", "0.0.0.0", 9477},
                {"1", "0.0.0.0", 1},
                {"65535", "0.0.0.0", 65535},
                {"[::1]:9477", "::1", 9477},
                {"[::]:80", "::", 80},
                {"[fe80::1:2]:80", "fe80::1:2", 80},
                {"[2001:db8::7]:8080", "2001:db8::7", 8080},
                {"[::ffff:10.1.2.3]:80", "::ffff:10.1.2.3", 80},
                {"[1111:2222:3333:4444:5555:6666:7777:8888]:80",
                        "1111:2222:3333:4444:5555:6666:7777:8888", 80},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct sockaddr_storage ss;
                socklen_t size = 0;
                char text[INET6_ADDRSTRLEN] = "";

                memset(&ss, 0xff, sizeof ss);
                assert_case(net_parse(cases[i].text, &ss, &size) == 0, "%s", cases[i].text);
                if (cases[i].text[0] == '[') {
                        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&ss;

                        assert_int_equal(in6->sin6_family, AF_INET6);
                        assert_int_equal(size, sizeof *in6);
                        assert_int_equal(ntohs(in6->sin6_port), cases[i].port);
                        assert_int_equal(in6->sin6_scope_id, 0);
                        inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
                } else {
                        struct sockaddr_in *in = (struct sockaddr_in *)&ss;

                        assert_int_equal(in->sin_family, AF_INET);
                        assert_int_equal(size, sizeof *in);
                        assert_int_equal(ntohs(in->sin_port), cases[i].port);
                        inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
                }
                assert_string_equal(text, cases[i].address);
        }
}

static const char *const bad[] = {"", ":", "::", "::1", "[::1]", "[::1]:", "[::1]80", "[::1:80",
        "::1]:80", "::1:80", "[]:80", "[:80", "]:80", "[[::1]]:80", "[127.0.0.1]:80", "[::1%lo]:80",
        "[::g]:80", "[11111::]:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
        "127.0.0.1:99999999999999999999", "127.0.0.1:-1", "127.0.0.1:+80", "127.0.0.1: 80",
        "127.0.0.1:80 ", " 127.0.0.1:80", "127.0.0.1:80x", "127.0.0.1:0x50", "127.0.0.1:http",
        "127.0.0.1:80:80", "127.1:80", "127.0.0:80", "127.0.0.0.1:80", "256.0.0.1:80",
        "1.2.3.-4:80", "localhost:80", "example.org:80", "*:80", "http://1.2.3.4:80", "0", "65536",
        "-1", "x", "80 ", " 80", "8 0", "unix:/run/x",
        "[1111:2222:3333:4444:5555:6666:7777:8888:9999]:80",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:80"};

static void bad_addresses(void **state)
{
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                struct sockaddr_storage ss;
                struct why why = {};
                socklen_t size = 4711;

                assert_case(net_parse(bad[i], &ss, &size) == -EINVAL, "\"%s\"", bad[i]);
                assert_int_equal(size, 4711);
                assert_int_equal(net_listen(bad[i], "--listen", &why), -EINVAL);
                assert_string_equal(why.what, "--listen");
                assert_true(strlen(why.reason) > 0);
        }
}

/* A free port of the given loopback address: taken from the kernel and given back. */
static unsigned free_port(const char *host)
{
        struct sockaddr_in in = {.sin_family = AF_INET};
        socklen_t size = sizeof in;
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(inet_pton(AF_INET, host, &in.sin_addr), 1);
        assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &size), 0);
        close(fd);
        return ntohs(in.sin_port);
}

/* A connected socket, or -errno. */
static int connect_to(const char *text)
{
        struct sockaddr_storage ss;
        socklen_t size;
        int fd;

        assert_int_equal(net_parse(text, &ss, &size), 0);
        fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        if (connect(fd, (struct sockaddr *)&ss, size) < 0) {
                int error = errno;

                close(fd);
                return -error;
        }
        return fd;
}

static void listens(void **state)
{
        struct why why = {};
        char text[64];
        int fd, second, client;

        snprintf(text, sizeof text, "127.201.3.7:%u", free_port("127.201.3.7"));
        fd = net_listen(text, "--listen", &why);
        assert_true(fd >= 0);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
        assert_int_equal(accept(fd, NULL, NULL), -1); /* does not block */
        assert_int_equal(errno, EAGAIN);
        client = connect_to(text);
        assert_true(client >= 0);

        /* Occupied: says which and what to do. */
        second = net_listen(text, "--listen", &why);
        assert_int_equal(second, -EADDRINUSE);
        assert_string_equal(why.what, "--listen");
        assert_string_equal(why.value, text);
        assert_non_null(strstr(why.reason, "in use"));

        /* The server closes first, so that its address lingers: free again at once even so. */
        second = accept(fd, NULL, NULL);
        assert_true(second >= 0);
        close(second);
        close(client);
        close(fd);
        assert_int_equal(connect_to(text), -ECONNREFUSED);
        fd = net_listen(text, "--listen", &why);
        assert_true(fd >= 0);
        close(fd);
}

static void not_our_address(void **state)
{
        struct why why = {};

        /* TEST-NET-1, RFC 5737: no machine has it. */
        assert_int_equal(net_listen("192.0.2.1:9477", "--control", &why), -EADDRNOTAVAIL);
        assert_string_equal(why.what, "--control");
        assert_string_equal(why.value, "192.0.2.1:9477");
        assert_non_null(strstr(why.reason, "no such address"));
        assert_int_equal(net_listen("192.0.2.1:9477", "--control", NULL), -EADDRNOTAVAIL);
}

static void listens_on_every_address(void **state)
{
        char text[64];
        unsigned port = free_port("0.0.0.0");
        int fd, client;

        snprintf(text, sizeof text, "%u", port);
        fd = net_listen(text, "--listen", NULL);
        assert_true(fd >= 0);
        snprintf(text, sizeof text, "127.201.3.8:%u", port);
        client = connect_to(text);
        assert_true(client >= 0);
        close(client);
        close(fd);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_addresses),
                cmocka_unit_test(bad_addresses),
                cmocka_unit_test(listens),
                cmocka_unit_test(not_our_address),
                cmocka_unit_test(listens_on_every_address),
        };

        return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
