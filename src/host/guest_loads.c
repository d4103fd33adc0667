/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_loads.h"

#include <inttypes.h>

#define LOADS(member) offsetof(struct guest_loads, member)

/* The bounds are those of the roles' own options, so that a slip is found before anything is
 * started. */
const struct option guest_load_options[N_GUEST_LOAD_OPTIONS] = {
        {"dirs", OPTION_COUNT, LOADS(dirs), NULL, NULL, "webserver and webclient --dirs", .min = 1,
                .max = 99999},
        {"users", OPTION_COUNT, LOADS(users), NULL, NULL, "webclient (guest 3) --users", .min = 1,
                .max = 100000},
        {"think", OPTION_DURATION, LOADS(think_ns), NULL, NULL, "webclient (guest 3) --think"},
        {"cpu-memory", OPTION_SIZE, LOADS(cpu_memory), NULL, NULL, "cpu --memory", .min = 1 << 20},
        {"cpu-threads", OPTION_COUNT, LOADS(cpu_threads), NULL, NULL, "cpu --threads", .min = 1,
                .max = 1024},
        {"cpu-operations", OPTION_STRING, LOADS(cpu_operations), NULL, "LIST", "cpu --operations"},
        {"cpu-think", OPTION_DURATION, LOADS(cpu_think_ns), NULL, NULL, "cpu --think"},
        {"disk-size", OPTION_SIZE, LOADS(disk_size), NULL, NULL, "disk --size", .min = 9 << 20},
        {"disk-max-rate", OPTION_NUMBER, LOADS(disk_max_rate), NULL, "PER-SECOND",
                "disk --max-rate", .max = 1000000},
        {"oltp-rows", OPTION_COUNT, LOADS(oltp_rows), NULL, NULL, "oltp --table-size", .min = 1,
                .max = INT32_MAX},
        {"oltp-threads", OPTION_COUNT, LOADS(oltp_threads), NULL, NULL, "oltp --threads", .min = 1,
                .max = 1024},
        {"oltp-think", OPTION_DURATION, LOADS(oltp_think_ns), NULL, NULL, "oltp --think"},
};

static const char *given(uint64_t value, const char *unit, char text[static 32])
{
        snprintf(text, 32, "%" PRIu64 "%s", value, unit);
        return value ? text : NULL;
}

void guest_loads_fill(struct launch_config *config, const struct guest_loads *loads,
        struct guest_load_texts *texts)
{
        char *rate = texts->items[9];

        config->dirs = given(loads->dirs, "", texts->items[0]);
        config->users = given(loads->users, "", texts->items[1]);
        config->think = given(loads->think_ns, "ns", texts->items[2]);
        config->cpu_memory = given(loads->cpu_memory, "", texts->items[3]);
        config->cpu_threads = given(loads->cpu_threads, "", texts->items[10]);
        config->cpu_operations = loads->cpu_operations;
        config->disk_size = given(loads->disk_size, "", texts->items[4]);
        config->oltp_rows = given(loads->oltp_rows, "", texts->items[5]);
        config->oltp_threads = given(loads->oltp_threads, "", texts->items[6]);
        config->cpu_think = given(loads->cpu_think_ns, "ns", texts->items[7]);
        config->oltp_think = given(loads->oltp_think_ns, "ns", texts->items[8]);
        snprintf(rate, sizeof texts->items[9], "%.9g", loads->disk_max_rate);
        config->disk_max_rate = loads->disk_max_rate > 0 ? rate : NULL;
}
