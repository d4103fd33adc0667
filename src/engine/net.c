/* SPDX-License-Identifier: Apache-2.0 */
#include "net.h"

#include "parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Splits "HOST:PORT", "[HOST]:PORT" or "PORT". host gets at most size bytes. */
static int split(const char *text, char *host, size_t size, const char **ret_port)
{
        const char *colon = strrchr(text, ':'), *start = text;
        size_t length = colon ? (size_t)(colon - text) : 0;

        *ret_port = colon ? colon + 1 : text;
        if (length > 0 && text[0] == '[') {
                if (colon[-1] != ']')
                        return -EINVAL;
                start++;
                length -= 2;
        } else if (memchr(text, ':', length)) {
                return -EINVAL; /* an IPv6 address wants its brackets */
        }
        if (length >= size)
                return -EINVAL;
        memcpy(host, start, length);
        host[length] = '\0';
        return 0;
}

int net_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_size)
{
        struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
        char host[INET6_ADDRSTRLEN];
        const char *port_text;
        uint64_t port;
        int r;

        r = split(text, host, sizeof host, &port_text);
        if (r < 0)
                return r;
        if (parse_u64(port_text, &port) < 0 || port < 1 || port > 65535)
                return -EINVAL;

        memset(ret, 0, sizeof *ret);
        if (text[0] == '[') {
                v6->sin6_family = AF_INET6;
                v6->sin6_port = htons((uint16_t)port);
                if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
                        return -EINVAL;
                *ret_size = sizeof *v6;
                return 0;
        }
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        if (host[0] && inet_pton(AF_INET, host, &v4->sin_addr) != 1)
                return -EINVAL;
        *ret_size = sizeof *v4;
        return 0;
}

int net_check(const char *text, const char *what, struct why *why)
{
        struct sockaddr_storage address;
        socklen_t size;

        if (net_parse(text, &address, &size) < 0)
                return why_set(why, -EINVAL, what, text,
                        "not an address to listen on: write ADDRESS:PORT, [ADDRESS]:PORT or PORT");
        return 0;
}

int net_listen(const char *text, const char *what, struct why *why)
{
        struct sockaddr_storage address;
        _cleanup_close_ int fd = -1;
        socklen_t size;
        int one = 1;

        if (net_check(text, what, why) < 0)
                return -EINVAL;
        net_parse(text, &address, &size);

        fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return why_errno(why, -errno, what, text);
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, SOMAXCONN) < 0) {
                int error = errno;

                if (error == EADDRINUSE)
                        return why_set(why, -error, what, text,
                                "the address is in use: end what listens there or choose another");
                if (error == EADDRNOTAVAIL)
                        return why_set(why, -error, what, text, "this machine has no such address");
                return why_errno(why, -error, what, text);
        }
        return STEAL_FD(fd);
}
