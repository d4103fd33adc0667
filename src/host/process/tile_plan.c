/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_plan.h"

#include "control.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#define HTTP_PORT 8080

/* The external client's place in its tile's addresses: no guest's. */
#define EXTERNAL_HOST 9

static const struct {
        enum start_stage start;
        enum end_stage end;
} stages[TILE_PROCESSES] = {
        [GUEST_EXTERNAL] = {START_EXTERNAL, END_LOADS},
        [GUEST_WEB1] = {START_SERVERS, END_SERVERS},
        [GUEST_WEB2] = {START_SERVERS, END_SERVERS},
        [GUEST_CLIENT] = {START_LOADS, END_LOADS},
        [GUEST_BACKEND] = {START_SERVERS, END_SERVERS},
        [GUEST_CPU] = {START_LOADS, END_LOADS},
        [GUEST_DISK] = {START_PREPARED, END_LOADS},
        [GUEST_OLTP] = {START_PREPARED, END_LOADS},
        [GUEST_IDLE] = {START_PREPARED, END_LOADS},
        [PROCESS_DATABASE] = {START_SERVERS, END_DATABASES},
};

enum start_stage process_start_stage(unsigned process)
{
        assert(process < TILE_PROCESSES);
        return stages[process].start;
}

enum end_stage process_end_stage(unsigned process)
{
        assert(process < TILE_PROCESSES);
        return stages[process].end;
}

const char *process_name(unsigned process)
{
        return process == PROCESS_DATABASE ? "mysql" : guest_name(process);
}

unsigned process_guest(unsigned process)
{
        return process == PROCESS_DATABASE ? (unsigned)GUEST_OLTP : process;
}

static void add(struct role_plan *plan, const char *argument)
{
        assert(plan->n_arguments < ROLE_PLAN_ARGUMENTS);
        plan->argv[plan->n_arguments++] = (char *)argument;
}

/* An option that the role's own default stands for when value is NULL. */
static void add_option(struct role_plan *plan, const char *option, const char *value)
{
        if (!value)
                return;
        add(plan, option);
        add(plan, value);
}

/* The same with a value made here. */
static void add_text(struct role_plan *plan, const char *option, const char *format, ...)
        _printf_(3, 4);

static void add_text(struct role_plan *plan, const char *option, const char *format, ...)
{
        char *text = plan->texts[plan->n_texts];
        va_list ap;
        int n;

        assert(plan->n_texts < ARRAY_SIZE(plan->texts));
        plan->n_texts++;
        va_start(ap, format);
        n = vsnprintf(text, sizeof plan->texts[0], format, ap);
        va_end(ap);
        assert(n >= 0 && (size_t)n < sizeof plan->texts[0]);
        add_option(plan, option, text);
}

static void add_server(struct role_plan *plan, const char *option, const char *scheme,
        unsigned tile, unsigned guest)
{
        add_text(plan, option, "%s127.%u.%u.1:%d", scheme, tile, guest, HTTP_PORT);
}

/* With no more decimals than it takes: "200", "0.25". */
static int add_rate(struct role_plan *plan, double rate_per_s)
{
        char text[sizeof plan->texts[0]];

        if (!(rate_per_s > 0) || isinf(rate_per_s))
                return -ERANGE;
        for (int decimals = 0; decimals < 20; decimals++) {
                int n = snprintf(text, sizeof text, "%.*f", decimals, rate_per_s);

                if (n < 0 || (size_t)n >= sizeof text)
                        break;
                if (strtod(text, NULL) == rate_per_s) {
                        add_text(plan, "--rate", "%s", text);
                        return 0;
                }
        }
        return -ERANGE;
}

static int add_external(struct role_plan *plan, const struct launch_config *config, unsigned tile)
{
        add_server(plan, "--target", "http://", tile, GUEST_WEB1);
        add_option(plan, "--mode", "open");
        add_option(plan, "--arrival", config->arrival);
        add_text(plan, "--max-in-flight", "%" PRIu64, config->max_in_flight);
        add_option(plan, "--dirs", config->dirs);
        return add_rate(plan, config->rate_per_s);
}

static void add_client(struct role_plan *plan, const struct launch_config *config, unsigned tile)
{
        add_server(plan, "--target", "http://", tile, GUEST_WEB2);
        add_option(plan, "--mode", "closed");
        add_option(plan, "--users", config->users);
        add_option(plan, "--think", config->think);
        add_option(plan, "--dirs", config->dirs);
}

static int add_role(
        struct role_plan *plan, const struct launch_config *config, unsigned tile, unsigned guest)
{
        switch ((enum tile_guest)guest) {
        case GUEST_EXTERNAL:
                return add_external(plan, config, tile);
        case GUEST_WEB1:
        case GUEST_WEB2:
                add_server(plan, "--serve", "", tile, guest);
                add_server(plan, "--backend", "http://", tile, GUEST_BACKEND);
                add_option(plan, "--dirs", config->dirs);
                return 0;
        case GUEST_CLIENT:
                add_client(plan, config, tile);
                return 0;
        case GUEST_BACKEND:
                add_server(plan, "--serve", "", tile, guest);
                return 0;
        case GUEST_CPU:
                add_option(plan, "--memory", config->cpu_memory);
                return 0;
        case GUEST_DISK:
                add_option(plan, "--file", "disk.dat");
                add_option(plan, "--size", config->disk_size);
                return 0;
        case GUEST_OLTP:
                add_option(plan, "--socket", DATABASE_DIRECTORY "/" DATABASE_SOCKET);
                add_option(plan, "--table-size", config->oltp_rows);
                add_option(plan, "--threads", config->oltp_threads);
                return 0;
        case GUEST_IDLE:
                return 0;
        }
        return -ERANGE;
}

int role_plan_init(
        struct role_plan *plan, const struct launch_config *config, unsigned tile, unsigned guest)
{
        if (tile < 1 || tile > TILE_PLAN_MAX_TILE || guest > TILE_GUESTS)
                return -ERANGE;

        *plan = (struct role_plan){0};
        snprintf(plan->address, sizeof plan->address, "127.%u.%u.1", tile,
                guest == GUEST_EXTERNAL ? EXTERNAL_HOST : guest);
        snprintf(plan->url, sizeof plan->url, "http://%s:%d", plan->address, CONTROL_PORT);

        add(plan, config->program);
        add(plan, guest_role(guest));
        add_text(plan, "--listen", "%s:%d", plan->address, CONTROL_PORT);
        add_text(plan, "--tile", "%u", tile);
        add_text(plan, "--guest", "%u", guest);
        add_text(plan, "--seed", "%" PRIu64, config->seed);
        return add_role(plan, config, tile, guest);
}
