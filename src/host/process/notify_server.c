/* SPDX-License-Identifier: Apache-2.0 */
#include "notify_server.h"

#include "macro.h"
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The kernel chooses an abstract name that nobody has: "\0" and five digits. */
static int bind_anywhere(int fd, char *address, size_t size)
{
        struct sockaddr_un bound = {.sun_family = AF_UNIX};
        socklen_t length = sizeof bound;
        size_t n;

        if (bind(fd, (struct sockaddr *)&bound, sizeof(sa_family_t)) < 0 ||
                getsockname(fd, (struct sockaddr *)&bound, &length) < 0)
                return -errno;
        n = length - offsetof(struct sockaddr_un, sun_path);
        if (n < 2 || n >= size)
                return -ENAMETOOLONG;
        memcpy(address, bound.sun_path, n);
        address[0] = '@';
        address[n] = '\0';
        return 0;
}

int notify_server_init(struct notify_server *server)
{
        _cleanup_close_ int fd = -1;
        int r, one = 1;

        *server = (struct notify_server){.fd = -1};
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof one) < 0)
                return -errno;
        r = bind_anywhere(fd, server->address, sizeof server->address);
        if (r < 0)
                return r;
        server->fd = STEAL_FD(fd);
        return 0;
}

void notify_server_fini(struct notify_server *server)
{
        if (server->fd >= 0)
                close(server->fd);
        server->fd = -1;
}

/* "KEY=value": the value, or NULL when it is another key's line. */
static const char *value_of(const char *line, const char *key)
{
        size_t n = strlen(key);

        return strncmp(line, key, n) == 0 ? line + n : NULL;
}

static void parse_line(struct notify_message *ret, const char *line)
{
        const char *value;
        uint64_t number;

        if (strcmp(line, "READY=1") == 0) {
                ret->ready = true;
        } else if ((value = value_of(line, "ERRNO="))) {
                if (parse_u64(value, &number) == 0 && number <= INT16_MAX)
                        ret->error = (int)number;
        } else if ((value = value_of(line, "STATUS="))) {
                snprintf(ret->status, sizeof ret->status, "%.*s", (int)sizeof ret->status - 1,
                        value);
                for (char *c = ret->status; *c; c++)
                        if (iscntrl((unsigned char)*c))
                                *c = ' ';
        }
}

void notify_message_parse(struct notify_message *ret, const char *text, size_t size)
{
        *ret = (struct notify_message){0};
        for (size_t i = 0; i < size;) {
                const char *newline = memchr(text + i, '\n', size - i);
                size_t length = newline ? (size_t)(newline - text) - i : size - i;
                char line[256];

                snprintf(line, sizeof line, "%.*s", (int)length, text + i);
                parse_line(ret, line);
                i += length + 1;
        }
}

static pid_t sender(struct msghdr *message)
{
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
                struct ucred credentials;

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
                        continue;
                memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
                return credentials.pid;
        }
        return 0;
}

int notify_server_receive(struct notify_server *server, struct notify_message *ret)
{
        /* Room for the credentials alone: descriptors that somebody sends along are closed. */
        union {
                char buffer[CMSG_SPACE(sizeof(struct ucred))];
                struct cmsghdr align;
        } control;
        char text[2048];
        struct iovec data = {.iov_base = text, .iov_len = sizeof text};
        struct msghdr message = {
                .msg_iov = &data,
                .msg_iovlen = 1,
                .msg_control = &control,
                .msg_controllen = sizeof control,
        };
        ssize_t n;

        do
                n = recvmsg(server->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return errno == EAGAIN ? 0 : -errno;
        notify_message_parse(ret, text, (size_t)n);
        ret->pid = sender(&message);
        return 1;
}
