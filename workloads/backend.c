/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backend: the database behind the web servers, after SPECweb's BeSim: a stateless answer that
 * follows from the query (besim.h), on request after a service time.
 *
 * A service time costs no processor: the client's connection is suspended and a timer answers it
 * when its time has come. So the service has no queue, as if there were a server for each request.
 */
#include "macro.h"
#include "net.h"
#include "web.h"
#include "workload.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>

enum distribution {
        FIXED,
        EXPONENTIAL,
};

struct backend_config {
        struct web_config web;
        uint64_t service_ns;
        unsigned distribution;
};

#define OPTION(member) offsetof(struct backend_config, member)

static const char *const distributions[] = {[FIXED] = "fixed", [EXPONENTIAL] = "exponential", NULL};

static const struct option options[] = {
        WEB_OPTIONS(struct backend_config, web),
        {"service-time", OPTION_DURATION, OPTION(service_ns), "0", NULL,
                "mean time after which a query is answered, 0 for at once", .max = 600 * NS_PER_S},
        {"service-distribution", OPTION_CHOICE, OPTION(distribution), "exponential", NULL,
                "how service times are spread", .choices = distributions},
};

enum {
        BAD_QUERIES = N_WEB_COUNTERS,
        IN_SERVICE,
};

static const struct counter counters[] = {
        WEB_COUNTERS,
        [BAD_QUERIES] = {"bad_queries", COUNTER_EVENT, "requests",
                "Queries answered with 400, as they are not valid."},
        [IN_SERVICE] = {"in_service", COUNTER_GAUGE, "requests",
                "Queries whose service time has not passed yet."},
};

static const struct latency latencies[] = {
        [WEB_LATENCY_REQUEST] = WEB_LATENCY,
};

struct served {
        uint64_t due_ns;
        struct web_request *request;
};

struct backend {
        struct web web;
        int timer_fd;
        uint64_t timer_due_ns;
        struct served *heap; /* the first due first; room for every connection */
        size_t n_heap;
};

static void heap_push(struct backend *backend, struct served served)
{
        struct served *heap = backend->heap;
        size_t i = backend->n_heap++;

        for (size_t up; i > 0 && served.due_ns < heap[up = (i - 1) / 2].due_ns; i = up)
                heap[i] = heap[up];
        heap[i] = served;
}

static struct served heap_pop(struct backend *backend)
{
        struct served *heap = backend->heap, first = heap[0], last = heap[--backend->n_heap];
        size_t i = 0, n = backend->n_heap;

        for (size_t down; (down = 2 * i + 1) < n; i = down) {
                if (down + 1 < n && heap[down + 1].due_ns < heap[down].due_ns)
                        down++;
                if (last.due_ns <= heap[down].due_ns)
                        break;
                heap[i] = heap[down];
        }
        heap[i] = last;
        return first;
}

static int make_reply(const struct web_request *request, struct web_reply *ret)
{
        char text[BESIM_REPLY_SIZE];
        size_t length;

        if (besim_answer(request->query, text, &length) < 0)
                return web_reply_make(
                        ret, MHD_HTTP_BAD_REQUEST, "text/plain", text, length, BAD_QUERIES);
        return web_reply_make(ret, MHD_HTTP_OK, "text/plain", text, length, WEB_NO_EVENT);
}

/* The answer is made when it is due: a thousand that wait hold no memory. */
static enum MHD_Result serve_later(struct web_request *request)
{
        struct backend *backend = request->web->context;
        struct worker *worker = request->web->worker;
        const struct backend_config *config = worker->config;
        double time_ns = (double)config->service_ns;

        if (config->distribution == EXPONENTIAL)
                time_ns = rng_exponential(&worker->rng, time_ns);
        heap_push(backend, (struct served){.due_ns = request->arrived_ns + (uint64_t)time_ns,
                                   .request = request});
        worker_set(worker, IN_SERVICE, backend->n_heap);
        return web_suspend(request);
}

static enum MHD_Result answer(struct web_request *request, const char *path)
{
        const struct backend_config *config = request->web->worker->config;
        struct web_reply reply;

        if (strcmp(path, "/besim") != 0)
                return web_send(request, web_refusal(request->web, MHD_HTTP_NOT_FOUND));
        if (request->method == WEB_OTHER)
                return web_send(request, web_refusal(request->web, MHD_HTTP_METHOD_NOT_ALLOWED));
        if (config->service_ns)
                return serve_later(request);
        return make_reply(request, &reply) < 0 ? MHD_NO : web_send(request, reply);
}

static int backend_check(void *config, struct why *why)
{
        const struct backend_config *c = config;

        return net_check(c->web.serve, "--serve", why);
}

static int backend_setup(struct worker *worker, struct why *why)
{
        const struct backend_config *config = worker->config;
        struct backend *backend = calloc(1, sizeof *backend);

        worker->state = backend;
        if (!backend)
                return why_errno(why, -ENOMEM, "backend", NULL);
        backend->timer_due_ns = CLOCK_NEVER;
        backend->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
        if (backend->timer_fd < 0)
                return why_errno(why, -errno, "backend", NULL);
        backend->heap = calloc(config->web.max_connections, sizeof *backend->heap);
        if (!backend->heap)
                return why_errno(why, -ENOMEM, "--max-connections", NULL);
        return web_start(
                &backend->web, worker, &config->web, config->service_ns, 0, answer, backend, why);
}

static void backend_teardown(struct worker *worker)
{
        struct backend *backend = worker->state;

        if (!backend)
                return;
        while (backend->n_heap > 0)
                web_resume(heap_pop(backend).request,
                        web_refusal(&backend->web, MHD_HTTP_SERVICE_UNAVAILABLE));
        web_stop(&backend->web);
        if (backend->timer_fd >= 0)
                close(backend->timer_fd);
        free(backend->heap);
        free(backend);
        worker->state = NULL;
}

static void answer_due(struct backend *backend, struct worker *worker)
{
        uint64_t now_ns = clock_now_ns();

        if (backend->n_heap == 0 || backend->heap[0].due_ns > now_ns)
                return;
        while (backend->n_heap > 0 && backend->heap[0].due_ns <= now_ns) {
                struct web_request *request = heap_pop(backend).request;
                struct web_reply reply;

                if (make_reply(request, &reply) < 0) {
                        worker_add(worker, WEB_OUT_OF_MEMORY, 1);
                        reply = web_refusal(&backend->web, MHD_HTTP_SERVICE_UNAVAILABLE);
                }
                web_resume(request, reply);
        }
        worker_set(worker, IN_SERVICE, backend->n_heap);
}

/* Service times may be shorter than a poll's milliseconds: hence the timer. */
static int set_timer(struct backend *backend)
{
        uint64_t due_ns = backend->n_heap > 0 ? backend->heap[0].due_ns : CLOCK_NEVER;
        struct itimerspec at = {};

        if (due_ns == backend->timer_due_ns)
                return 0;
        if (due_ns != CLOCK_NEVER) {
                at.it_value.tv_sec = (time_t)(due_ns / NS_PER_S);
                at.it_value.tv_nsec = (long)(due_ns % NS_PER_S);
        }
        if (timerfd_settime(backend->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
                return -errno;
        backend->timer_due_ns = due_ns;
        return 0;
}

static int backend_loop(struct worker *worker, struct why *why)
{
        struct backend *backend = worker->state;
        struct pollfd fds[] = {
                {.fd = httpd_fd(&backend->web.httpd), .events = POLLIN},
                {.fd = worker->stop->fd, .events = POLLIN},
                {.fd = backend->timer_fd, .events = POLLIN},
        };

        while (!worker_stopping(worker)) {
                int r = set_timer(backend);

                if (r == 0 && poll(fds, ARRAY_SIZE(fds), web_timeout_ms(&backend->web)) < 0)
                        r = errno == EINTR ? 0 : -errno;
                if (r < 0)
                        return why_errno(why, r, "backend", NULL);
                answer_due(backend, worker);
                web_run(&backend->web);
        }
        return 0;
}

extern const struct workload workload_backend;
const struct workload workload_backend = {
        .name = "backend",
        .summary = "the web servers' database, simulated: answers that follow from the query",
        .options = options,
        .n_options = ARRAY_SIZE(options),
        .config_size = sizeof(struct backend_config),
        .counters = counters,
        .n_counters = ARRAY_SIZE(counters),
        .latencies = latencies,
        .n_latencies = ARRAY_SIZE(latencies),
        .check = backend_check,
        .setup = backend_setup,
        .teardown = backend_teardown,
        .loop = backend_loop,
};
