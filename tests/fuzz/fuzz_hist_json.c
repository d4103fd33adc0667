/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as JSON of a histogram, as it comes from a guest: refused, or a sound histogram.
 */
#include "fuzz.h"
#include "hist_json.h"

#include <errno.h>
#include <string.h>

static void check_there_and_back(const struct hist *hist)
{
        static struct hist again;
        json_t *json = hist_to_json(hist);

        CHECK(json);
        memset(&again, 0xa5, sizeof again);
        CHECK(hist_from_json(json, &again) == 0);
        CHECK(memcmp(hist, &again, sizeof again) == 0);
        json_decref(json);
}

static void check_quantiles(const struct hist *hist)
{
        static const double shares[] = {0, 0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
        uint64_t n = hist_count(hist), before = 0, last = 0;

        CHECK(n <= INT64_MAX);
        CHECK(hist_mean_ns(hist) >= 0);
        for (size_t i = 0; i < HIST_BUCKETS; i++)
                if (hist->buckets[i])
                        last = hist_value_ns(i);
        for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
                uint64_t value = hist_quantile_ns(hist, shares[i]);

                CHECK(value >= before);
                if (n)
                        CHECK(hist->buckets[hist_index(value)] > 0);
                before = value;
        }
        CHECK(before == last);
}

static void check_window(const struct hist *hist)
{
        static struct hist sum, window, empty;

        CHECK(hist_subtract(&window, hist, hist) == 0);
        CHECK(memcmp(&window, &empty, sizeof empty) == 0);
        CHECK(hist_subtract(&window, hist, &empty) == 0);
        CHECK(memcmp(&window, hist, sizeof window) == 0);
        sum = *hist;
        hist_add(&sum, hist);
        CHECK(hist_subtract(&window, &sum, hist) == 0);
        CHECK(memcmp(&window, hist, sizeof window) == 0);
        if (hist_count(hist))
                CHECK(hist_subtract(&window, &empty, hist) == -ERANGE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY, NULL);
        static struct hist hist;
        int r;

        if (!json)
                return 0;
        r = hist_from_json(json, &hist);
        CHECK(r == 0 || r == -EINVAL);
        if (r == 0) {
                check_there_and_back(&hist);
                check_quantiles(&hist);
                check_window(&hist);
        }
        json_decref(json);
        return 0;
}
