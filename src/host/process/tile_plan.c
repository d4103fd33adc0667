/* SPDX-License-Identifier: Apache-2.0 */
#include "tile_plan.h"

#include "control.h"

#include <assert.h>
#include <errno.h>

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

/* The whole command line, from what the role is told. */
static int complete(struct role_plan *plan, const struct launch_config *config,
        const struct role_place *place, unsigned tile, unsigned guest)
{
        int r = role_keys_init(&plan->keys, config, place, tile, guest);

        if (r < 0)
                return r;
        add(plan, config->program);
        add(plan, guest_role(guest));
        for (size_t i = 0; i < plan->keys.n_items; i++) {
                int n = snprintf(
                        plan->options[i], sizeof plan->options[i], "--%s", plan->keys.items[i].key);

                assert(n > 0 && (size_t)n < sizeof plan->options[i]);
                add(plan, plan->options[i]);
                add(plan, plan->keys.items[i].value);
        }
        return 0;
}

static void set_address(struct role_plan *plan, unsigned tile, unsigned guest)
{
        unsigned host = guest == GUEST_EXTERNAL ? EXTERNAL_HOST : guest;

        snprintf(plan->address, sizeof plan->address, "127.%u.%u.1", tile % 256, host % 256);
        snprintf(plan->url, sizeof plan->url, "http://%s:%d", plan->address, CONTROL_PORT);
        snprintf(plan->listen, sizeof plan->listen, "%s:%d", plan->address, CONTROL_PORT);
}

int role_plan_init(
        struct role_plan *plan, const struct launch_config *config, unsigned tile, unsigned guest)
{
        struct role_place place = {
                .listen = plan->listen,
                .serve = plan->serve,
                .peer = plan->peer,
                .file = "disk.dat",
                .socket = DATABASE_DIRECTORY "/" DATABASE_SOCKET,
        };

        if (tile < 1 || tile > TILE_PLAN_MAX_TILE || guest > TILE_GUESTS)
                return -ERANGE;

        *plan = (struct role_plan){0};
        set_address(plan, tile, guest);
        snprintf(plan->serve, sizeof plan->serve, "%s:%d", plan->address, HTTP_PORT);
        snprintf(plan->peer, sizeof plan->peer, "http://127.%u.%u.1:%d", tile, role_peer(guest),
                HTTP_PORT);
        return complete(plan, config, &place, tile, guest);
}

int role_plan_init_external(struct role_plan *plan, const struct launch_config *config,
        unsigned tile, const char *target, const char *host)
{
        struct role_place place = {.listen = plan->listen, .peer = plan->peer};
        int n = 0;

        if (tile < 1 || tile > TILE_PLAN_MAX_TILE)
                return -ERANGE;

        *plan = (struct role_plan){0};
        if (host) {
                unsigned port = CONTROL_PORT + tile - 1;

                snprintf(plan->listen, sizeof plan->listen, "%u", port);
                n = snprintf(plan->url, sizeof plan->url, "http://%s:%u", host, port);
        } else {
                set_address(plan, tile, GUEST_EXTERNAL);
        }
        if (n < 0 || (size_t)n >= sizeof plan->url)
                return -ENAMETOOLONG;
        n = snprintf(plan->peer, sizeof plan->peer, "http://%s", target);
        if (n < 0 || (size_t)n >= sizeof plan->peer)
                return -ENAMETOOLONG;
        return complete(plan, config, &place, tile, GUEST_EXTERNAL);
}
