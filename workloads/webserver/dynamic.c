/* SPDX-License-Identifier: Apache-2.0 */
#include "dynamic.h"

#include "macro.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#define BACKEND_PATH "besim"
#define BACKEND_PORT "8080" /* where the backend role serves unless told otherwise */

/* The page's URL without its query: BACKEND/besim. */
static CURLU *parse_backend(const char *backend, const char **ret_wrong)
{
        CURLU *url = curl_url();
        char *scheme = NULL, *port = NULL, *path = NULL, *query = NULL;
        _cleanup_free_ char *full = NULL;

        *ret_wrong = "out of memory";
        if (!url)
                return NULL;
        if (curl_url_set(url, CURLUPART_URL, backend, 0) != CURLUE_OK ||
                curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
                strcmp(scheme, "http") != 0) {
                *ret_wrong = "not a URL of the form http://HOST[:PORT]";
                goto wrong;
        }
        if (curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK) {
                *ret_wrong = "it must not have a query: that is the page's";
                goto wrong;
        }
        if (curl_url_get(url, CURLUPART_PORT, &port, 0) == CURLUE_NO_PORT &&
                curl_url_set(url, CURLUPART_PORT, BACKEND_PORT, 0) != CURLUE_OK)
                goto wrong;
        if (curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK ||
                asprintf(&full, "%s%s" BACKEND_PATH, path,
                        path[strlen(path) - 1] == '/' ? "" : "/") < 0 ||
                curl_url_set(url, CURLUPART_PATH, full, 0) != CURLUE_OK)
                goto wrong;
        goto end;
wrong:
        curl_url_cleanup(url);
        url = NULL;
end:
        curl_free(scheme);
        curl_free(port);
        curl_free(path);
        curl_free(query);
        return url;
}

int dynamic_check(const char *backend, struct why *why)
{
        const char *wrong;
        CURLU *url = parse_backend(backend, &wrong);

        if (!url)
                return why_set(why, -EINVAL, "--backend", backend, "%s", wrong);
        curl_url_cleanup(url);
        return 0;
}

bool dynamic_query_valid(const struct web_request *request)
{
        size_t length = strlen(request->query);

        if (!request->has_query || length == 0 || length >= BESIM_QUERY_SIZE)
                return false;
        for (size_t i = 0; i < length; i++)
                if (request->query[i] <= ' ' || request->query[i] > '~' ||
                        strchr("\"#<>\\^`{|}", request->query[i]))
                        return false;
        return true;
}

/* libcurl says which of its sockets to watch, and for what. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_context)
{
        struct dynamic *dynamic = context;
        struct epoll_event event = {.data.fd = fd};

        if (what == CURL_POLL_REMOVE) {
                epoll_ctl(dynamic->config.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
                return 0;
        }
        if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
                event.events |= EPOLLIN;
        if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
                event.events |= EPOLLOUT;
        /* Were even the second one to fail, the call would run out of time and be counted so; an
         * error returned from here would end all calls for good. */
        if (epoll_ctl(dynamic->config.epoll_fd, EPOLL_CTL_MOD, fd, &event) < 0)
                epoll_ctl(dynamic->config.epoll_fd, EPOLL_CTL_ADD, fd, &event);
        return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *context)
{
        struct dynamic *dynamic = context;

        dynamic->curl_due_ns =
                timeout_ms < 0 ? CLOCK_NEVER : clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
        return 0;
}

static size_t on_data(char *data, size_t one, size_t size, void *context)
{
        struct call *call = context;

        /* A reply that is too long is none of ours: taking less makes libcurl give up. */
        if (size > sizeof call->reply - 1 - call->reply_length)
                return 0;
        memcpy(call->reply + call->reply_length, data, size);
        call->reply_length += size;
        return size;
}

static int call_init(struct call *call, struct dynamic *dynamic)
{
        const char *wrong;
        CURLcode r = CURLE_OK;

        call->dynamic = dynamic;
        call->url = parse_backend(dynamic->config.backend, &wrong);
        call->easy = curl_easy_init();
        if (!call->url || !call->easy)
                return -ENOMEM;

        r |= curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);
        r |= curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_data);
        r |= curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
        r |= curl_easy_setopt(call->easy, CURLOPT_PROTOCOLS_STR, "http");
        r |= curl_easy_setopt(call->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
        r |= curl_easy_setopt(call->easy, CURLOPT_PROXY, ""); /* whatever the environment says */
        r |= curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
        /* A name server that does not answer must not delay our end. */
        r |= curl_easy_setopt(call->easy, CURLOPT_QUICK_EXIT, 1L);
        return r == CURLE_OK ? 0 : -ENOMEM;
}

static int multi_init(struct dynamic *dynamic)
{
        CURLMcode r = CURLM_OK;

        dynamic->curl_due_ns = CLOCK_NEVER;
        dynamic->multi = curl_multi_init();
        if (!dynamic->multi)
                return -ENOMEM;
        r |= curl_multi_setopt(dynamic->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
        r |= curl_multi_setopt(dynamic->multi, CURLMOPT_SOCKETDATA, dynamic);
        r |= curl_multi_setopt(dynamic->multi, CURLMOPT_TIMERFUNCTION, on_timer);
        r |= curl_multi_setopt(dynamic->multi, CURLMOPT_TIMERDATA, dynamic);
        /* Connections that are kept for the next call. */
        r |= curl_multi_setopt(dynamic->multi, CURLMOPT_MAXCONNECTS, (long)dynamic->config.calls);
        return r == CURLM_OK ? 0 : -ENOMEM;
}

int dynamic_init(struct dynamic *dynamic, struct worker *worker,
        const struct dynamic_config *config, struct why *why)
{
        int r;

        dynamic->config = *config;
        dynamic->worker = worker;
        dynamic->curl_ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
        dynamic->calls = calloc(config->calls, sizeof *dynamic->calls);
        dynamic->free_calls = calloc(config->calls, sizeof(struct call *));
        dynamic->waiting = calloc(config->waiting, sizeof *dynamic->waiting);
        if (!dynamic->curl_ready || !dynamic->calls || !dynamic->free_calls || !dynamic->waiting)
                r = -ENOMEM;
        else
                r = multi_init(dynamic);
        for (unsigned i = 0; i < config->calls && r == 0; i++) {
                dynamic->free_calls[dynamic->n_free++] = &dynamic->calls[i];
                r = call_init(&dynamic->calls[i], dynamic);
        }
        return r < 0 ? why_errno(why, r, "--backend", config->backend) : 0;
}

static struct page take_waiting(struct dynamic *dynamic)
{
        struct page page = dynamic->waiting[dynamic->first_waiting];

        dynamic->first_waiting = (dynamic->first_waiting + 1) % dynamic->config.waiting;
        dynamic->n_waiting--;
        return page;
}

static void refuse(struct dynamic *dynamic, struct page page, unsigned status, unsigned error)
{
        worker_add(dynamic->worker, error, 1);
        web_resume(page.request, web_refusal(page.request->web, status));
}

static void send_page(struct dynamic *dynamic, const struct call *call)
{
        struct web_request *request = call->page.request;
        size_t length = besim_page(request->query, call->reply, call->reply_length, dynamic->page);
        struct web_reply reply;

        if (web_reply_make(&reply, MHD_HTTP_OK, "text/html; charset=us-ascii", dynamic->page,
                    length, dynamic->config.event_pages) < 0)
                refuse(dynamic, call->page, MHD_HTTP_BAD_GATEWAY, WEB_OUT_OF_MEMORY);
        else
                web_resume(request, reply);
}

/* Does the reply begin with that status and end with a whole line? */
static bool reply_is(const struct call *call, const char *status_line)
{
        size_t length = strlen(status_line);

        return call->reply_length >= length && memcmp(call->reply, status_line, length) == 0 &&
               call->reply[call->reply_length - 1] == '\n';
}

/* What libcurl's result and the status make of a call. */
enum outcome {
        OUTCOME_PAGE,
        OUTCOME_BAD_QUERY, /* says the backend, so it is the client's fault */
        OUTCOME_FAILED,
        OUTCOME_TIMEOUT,
        OUTCOME_WRONG,
};

static enum outcome judge(const struct call *call, CURLcode result)
{
        long status = 0;

        switch (result) {
        case CURLE_OK:
                break;
        case CURLE_OPERATION_TIMEDOUT:
                return OUTCOME_TIMEOUT;
        case CURLE_WRITE_ERROR: /* too long: on_data() */
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_BAD_CONTENT_ENCODING:
                return OUTCOME_WRONG;
        default:
                return OUTCOME_FAILED;
        }
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
        if (status >= 500)
                return OUTCOME_FAILED;
        if (status == MHD_HTTP_OK && reply_is(call, "0\n"))
                return OUTCOME_PAGE;
        if (status == MHD_HTTP_BAD_REQUEST && reply_is(call, "1\n"))
                return OUTCOME_BAD_QUERY;
        return OUTCOME_WRONG;
}

static void answer(const struct call *call, CURLcode result)
{
        struct dynamic *dynamic = call->dynamic;
        const struct dynamic_config *config = &dynamic->config;
        struct web_request *request = call->page.request;

        switch (judge(call, result)) {
        case OUTCOME_PAGE:
                worker_latency(dynamic->worker, config->latency, call->page.due_ns, call->sent_ns,
                        clock_now_ns());
                send_page(dynamic, call);
                break;
        case OUTCOME_BAD_QUERY:
                web_resume(request, web_refusal(request->web, MHD_HTTP_BAD_REQUEST));
                break;
        case OUTCOME_FAILED:
                refuse(dynamic, call->page, MHD_HTTP_BAD_GATEWAY, config->error_failed);
                break;
        case OUTCOME_TIMEOUT:
                refuse(dynamic, call->page, MHD_HTTP_GATEWAY_TIMEOUT, config->error_timeout);
                break;
        case OUTCOME_WRONG:
                refuse(dynamic, call->page, MHD_HTTP_BAD_GATEWAY, config->error_wrong);
                break;
        }
}

/* Takes a free call. Should libcurl not take it on, for lack of memory, the page is refused. */
static void start(struct dynamic *dynamic, struct page page, uint64_t now_ns)
{
        struct call *call = dynamic->free_calls[--dynamic->n_free];
        uint64_t left_ns = page.due_ns + dynamic->config.timeout_ns - now_ns;
        long left_ms = (long)((left_ns - 1) / NS_PER_MS + 1);

        call->page = page;
        call->sent_ns = now_ns;
        call->reply_length = 0;
        if (curl_url_set(call->url, CURLUPART_QUERY, page.request->query, 0) == CURLUE_OK &&
                curl_easy_setopt(call->easy, CURLOPT_CURLU, call->url) == CURLE_OK &&
                curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, left_ms) == CURLE_OK &&
                curl_multi_add_handle(dynamic->multi, call->easy) == CURLM_OK)
                return;
        call->page.request = NULL;
        dynamic->free_calls[dynamic->n_free++] = call;
        refuse(dynamic, page, MHD_HTTP_BAD_GATEWAY, WEB_OUT_OF_MEMORY);
}

static void release(struct call *call)
{
        struct dynamic *dynamic = call->dynamic;

        curl_multi_remove_handle(dynamic->multi, call->easy);
        call->page.request = NULL;
        dynamic->free_calls[dynamic->n_free++] = call;
}

enum MHD_Result dynamic_ask(struct dynamic *dynamic, struct web_request *request)
{
        struct page page = {.request = request, .due_ns = clock_now_ns()};
        enum MHD_Result r = web_suspend(request);

        if (dynamic->n_free > 0) {
                start(dynamic, page, page.due_ns);
        } else {
                /* There is room: a connection has one request at a time. */
                unsigned last =
                        (dynamic->first_waiting + dynamic->n_waiting++) % dynamic->config.waiting;

                dynamic->waiting[last] = page;
        }
        return r;
}

void dynamic_event(struct dynamic *dynamic, int fd, uint32_t events)
{
        int what = 0, running;

        if (events & EPOLLIN)
                what |= CURL_CSELECT_IN;
        if (events & EPOLLOUT)
                what |= CURL_CSELECT_OUT;
        if (events & (EPOLLERR | EPOLLHUP))
                what |= CURL_CSELECT_ERR;
        curl_multi_socket_action(dynamic->multi, fd, what, &running);
}

static void finish_calls(struct dynamic *dynamic)
{
        CURLMsg *message;
        int left;

        while ((message = curl_multi_info_read(dynamic->multi, &left))) {
                CURLcode result = message->data.result;
                char *private = NULL;
                struct call *call;

                if (message->msg != CURLMSG_DONE)
                        continue;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
                call = (struct call *)private;
                answer(call, result);
                release(call);
        }
}

void dynamic_run(struct dynamic *dynamic)
{
        uint64_t now_ns = clock_now_ns();
        int running;

        if (dynamic->curl_due_ns <= now_ns) {
                dynamic->curl_due_ns = CLOCK_NEVER;
                curl_multi_socket_action(dynamic->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        finish_calls(dynamic);
        while (dynamic->n_waiting > 0) {
                struct page first = dynamic->waiting[dynamic->first_waiting];
                bool late = first.due_ns + dynamic->config.timeout_ns <= now_ns;

                if (!late && dynamic->n_free == 0)
                        break;
                take_waiting(dynamic);
                if (late)
                        refuse(dynamic, first, MHD_HTTP_GATEWAY_TIMEOUT,
                                dynamic->config.error_timeout);
                else
                        start(dynamic, first, now_ns);
        }
}

uint64_t dynamic_due_ns(const struct dynamic *dynamic)
{
        uint64_t due_ns = dynamic->curl_due_ns;

        /* They wait in order of arrival and all for the same time: the first is the first due. */
        if (dynamic->n_waiting > 0)
                due_ns = MIN(due_ns, dynamic->waiting[dynamic->first_waiting].due_ns +
                                             dynamic->config.timeout_ns);
        return due_ns;
}

void dynamic_cancel(struct dynamic *dynamic)
{
        for (unsigned i = 0; dynamic->calls && i < dynamic->config.calls; i++) {
                struct call *call = &dynamic->calls[i];
                struct web_request *request = call->page.request;

                if (!request)
                        continue;
                release(call);
                web_resume(request, web_refusal(request->web, MHD_HTTP_SERVICE_UNAVAILABLE));
        }
        while (dynamic->n_waiting > 0) {
                struct web_request *request = take_waiting(dynamic).request;

                web_resume(request, web_refusal(request->web, MHD_HTTP_SERVICE_UNAVAILABLE));
        }
}

void dynamic_fini(struct dynamic *dynamic)
{
        for (unsigned i = 0; dynamic->calls && i < dynamic->config.calls; i++) {
                curl_easy_cleanup(dynamic->calls[i].easy);
                curl_url_cleanup(dynamic->calls[i].url);
        }
        curl_multi_cleanup(dynamic->multi);
        free(dynamic->calls);
        free(dynamic->free_calls);
        free(dynamic->waiting);
        if (dynamic->curl_ready)
                curl_global_cleanup();
        memset(dynamic, 0, sizeof *dynamic);
}
