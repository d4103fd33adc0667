/* SPDX-License-Identifier: Apache-2.0 */
#include "role_keys.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

unsigned role_peer(unsigned guest)
{
        switch ((enum tile_guest)guest) {
        case GUEST_EXTERNAL:
                return GUEST_WEB1;
        case GUEST_WEB1:
        case GUEST_WEB2:
                return GUEST_BACKEND;
        case GUEST_CLIENT:
                return GUEST_WEB2;
        case GUEST_BACKEND:
        case GUEST_CPU:
        case GUEST_DISK:
        case GUEST_OLTP:
        case GUEST_IDLE:
                break;
        }
        return 0;
}

/* A key that the role's own default stands for when value is NULL. */
static void add(struct role_keys *keys, const char *key, const char *value)
{
        if (!value)
                return;
        assert(keys->n_items < ARRAY_SIZE(keys->items));
        keys->items[keys->n_items++] = (struct role_key){key, value};
}

/* The same with a value made here. */
static void add_text(struct role_keys *keys, const char *key, const char *format, ...)
        _printf_(3, 4);

static void add_text(struct role_keys *keys, const char *key, const char *format, ...)
{
        char *text = keys->texts[keys->n_texts];
        va_list ap;
        int n;

        assert(keys->n_texts < ARRAY_SIZE(keys->texts));
        keys->n_texts++;
        va_start(ap, format);
        n = vsnprintf(text, sizeof keys->texts[0], format, ap);
        va_end(ap);
        assert(n >= 0 && (size_t)n < sizeof keys->texts[0]);
        add(keys, key, text);
}

/* With no more decimals than it takes: "200", "0.25". */
static int add_rate(struct role_keys *keys, double rate_per_s)
{
        char text[sizeof keys->texts[0]];

        if (!(rate_per_s > 0) || isinf(rate_per_s))
                return -ERANGE;
        for (int decimals = 0; decimals < 20; decimals++) {
                int n = snprintf(text, sizeof text, "%.*f", decimals, rate_per_s);

                if (n < 0 || (size_t)n >= sizeof text)
                        break;
                if (strtod(text, NULL) == rate_per_s) {
                        add_text(keys, "rate", "%s", text);
                        return 0;
                }
        }
        return -ERANGE;
}

static int add_external(
        struct role_keys *keys, const struct launch_config *config, const struct role_place *place)
{
        add(keys, "target", place->peer);
        add(keys, "mode", "open");
        add(keys, "arrival", config->arrival);
        add_text(keys, "max-in-flight", "%" PRIu64, config->max_in_flight);
        add(keys, "dirs", config->dirs);
        return add_rate(keys, config->rate_per_s);
}

static void add_client(
        struct role_keys *keys, const struct launch_config *config, const struct role_place *place)
{
        add(keys, "target", place->peer);
        add(keys, "mode", "closed");
        add(keys, "users", config->users);
        add(keys, "think", config->think);
        add(keys, "dirs", config->dirs);
}

static int add_role(struct role_keys *keys, const struct launch_config *config,
        const struct role_place *place, unsigned guest)
{
        switch ((enum tile_guest)guest) {
        case GUEST_EXTERNAL:
                return add_external(keys, config, place);
        case GUEST_WEB1:
        case GUEST_WEB2:
                add(keys, "serve", place->serve);
                add(keys, "backend", place->peer);
                add(keys, "dirs", config->dirs);
                return 0;
        case GUEST_CLIENT:
                add_client(keys, config, place);
                return 0;
        case GUEST_BACKEND:
                add(keys, "serve", place->serve);
                return 0;
        case GUEST_CPU:
                add(keys, "memory", config->cpu_memory);
                add(keys, "threads", config->cpu_threads);
                add(keys, "operations", config->cpu_operations);
                add(keys, "think", config->cpu_think);
                return 0;
        case GUEST_DISK:
                add(keys, "file", place->file);
                add(keys, "size", config->disk_size);
                add(keys, "max-rate", config->disk_max_rate);
                return 0;
        case GUEST_OLTP:
                add(keys, "socket", place->socket);
                add(keys, "table-size", config->oltp_rows);
                add(keys, "threads", config->oltp_threads);
                add(keys, "think", config->oltp_think);
                return 0;
        case GUEST_IDLE:
                return 0;
        }
        return -ERANGE;
}

int role_keys_init(struct role_keys *keys, const struct launch_config *config,
        const struct role_place *place, unsigned tile, unsigned guest)
{
        assert(place->peer || !role_peer(guest));
        *keys = (struct role_keys){0};
        add(keys, "listen", place->listen);
        add_text(keys, "tile", "%u", tile);
        add_text(keys, "guest", "%u", guest);
        add_text(keys, "seed", "%" PRIu64, config->seed);
        return add_role(keys, config, place, guest);
}
