/* SPDX-License-Identifier: Apache-2.0 */
#include "httpd.h"

#include "net.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

int httpd_start(struct httpd *httpd, const struct httpd_config *config, struct why *why)
{
        unsigned flags = MHD_USE_EPOLL;
        size_t memory = config->connection_memory ? config->connection_memory : 4096;
        unsigned connections = config->max_connections ? config->max_connections : 1000;
        int fd;

        if (config->suspend)
                flags |= MHD_ALLOW_SUSPEND_RESUME;

        /* Our own socket: the library would not say why it could not listen. */
        fd = net_listen(config->listen, config->what, why);
        if (fd < 0)
                return fd;
        httpd->daemon = MHD_start_daemon(flags, 0, NULL, NULL, config->handler, config->context,
                MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, connections,
                MHD_OPTION_CONNECTION_TIMEOUT, config->timeout_s,
                MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
                memory < 1024 ? memory : (size_t)1024, MHD_OPTION_NOTIFY_COMPLETED,
                config->completed, config->context, MHD_OPTION_NOTIFY_CONNECTION,
                config->connection, config->context, MHD_OPTION_URI_LOG_CALLBACK, config->target,
                config->context,
                /* Without this the library does not use sendfile under external polling. */
                MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
        if (!httpd->daemon) {
                close(fd);
                return why_set(why, -ENOMEM, config->what, config->listen,
                        "the HTTP server cannot start: out of memory or file descriptors");
        }
        httpd->max_connections = connections;
        return 0;
}

void httpd_stop(struct httpd *httpd)
{
        if (httpd->daemon)
                MHD_stop_daemon(httpd->daemon);
        httpd->daemon = NULL;
}

int httpd_fd(const struct httpd *httpd)
{
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_EPOLL_FD);

        return info ? info->epoll_fd : -1;
}

int httpd_timeout_ms(const struct httpd *httpd)
{
        MHD_UNSIGNED_LONG_LONG ms;

        if (MHD_get_timeout(httpd->daemon, &ms) != MHD_YES)
                return -1;
        return ms > INT_MAX ? INT_MAX : (int)ms;
}

static bool is_full(const struct httpd *httpd)
{
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(httpd->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

        return info && info->num_connections >= httpd->max_connections;
}

void httpd_run(struct httpd *httpd)
{
        bool was_full = is_full(httpd);

        MHD_run(httpd->daemon);
        /* At its limit the library stops listening, and after a close listens again only when it
         * runs the next time: with nothing to wake it, who waits to be accepted would wait on. */
        if (was_full && !is_full(httpd))
                MHD_run(httpd->daemon);
}

int httpd_serve(struct httpd *httpd, const struct stop *stop)
{
        struct pollfd fds[] = {
                {.fd = httpd_fd(httpd), .events = POLLIN},
                {.fd = stop->fd, .events = POLLIN},
        };

        while (!stop_requested(stop)) {
                if (poll(fds, 2, httpd_timeout_ms(httpd)) < 0 && errno != EINTR)
                        return -errno;
                httpd_run(httpd);
        }
        return 0;
}
