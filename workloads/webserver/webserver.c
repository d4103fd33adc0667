/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webserver: static files from memory and a dynamic page made of a backend's reply, by one event
 * loop for the guest's one processor.
 *
 * One epoll has everything in it: libmicrohttpd's own epoll descriptor, libcurl's sockets towards
 * the backend, and the stop request.
 */
#include "dynamic.h"
#include "files.h"
#include "macro.h"
#include "net.h"
#include "workload.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

struct webserver_config {
        struct web_config web;
        uint64_t dirs;
        char *backend;
        uint64_t backend_timeout_ns;
        uint64_t backend_connections;
};

#define OPTION(member) offsetof(struct webserver_config, member)

static const struct option options[] = {
        WEB_OPTIONS(struct webserver_config, web),
        {"dirs", OPTION_COUNT, OPTION(dirs), "8", NULL,
                "directories of the file set, 36 files and 5 MB of memory each", .min = 1,
                .max = FILESET_MAX_DIRS},
        {"backend", OPTION_STRING, OPTION(backend), NULL, "URL|none",
                "whom dynamic pages ask, port 8080 unless the URL has one; none: they are answered "
                "with 503"},
        {"backend-timeout", OPTION_DURATION, OPTION(backend_timeout_ns), "5s", NULL,
                "a dynamic page gives up after this time, with 504", .min = NS_PER_MS,
                .max = 3600 * NS_PER_S},
        {"backend-connections", OPTION_COUNT, OPTION(backend_connections), "64", NULL,
                "calls to the backend at once; further pages wait for their turn", .min = 1,
                .max = 10000},
};

enum {
        STATIC_FILES = N_WEB_COUNTERS,
        NOT_MODIFIED,
        DYNAMIC_PAGES,
        BACKEND_MISSING,
        BACKEND_ERRORS,
        BACKEND_TIMEOUTS,
        BACKEND_WRONG,
};

static const struct counter counters[] = {
        WEB_COUNTERS,
        [STATIC_FILES] = {"static_files", COUNTER_EVENT, "requests", "Files sent, with 200."},
        [NOT_MODIFIED] = {"not_modified", COUNTER_EVENT, "requests",
                "Files that the client had already, answered with 304."},
        [DYNAMIC_PAGES] = {"dynamic_pages", COUNTER_EVENT, "requests",
                "Dynamic pages sent, with 200."},
        [BACKEND_MISSING] = {"backend_missing", COUNTER_ERROR, "requests",
                "Dynamic pages refused with 503, as the backend is none."},
        [BACKEND_ERRORS] = {"backend_errors", COUNTER_ERROR, "requests",
                "Dynamic pages refused with 502, as the backend was gone, broke off or failed."},
        [BACKEND_TIMEOUTS] = {"backend_timeouts", COUNTER_ERROR, "requests",
                "Dynamic pages refused with 504, as the backend took too long."},
        [BACKEND_WRONG] = {"backend_wrong", COUNTER_WRONG, "requests",
                "Dynamic pages refused with 502, as the backend's reply was none."},
};

enum {
        BACKEND_CALL = WEB_LATENCY_REQUEST + 1,
};

static const struct latency latencies[] = {
        [WEB_LATENCY_REQUEST] = WEB_LATENCY,
        [BACKEND_CALL] = {"backend_call",
                "A dynamic page's call of the backend, with its wait for a free connection."},
};

struct webserver {
        struct web web;
        struct files files;
        struct dynamic dynamic;
        bool has_backend;
        int epoll_fd;
};

static bool has_backend(const struct webserver_config *config)
{
        return strcmp(config->backend, "none") != 0;
}

static int webserver_check(void *config, struct why *why)
{
        const struct webserver_config *c = config;
        int r = net_check(c->web.serve, "--serve", why);

        if (r < 0)
                return r;
        if (!c->backend)
                return why_set(why, -EINVAL, "--backend", NULL,
                        "missing; name the backend that dynamic pages ask, as in "
                        "http://127.1.4.1:8080, or none");
        return has_backend(c) ? dynamic_check(c->backend, why) : 0;
}

static enum MHD_Result answer_file(struct web_request *request, const struct file *file)
{
        struct web_reply reply = {
                .status = MHD_HTTP_OK,
                .response = file->response,
                .event = STATIC_FILES,
                .size = file->size,
        };

        if (file_unchanged(file, request->connection)) {
                reply.status = MHD_HTTP_NOT_MODIFIED;
                reply.event = NOT_MODIFIED;
        }
        return web_send(request, reply);
}

static enum MHD_Result answer_dynamic(struct webserver *webserver, struct web_request *request)
{
        if (!dynamic_query_valid(request))
                return web_send(request, web_refusal(request->web, MHD_HTTP_BAD_REQUEST));
        if (!webserver->has_backend) {
                worker_add(request->web->worker, BACKEND_MISSING, 1);
                return web_send(request, web_refusal(request->web, MHD_HTTP_SERVICE_UNAVAILABLE));
        }
        return dynamic_ask(&webserver->dynamic, request);
}

static enum MHD_Result answer(struct web_request *request, const char *path)
{
        struct webserver *webserver = request->web->context;
        const struct file *file = files_find(&webserver->files, path);

        if (!file && strcmp(path, "/dynamic") != 0)
                return web_send(request, web_refusal(request->web, MHD_HTTP_NOT_FOUND));
        if (request->method == WEB_OTHER)
                return web_send(request, web_refusal(request->web, MHD_HTTP_METHOD_NOT_ALLOWED));
        return file ? answer_file(request, file) : answer_dynamic(webserver, request);
}

static int watch(int epoll_fd, int fd)
{
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

        return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int set_up_dynamic(struct webserver *webserver, struct worker *worker, struct why *why)
{
        const struct webserver_config *config = worker->config;
        struct dynamic_config dynamic = {
                .backend = config->backend,
                .timeout_ns = config->backend_timeout_ns,
                .calls = (unsigned)config->backend_connections,
                .waiting = (unsigned)config->web.max_connections,
                .epoll_fd = webserver->epoll_fd,
                .latency = BACKEND_CALL,
                .event_pages = DYNAMIC_PAGES,
                .error_failed = BACKEND_ERRORS,
                .error_timeout = BACKEND_TIMEOUTS,
                .error_wrong = BACKEND_WRONG,
        };

        webserver->has_backend = has_backend(config);
        return webserver->has_backend ? dynamic_init(&webserver->dynamic, worker, &dynamic, why)
                                      : 0;
}

static int webserver_setup(struct worker *worker, struct why *why)
{
        const struct webserver_config *config = worker->config;
        struct webserver *webserver = calloc(1, sizeof *webserver);
        int r;

        worker->state = webserver;
        if (!webserver)
                return why_errno(why, -ENOMEM, "webserver", NULL);
        webserver->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        if (webserver->epoll_fd < 0)
                return why_errno(why, -errno, "webserver", NULL);
        r = files_init(&webserver->files, (unsigned)config->dirs, worker->stop, why);
        if (r < 0)
                return r;
        r = set_up_dynamic(webserver, worker, why);
        if (r < 0)
                return r;
        /* Twice: a connection that is being closed is there beside the one that replaces it. */
        r = web_start(&webserver->web, worker, &config->web, webserver->has_backend,
                2 * config->backend_connections, answer, webserver, why);
        if (r < 0)
                return r;
        r = watch(webserver->epoll_fd, httpd_fd(&webserver->web.httpd));
        if (r == 0)
                r = watch(webserver->epoll_fd, worker->stop->fd);
        return r < 0 ? why_errno(why, r, "webserver", NULL) : 0;
}

static void webserver_teardown(struct worker *worker)
{
        struct webserver *webserver = worker->state;

        if (!webserver)
                return;
        if (webserver->has_backend)
                dynamic_cancel(&webserver->dynamic);
        web_stop(&webserver->web);
        if (webserver->has_backend)
                dynamic_fini(&webserver->dynamic);
        files_fini(&webserver->files);
        if (webserver->epoll_fd >= 0)
                close(webserver->epoll_fd);
        free(webserver);
        worker->state = NULL;
}

/* Waits for events and passes them on; true when the server has something to do. */
static int wait_for_events(struct webserver *webserver, struct worker *worker, bool *ret_serve)
{
        int server_ms = web_timeout_ms(&webserver->web), timeout_ms = server_ms;
        int server_fd = httpd_fd(&webserver->web.httpd);
        struct epoll_event events[64];
        int n;

        if (webserver->has_backend) {
                int dynamic_ms =
                        clock_poll_timeout_ms(clock_now_ns(), dynamic_due_ns(&webserver->dynamic));

                if (timeout_ms < 0 || (dynamic_ms >= 0 && dynamic_ms < timeout_ms))
                        timeout_ms = dynamic_ms;
        }
        n = epoll_wait(webserver->epoll_fd, events, ARRAY_SIZE(events), timeout_ms);
        if (n < 0 && errno != EINTR)
                return -errno;

        *ret_serve = n <= 0 || server_ms == 0;
        for (int i = 0; i < n; i++) {
                int fd = events[i].data.fd;

                if (fd == server_fd)
                        *ret_serve = true;
                else if (fd != worker->stop->fd)
                        dynamic_event(&webserver->dynamic, fd, events[i].events);
        }
        return 0;
}

static int webserver_loop(struct worker *worker, struct why *why)
{
        struct webserver *webserver = worker->state;

        while (!worker_stopping(worker)) {
                bool serve;
                int r = wait_for_events(webserver, worker, &serve);

                if (r < 0)
                        return why_errno(why, r, "webserver", NULL);
                if (webserver->has_backend)
                        dynamic_run(&webserver->dynamic);
                if (serve || webserver->web.resumed)
                        web_run(&webserver->web);
        }
        return 0;
}

extern const struct workload workload_webserver;
const struct workload workload_webserver = {
        .name = "webserver",
        .summary = "static files and dynamic pages over HTTP",
        .options = options,
        .n_options = ARRAY_SIZE(options),
        .config_size = sizeof(struct webserver_config),
        .counters = counters,
        .n_counters = ARRAY_SIZE(counters),
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .check = webserver_check,
        .setup = webserver_setup,
        .teardown = webserver_teardown,
        .loop = webserver_loop,
};
