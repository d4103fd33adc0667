/* SPDX-License-Identifier: Apache-2.0 */
#include "hist_json.h"

#include <errno.h>
#include <string.h>

json_t *hist_to_json(const struct hist *hist)
{
        json_t *buckets = json_array();

        for (size_t i = 0; buckets && i < HIST_BUCKETS; i++) {
                if (hist->buckets[i] == 0)
                        continue;
                if (json_array_append_new(buckets, json_integer((json_int_t)i)) < 0 ||
                        json_array_append_new(buckets, json_integer((json_int_t)hist->buckets[i])) <
                                0) {
                        json_decref(buckets);
                        return NULL;
                }
        }
        return json_pack("{s:s, s:I, s:o}", "scheme", HIST_SCHEME, "sum_ns",
                (json_int_t)hist->sum_ns, "buckets", buckets);
}

/* A non-negative integer, or -1. */
static json_int_t natural(const json_t *json)
{
        return json_is_integer(json) ? json_integer_value(json) : -1;
}

int hist_from_json(const json_t *json, struct hist *ret)
{
        const char *scheme = json_string_value(json_object_get(json, "scheme"));
        const json_t *buckets = json_object_get(json, "buckets");
        json_int_t sum = natural(json_object_get(json, "sum_ns")), last = -1;
        size_t n = json_array_size(buckets);
        int64_t total = 0;

        if (!scheme || strcmp(scheme, HIST_SCHEME) != 0 || sum < 0 || !json_is_array(buckets) ||
                n % 2 != 0)
                return -EINVAL;
        memset(ret, 0, sizeof *ret);
        ret->sum_ns = (uint64_t)sum;
        for (size_t i = 0; i < n; i += 2) {
                json_int_t index = natural(json_array_get(buckets, i));
                json_int_t count = natural(json_array_get(buckets, i + 1));

                if (index <= last || index >= HIST_BUCKETS || count < 0 ||
                        __builtin_add_overflow(total, (int64_t)count, &total))
                        return -EINVAL;
                ret->buckets[index] = (uint64_t)count;
                last = index;
        }
        return 0;
}
