/* SPDX-License-Identifier: Apache-2.0 */
#include "web.h"

#include "macro.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

static const struct refusal {
        unsigned status;
        const char *text;
} refusals[WEB_REFUSALS] = {
        {MHD_HTTP_BAD_REQUEST, "400: the query is missing, too long or not well formed\n"},
        {MHD_HTTP_NOT_FOUND, "404: there is nothing of this name here\n"},
        {MHD_HTTP_METHOD_NOT_ALLOWED, "405: this can only be read, by GET or HEAD\n"},
        {MHD_HTTP_BAD_GATEWAY, "502: the backend is gone or answered wrongly\n"},
        {MHD_HTTP_SERVICE_UNAVAILABLE, "503: this server has no backend\n"},
        {MHD_HTTP_GATEWAY_TIMEOUT, "504: the backend took too long\n"},
};

static int refusals_init(struct web *web)
{
        for (size_t i = 0; i < WEB_REFUSALS; i++) {
                struct MHD_Response *response = MHD_create_response_from_buffer(
                        strlen(refusals[i].text), (void *)refusals[i].text, MHD_RESPMEM_PERSISTENT);

                web->refusals[i] = response;
                if (!response || MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                         "text/plain; charset=us-ascii") != MHD_YES)
                        return -ENOMEM;
                if (refusals[i].status == MHD_HTTP_METHOD_NOT_ALLOWED &&
                        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD") !=
                                MHD_YES)
                        return -ENOMEM;
        }
        return 0;
}

struct web_reply web_refusal(const struct web *web, unsigned status)
{
        size_t i = 0;

        while (refusals[i].status != status)
                i++;
        return (struct web_reply){
                .status = status,
                .response = web->refusals[i],
                .event = WEB_NO_EVENT,
                .size = strlen(refusals[i].text),
        };
}

int web_reply_make(struct web_reply *ret, unsigned status, const char *type, const void *body,
        size_t size, unsigned event)
{
        struct MHD_Response *response =
                MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);

        if (!response)
                return -ENOMEM;
        if (MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type) != MHD_YES) {
                MHD_destroy_response(response);
                return -ENOMEM;
        }
        *ret = (struct web_reply){
                .status = status,
                .response = response,
                .owned = true,
                .event = event,
                .size = size,
        };
        return 0;
}

static enum MHD_Result queue(struct web_request *request)
{
        return MHD_queue_response(
                request->connection, request->reply.status, request->reply.response);
}

enum MHD_Result web_send(struct web_request *request, struct web_reply reply)
{
        request->reply = reply;
        return queue(request);
}

enum MHD_Result web_suspend(struct web_request *request)
{
        MHD_suspend_connection(request->connection);
        return MHD_YES;
}

void web_resume(struct web_request *request, struct web_reply reply)
{
        request->reply = reply;
        request->web->resumed = true;
        MHD_resume_connection(request->connection);
}

static void count_answered(struct web_request *request)
{
        struct worker *worker = request->web->worker;
        const struct web_reply *reply = &request->reply;

        if (request->method != WEB_HEAD && reply->status != MHD_HTTP_NOT_MODIFIED)
                worker_add(worker, WEB_RESPONSE_BYTES, reply->size);
        if (reply->event != WEB_NO_EVENT)
                worker_add(worker, reply->event, 1);
        if (reply->status < 400) {
                worker_add(worker, WEB_REQUESTS, 1);
                worker_latency(worker, WEB_LATENCY_REQUEST, request->arrived_ns,
                        request->arrived_ns, clock_now_ns());
        } else if (reply->status < 500) {
                worker_add(worker, WEB_CLIENT_ERRORS, 1);
        }
}

static void count(struct web_request *request, enum MHD_RequestTerminationCode how)
{
        struct worker *worker = request->web->worker;

        if (how == MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN)
                return; /* our own end is nobody's failure */
        if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK && request->reply.status)
                count_answered(request);
        else if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK || !request->begun)
                /* The library has refused it by itself: malformed, or larger than its memory. */
                worker_add(worker, WEB_CLIENT_ERRORS, 1);
        else
                worker_add(worker, WEB_ABORTED, 1);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **seen,
        enum MHD_RequestTerminationCode how)
{
        struct web_request *request = *seen;

        if (!request)
                return;
        count(request, how);
        if (request->reply.owned)
                MHD_destroy_response(request->reply.response);
        request->reply = (struct web_reply){};
        request->begun = false;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
        enum MHD_ConnectionNotificationCode what)
{
        struct web *web = context;
        struct cells *cells = &web->worker->cells;
        uint64_t open = cells_get(cells, WEB_CONNECTIONS_OPEN);

        if (what == MHD_CONNECTION_NOTIFY_STARTED) {
                struct web_request *request = calloc(1, sizeof *request);

                *socket_context = request;
                if (request) {
                        request->web = web;
                        request->connection = connection;
                }
                worker_add(web->worker, WEB_CONNECTIONS, 1);
                worker_set(web->worker, WEB_CONNECTIONS_OPEN, open + 1);
        } else {
                free(*socket_context);
                *socket_context = NULL;
                worker_set(web->worker, WEB_CONNECTIONS_OPEN, open - 1);
        }
}

/* The library cuts the target at '?' and unescapes it in place, so the query is taken here. */
static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
        const union MHD_ConnectionInfo *info =
                MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
        struct web_request *request = info ? info->socket_context : NULL;
        const char *mark;
        size_t length;

        if (!request)
                return NULL;
        mark = strchr(target, '?');
        request->has_query = mark;
        request->query[0] = '\0';
        if (mark) {
                length = strnlen(mark + 1, sizeof request->query - 1);
                memcpy(request->query, mark + 1, length);
                request->query[length] = '\0';
        }
        return request;
}

static enum web_method method_of(const char *method)
{
        if (strcmp(method, MHD_HTTP_METHOD_GET) == 0)
                return WEB_GET;
        return strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? WEB_HEAD : WEB_OTHER;
}

/* A target may also be a whole URL (RFC 9112, 3.2.2), whose path is then what counts. */
static const char *path_of(const char *url)
{
        const char *path = url;

        if (strncasecmp(url, "http://", 7) == 0) {
                path = strchr(url + 7, '/');
                path = path ? path : "/";
        }
        return path;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *body, size_t *body_size, void **seen)
{
        struct web *web = context;
        struct web_request *request = *seen;
        enum MHD_Result r;

        if (!request) {
                worker_add(web->worker, WEB_OUT_OF_MEMORY, 1);
                return MHD_NO;
        }
        if (!request->begun) { /* headers only: a response now would end keep-alive */
                request->begun = true;
                request->method = method_of(method);
                request->arrived_ns = clock_now_ns();
                return MHD_YES;
        }
        if (*body_size) { /* nobody wants a body, but it must be taken */
                *body_size = 0;
                return MHD_YES;
        }
        if (request->reply.status) /* was suspended */
                return queue(request);
        r = web->answer(request, path_of(url));
        if (r != MHD_YES)
                worker_add(web->worker, WEB_OUT_OF_MEMORY, 1);
        return r;
}

/* A connection is a descriptor, and many shells allow a process only 1024. */
static int raise_open_files(const struct web_config *config, size_t other_files, struct why *why)
{
        rlim_t needed = config->max_connections + other_files + 64; /* the frame's and spare ones */
        struct rlimit limit;
        char text[32];

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return why_errno(why, -errno, "limit of open files", NULL);
        if (limit.rlim_cur >= needed)
                return 0;
        snprintf(text, sizeof text, "%llu", (unsigned long long)config->max_connections);
        if (limit.rlim_max < needed)
                return why_set(why, -EMFILE, "--max-connections", text,
                        "needs %llu open files, and the hard limit is %llu: raise that "
                        "(ulimit -Hn) or serve fewer",
                        (unsigned long long)needed, (unsigned long long)limit.rlim_max);
        limit.rlim_cur = needed;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
                return why_errno(why, -errno, "limit of open files", NULL);
        return 0;
}

int web_start(struct web *web, struct worker *worker, const struct web_config *config, bool suspend,
        size_t other_files, enum MHD_Result (*answer)(struct web_request *, const char *),
        void *context, struct why *why)
{
        struct httpd_config httpd = {
                .listen = config->serve,
                .what = "--serve",
                .handler = on_request,
                .completed = on_completed,
                .connection = on_connection,
                .target = on_target,
                .context = web,
                .max_connections = (unsigned)config->max_connections,
                .timeout_s = (unsigned)(config->idle_timeout_ns / NS_PER_S),
                .suspend = suspend,
        };
        int r;

        web->worker = worker;
        web->answer = answer;
        web->context = context;
        r = raise_open_files(config, other_files, why);
        if (r < 0)
                return r;
        r = refusals_init(web);
        if (r < 0)
                return why_errno(why, r, "--serve", config->serve);
        return httpd_start(&web->httpd, &httpd, why);
}

void web_stop(struct web *web)
{
        httpd_stop(&web->httpd);
        for (size_t i = 0; i < WEB_REFUSALS; i++)
                if (web->refusals[i])
                        MHD_destroy_response(web->refusals[i]);
        memset(web->refusals, 0, sizeof web->refusals);
}

int web_timeout_ms(const struct web *web)
{
        return web->resumed ? 0 : httpd_timeout_ms(&web->httpd);
}

void web_run(struct web *web)
{
        web->resumed = false;
        httpd_run(&web->httpd);
}
