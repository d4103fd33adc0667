/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run_file only borrows from its document: each member that is documented is of its kind.
 */
#include "run_parts.h"

#include <errno.h>

/* Values that are looked at and thrown away. */
union scratch {
        char text[8192];
        double number;
        uint64_t count;
        unsigned natural;
        bool flag;
};

#define ANY_TEXT    JSON_FIELD_WORD, 0, sizeof(union scratch)
#define ANY_COUNT   JSON_FIELD_COUNT, 0
#define ANY_NUMBER  JSON_FIELD_NUMBER, 0
#define MAYBE       .null = true
#define NEED_NOT_BE .null = true, .optional = true

static int check(const struct json_source *source, const struct json_place *place,
        const json_t *object, const struct json_field *fields, size_t n_fields)
{
        union scratch scratch;

        return json_fields_read(source, place, object, fields, n_fields, &scratch);
}

/* ---- the manifest ---- */

/* An object of texts. */
static int check_texts(const struct json_source *source, const struct json_place *place,
        const json_t *host, const char *key)
{
        const struct json_place at = {.up = place, .key = key};
        json_t *all = json_fields_object(source, place, host, key), *value;
        const char *name;

        if (!all)
                return -EINVAL;
        json_object_foreach(all, name, value)
        {
                const struct json_field field = {name, ANY_TEXT, MAYBE};
                int r = check(source, &at, all, &field, 1);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_host(
        const struct json_source *source, const struct json_place *place, const json_t *manifest)
{
        static const struct json_field fields[] = {
                {"hostname", ANY_TEXT},
                {"machine", ANY_TEXT},
                {"kernel", ANY_TEXT},
                {"kernel_version", ANY_TEXT},
                {"os", ANY_TEXT, MAYBE},
                {"cpu_model", ANY_TEXT, MAYBE},
                {"cpus", ANY_COUNT},
                {"numa_nodes", ANY_COUNT},
                {"memory_bytes", ANY_COUNT},
                {"clocksource", ANY_TEXT},
                {"is_virtual_machine", JSON_FIELD_FLAG, 0},
                {"cpu_governor", ANY_TEXT, MAYBE},
                {"ksm_run", ANY_TEXT, MAYBE},
                {"transparent_hugepages", ANY_TEXT, MAYBE},
                {"numa_balancing", ANY_TEXT, MAYBE},
                {"swappiness", ANY_TEXT, MAYBE},
                {"kernel_options", ANY_TEXT, MAYBE},
        };
        const struct json_place at = {.up = place, .key = "host"};
        const json_t *host = json_fields_object(source, place, manifest, "host");
        int r;

        if (!host)
                return -EINVAL;
        r = check(source, &at, host, fields, ARRAY_SIZE(fields));
        if (r == 0)
                r = check_texts(source, &at, host, "mitigations");
        if (r == 0 && json_object_get(host, "settings"))
                r = check_texts(source, &at, host, "settings");
        return r;
}

int run_manifest_check(const struct json_source *source, const json_t *document, const json_t **ret)
{
        static const struct json_field fields[] = {
                {"tileload_version", ANY_TEXT},
                {"started", ANY_TEXT},
        };
        const struct json_place root = {0}, at = {.up = &root, .key = "manifest"},
                                words_at = {.up = &at, .key = "command_line"},
                                options_at = {.up = &at, .key = "options"};
        const json_t *manifest = json_fields_object(source, &root, document, at.key);
        const json_t *words = NULL, *options = NULL;
        int r = manifest ? check(source, &at, manifest, fields, ARRAY_SIZE(fields)) : -EINVAL;

        if (r == 0)
                words = json_fields_list(source, &at, manifest, words_at.key);
        if (words)
                options = json_fields_object(source, &at, manifest, options_at.key);
        if (!options)
                return -EINVAL;
        r = json_fields_all_texts(source, &words_at, words);
        if (r == 0)
                r = json_fields_all_texts(source, &options_at, options);
        if (r == 0)
                r = check_host(source, &at, manifest);
        if (r == 0)
                *ret = manifest;
        return r;
}

/* ---- limits, notes, placement ---- */

int run_limits_check(const struct json_source *source, const json_t *document, const json_t **ret)
{
        static const struct json_field fields[] = {
                {"max_average_ms", ANY_NUMBER},
                {"max_p95_ms", ANY_NUMBER},
                {"max_p99_ms", ANY_NUMBER},
                {"max_error_share", ANY_NUMBER},
                {"min_achieved_share", ANY_NUMBER},
                {"max_standstill_ms", ANY_NUMBER},
        };
        const struct json_place root = {0}, at = {.up = &root, .key = "limits"};
        const json_t *limits = json_fields_object(source, &root, document, at.key);
        int r = limits ? check(source, &at, limits, fields, ARRAY_SIZE(fields)) : -EINVAL;

        if (r == 0)
                *ret = limits;
        return r;
}

int run_notes_check(const struct json_source *source, const json_t *document, const json_t **ret)
{
        const struct json_place root = {0}, at = {.up = &root, .key = "notes"};
        const json_t *notes = json_fields_list(source, &root, document, at.key);
        int r = notes ? json_fields_all_texts(source, &at, notes) : -EINVAL;

        if (r == 0)
                *ret = notes;
        return r;
}

static int check_places(
        const struct json_source *source, const struct json_place *place, const json_t *placement)
{
        static const struct json_field fields[] = {
                {"nodes", ANY_TEXT, NEED_NOT_BE},
                {"cpus", ANY_TEXT, NEED_NOT_BE},
        };
        const struct json_place at = {.up = place, .key = "guests"};
        json_t *guests = json_fields_object(source, place, placement, at.key), *value;
        const char *name;

        if (!guests)
                return -EINVAL;
        json_object_foreach(guests, name, value)
        {
                const struct json_place here = {.up = &at, .key = name};
                int r = check(source, &here, value, fields, ARRAY_SIZE(fields));

                if (r < 0)
                        return r;
        }
        return 0;
}

int run_placement_check(
        const struct json_source *source, const json_t *document, const json_t **ret)
{
        static const struct json_field fields[] = {
                {"mode", ANY_TEXT},
                {"path", ANY_TEXT, NEED_NOT_BE},
        };
        const struct json_place root = {0}, at = {.up = &root, .key = "placement"};
        const json_t *placement = json_object_get(document, at.key);
        int r;

        if (!placement || json_is_null(placement))
                return 0;
        r = check(source, &at, placement, fields, ARRAY_SIZE(fields));
        if (r == 0)
                r = check_places(source, &at, placement);
        if (r == 0)
                *ret = placement;
        return r;
}

/* ---- what a step used of the host ---- */

static const struct json_field resource_fields[] = {
        {"cpu_busy_percent", ANY_NUMBER, NEED_NOT_BE},
        {"cpu_busiest_percent", ANY_NUMBER, NEED_NOT_BE},
        {"cpu_steal_percent", ANY_NUMBER, NEED_NOT_BE},
        {"memory_bytes", ANY_NUMBER, NEED_NOT_BE},
        {"memory_available_bytes", ANY_NUMBER, NEED_NOT_BE},
        {"swap_in_bytes_per_s", ANY_NUMBER, NEED_NOT_BE},
        {"swap_out_bytes_per_s", ANY_NUMBER, NEED_NOT_BE},
};

static const struct json_field disk_fields[] = {
        {"name", ANY_TEXT},
        {"busy_percent", ANY_NUMBER, NEED_NOT_BE},
        {"read_bytes_per_s", ANY_NUMBER, NEED_NOT_BE},
        {"written_bytes_per_s", ANY_NUMBER, NEED_NOT_BE},
        {"await_ms", ANY_NUMBER, NEED_NOT_BE},
};

static const struct json_field network_fields[] = {
        {"name", ANY_TEXT},
        {"speed_bits_per_s", ANY_NUMBER, NEED_NOT_BE},
        {"received_bits_per_s", ANY_NUMBER, NEED_NOT_BE},
        {"sent_bits_per_s", ANY_NUMBER, NEED_NOT_BE},
        {"drops", ANY_NUMBER, NEED_NOT_BE},
};

static const struct json_field tcp_fields[] = {
        {"segments_sent", ANY_NUMBER, NEED_NOT_BE},
        {"retransmitted", ANY_NUMBER, NEED_NOT_BE},
        {"listen_overflows", ANY_NUMBER, NEED_NOT_BE},
        {"listen_drops", ANY_NUMBER, NEED_NOT_BE},
};

static const struct json_field client_fields[] = {
        {"late_share", ANY_NUMBER, NEED_NOT_BE},
        {"busiest_cpu_percent", ANY_NUMBER, NEED_NOT_BE},
        {"busiest_queued_percent", ANY_NUMBER, NEED_NOT_BE},
        {"same_machine", JSON_FIELD_FLAG, 0, NEED_NOT_BE},
};

static const struct json_field guest_host_fields[] = {
        {"name", ANY_TEXT},
        {"cpu_busy_percent", ANY_NUMBER, NEED_NOT_BE},
        {"memory_bytes", ANY_NUMBER, NEED_NOT_BE},
        {"memory_available_bytes", ANY_NUMBER, NEED_NOT_BE},
};

/* An object within the resources, which need not be there. */
static int check_object(const struct json_source *source, const struct json_place *place,
        const json_t *resources, const char *key, const struct json_field *fields, size_t n_fields)
{
        const struct json_place at = {.up = place, .key = key};
        const json_t *object = json_object_get(resources, key);

        if (!object || json_is_null(object))
                return 0;
        return check(source, &at, object, fields, n_fields);
}

/* Likewise a list of objects. */
static int check_objects(const struct json_source *source, const struct json_place *place,
        const json_t *resources, const char *key, const struct json_field *fields, size_t n_fields)
{
        const struct json_place at = {.up = place, .key = key};
        const json_t *list = json_object_get(resources, key);

        if (!list || json_is_null(list))
                return 0;
        if (!json_fields_list(source, place, resources, key))
                return -EINVAL;
        for (size_t i = 0; i < json_array_size(list); i++) {
                const struct json_place here = {.up = &at, .index = i};
                int r = check(source, &here, json_array_get(list, i), fields, n_fields);

                if (r < 0)
                        return r;
        }
        return 0;
}

int run_resources_check(const struct json_source *source, const struct json_place *step_place,
        const json_t *step, const json_t **ret)
{
        const struct json_place at = {.up = step_place, .key = "resources"};
        const json_t *all = json_object_get(step, at.key);
        int r;

        if (!all || json_is_null(all))
                return 0;
        r = check(source, &at, all, resource_fields, ARRAY_SIZE(resource_fields));
        if (r == 0)
                r = check_objects(source, &at, all, "disks", disk_fields, ARRAY_SIZE(disk_fields));
        if (r == 0)
                r = check_objects(
                        source, &at, all, "networks", network_fields, ARRAY_SIZE(network_fields));
        if (r == 0)
                r = check_objects(source, &at, all, "guest_hosts", guest_host_fields,
                        ARRAY_SIZE(guest_host_fields));
        if (r == 0)
                r = check_object(source, &at, all, "tcp", tcp_fields, ARRAY_SIZE(tcp_fields));
        if (r == 0)
                r = check_object(
                        source, &at, all, "clients", client_fields, ARRAY_SIZE(client_fields));
        if (r == 0)
                *ret = all;
        return r;
}
