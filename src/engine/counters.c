/* SPDX-License-Identifier: Apache-2.0 */
#include "counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

static void *lines(size_t size)
{
        void *p = NULL;

        size = (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
        if (size == 0)
                size = CACHE_LINE;
        if (posix_memalign(&p, CACHE_LINE, size) != 0)
                return NULL;
        return memset(p, 0, size);
}

int cells_init(struct cells *cells, size_t n_counters, size_t n_latencies)
{
        *cells = (struct cells){
                .values = lines(n_counters * sizeof(uint64_t)),
                .corrected = lines(n_latencies * sizeof(struct hist)),
                .raw = lines(n_latencies * sizeof(struct hist)),
                .n_counters = n_counters,
                .n_latencies = n_latencies,
        };
        if (!cells->values || !cells->corrected || !cells->raw) {
                cells_fini(cells);
                return -ENOMEM;
        }
        return 0;
}

void cells_fini(struct cells *cells)
{
        free(cells->values);
        free(cells->corrected);
        free(cells->raw);
        *cells = (struct cells){0};
}

void cells_accumulate(struct cells *sum, const struct cells *cells)
{
        for (size_t i = 0; i < cells->n_counters; i++)
                sum->values[i] += cells_get(cells, i);
        for (size_t i = 0; i < sum->n_latencies; i++) {
                hist_add(&sum->corrected[i], &cells->corrected[i]);
                hist_add(&sum->raw[i], &cells->raw[i]);
        }
}

const char *counter_kind_name(enum counter_kind kind)
{
        static const char *const names[] = {
                [COUNTER_WORK] = "work",
                [COUNTER_EVENT] = "event",
                [COUNTER_ERROR] = "error",
                [COUNTER_WRONG] = "wrong",
                [COUNTER_GAUGE] = "gauge",
        };

        return names[kind];
}
