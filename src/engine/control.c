/* SPDX-License-Identifier: Apache-2.0 */
#include "control.h"

#include <errno.h>
#include <string.h>

#define TYPE_TEXT        "text/plain; charset=utf-8"
#define TYPE_JSON        "application/json"
#define TYPE_PROMETHEUS  "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_OPENMETRICS "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* Queues text, which is owned by the response if must_free. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type,
        char *text, bool must_free)
{
        struct MHD_Response *response;
        enum MHD_Result r;

        if (!text) {
                status = MHD_HTTP_INTERNAL_SERVER_ERROR;
                type = TYPE_TEXT;
                text = (char *)"out of memory\n";
                must_free = false;
        }
        response = MHD_create_response_from_buffer(
                strlen(text), text, must_free ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
        if (!response)
                return MHD_NO;
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
                MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
        r = MHD_queue_response(connection, status, response);
        MHD_destroy_response(response);
        return r;
}

static enum MHD_Result complain(
        struct MHD_Connection *connection, unsigned status, const char *text)
{
        return answer(connection, status, TYPE_TEXT, (char *)text, false);
}

struct query {
        bool allowed; /* on this path */
        bool brief, sums;
        bool bad;
};

/* A bare key means yes. */
static bool take_flag(const char *value, bool *ret)
{
        *ret = !value || strcmp(value, "1") == 0;
        return *ret || strcmp(value, "0") == 0;
}

static enum MHD_Result look_at_argument(
        void *context, enum MHD_ValueKind kind, const char *key, const char *value)
{
        struct query *query = context;

        if (query->allowed && strcmp(key, "brief") == 0 && take_flag(value, &query->brief))
                return MHD_YES;
        if (query->allowed && strcmp(key, "sums") == 0 && take_flag(value, &query->sums))
                return MHD_YES;
        query->bad = true;
        return MHD_YES;
}

static enum MHD_Result answer_stats(struct MHD_Connection *connection,
        const struct snapshot *snapshot, enum snapshot_detail detail)
{
        json_t *json = detail == SNAPSHOT_SUMS ? NULL : snapshot_json(snapshot, detail);
        char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

        json_decref(json);
        if (detail == SNAPSHOT_SUMS)
                text = snapshot_sums(snapshot);
        return answer(connection,
                snapshot->state == ROLE_FAILED ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK,
                TYPE_JSON, text, true);
}

static enum MHD_Result answer_metrics(
        struct MHD_Connection *connection, const struct snapshot *snapshot)
{
        const char *accept =
                MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
        bool openmetrics = accept && strstr(accept, "application/openmetrics-text");

        return answer(connection, MHD_HTTP_OK, openmetrics ? TYPE_OPENMETRICS : TYPE_PROMETHEUS,
                snapshot_metrics(snapshot, openmetrics), true);
}

static enum MHD_Result answer_health(
        struct MHD_Connection *connection, const struct snapshot *snapshot)
{
        const char *detail = snapshot->detail;
        char *text;

        if (asprintf(&text, "%s%s%s\n", role_state_name(snapshot->state), detail ? ": " : "",
                    detail ? detail : "") < 0)
                text = NULL;
        return answer(connection,
                snapshot->state == ROLE_READY ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
                TYPE_TEXT, text, true);
}

enum path {
        PATH_UNKNOWN,
        PATH_METRICS,
        PATH_STATS,
        PATH_HEALTH,
};

static enum path path_of(const char *url)
{
        if (strcmp(url, "/metrics") == 0)
                return PATH_METRICS;
        if (strcmp(url, "/stats.json") == 0)
                return PATH_STATS;
        if (strcmp(url, "/healthz") == 0)
                return PATH_HEALTH;
        return PATH_UNKNOWN;
}

static enum MHD_Result answer_path(struct control *control, struct MHD_Connection *connection,
        enum path path, enum snapshot_detail detail)
{
        struct snapshot snapshot = {0};
        enum MHD_Result result;

        if (control->take(control->context, detail, &snapshot) < 0)
                return answer(connection, 0, NULL, NULL, false);
        if (path == PATH_STATS)
                result = answer_stats(connection, &snapshot, detail);
        else if (path == PATH_METRICS)
                result = answer_metrics(connection, &snapshot);
        else
                result = answer_health(connection, &snapshot);
        cells_fini(&snapshot.sum);
        return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *body, size_t *body_size, void **seen)
{
        static int first_call;
        enum path path = path_of(url);
        struct query query = {.allowed = path == PATH_STATS};
        enum snapshot_detail detail = SNAPSHOT_FULL;

        if (!*seen) { /* headers only: a response now would end keep-alive */
                *seen = &first_call;
                return MHD_YES;
        }
        if (*body_size) { /* nobody wants a body, but it must be taken */
                *body_size = 0;
                return MHD_YES;
        }
        if (path == PATH_UNKNOWN)
                return complain(connection, MHD_HTTP_NOT_FOUND,
                        "not found: here are /metrics, /stats.json and /healthz\n");
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
                return complain(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                        "method not allowed: this endpoint is only read, by GET or HEAD\n");
        MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, look_at_argument, &query);
        if (query.bad)
                return complain(connection, MHD_HTTP_BAD_REQUEST,
                        "bad query: only /stats.json takes one, brief=1 or sums=1\n");
        if (query.sums || path == PATH_HEALTH)
                detail = SNAPSHOT_SUMS;
        else if (query.brief)
                detail = SNAPSHOT_BRIEF;
        return answer_path(context, connection, path, detail);
}

int control_start(struct control *control, const char *listen, control_take *take, void *context,
        struct why *why)
{
        struct httpd_config config = {
                .listen = listen,
                .what = "--listen",
                .handler = handle,
                .context = control,
                .max_connections = 256,
                .timeout_s = 10,
                .connection_memory = 8192,
        };

        control->take = take;
        control->context = context;
        return httpd_start(&control->httpd, &config, why);
}

void control_stop(struct control *control)
{
        httpd_stop(&control->httpd);
}
