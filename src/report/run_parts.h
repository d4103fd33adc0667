/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts that run_file.c puts together. All return 0, -EINVAL or -ENOMEM with *source->why; what
 * they have filled until then is freed with the run_file.
 */
#pragma once

#include "json_fields.h"
#include "run_file.h"

/* An object of quantiles. */
int run_quantiles_read(const struct json_source *source, const struct json_place *place,
        const json_t *object, const char *key, struct run_quantiles *ret);

/* json: the guest, which loses what is in *ret by then and is large: latencies, counters, series.
 */
int run_guest_read(const struct json_source *source, const struct json_place *place, json_t *json,
        struct run_guest *ret);
void run_guest_fini(struct run_guest *guest);

int run_tile_read(const struct json_source *source, const struct json_place *place, json_t *json,
        struct run_tile *ret);
void run_tile_fini(struct run_tile *tile);

int run_step_read(const struct json_source *source, const struct json_place *place, json_t *json,
        struct run_step *ret);
void run_step_fini(struct run_step *step);

/* What a run_file only borrows: are the members of the kind that docs/results.md says? Then *ret is
 * the object or list. What need not be there leaves *ret as it is. */
int run_manifest_check(
        const struct json_source *source, const json_t *document, const json_t **ret);
int run_limits_check(const struct json_source *source, const json_t *document, const json_t **ret);
int run_notes_check(const struct json_source *source, const json_t *document, const json_t **ret);
int run_placement_check(
        const struct json_source *source, const json_t *document, const json_t **ret);
int run_resources_check(const struct json_source *source, const struct json_place *step_place,
        const json_t *step, const json_t **ret);
