/* SPDX-License-Identifier: Apache-2.0 */
#include "meter.h"

#include "macro.h"
#include "window.h"

#include <errno.h>

static size_t read_remotes(const struct meter *meter, struct remote_counts **ret)
{
        *ret = calloc(REMOTES_MAX, sizeof **ret);
        return *ret ? meter->remotes_read(meter->context, *ret, REMOTES_MAX) : 0;
}

int meter_begin(struct meter *meter)
{
        int r = host_counts_read(&meter->host, "");

        meter_look(meter);
        guestinfo_read_cpu(&meter->cpu);
        guestinfo_read_psi(&meter->psi);
        if (meter->remotes_read)
                meter->n_remotes = read_remotes(meter, &meter->remotes);
        return r;
}

void meter_look(struct meter *meter)
{
        uint64_t now = host_memory_available(""), *least = &meter->memory_available_bytes;

        *least = *least ? MIN(*least, now) : now;
}

static int end_remotes(const struct meter *meter, struct usage *usage)
{
        _cleanup_free_ struct remote_counts *now = NULL;
        size_t n = meter->n_remotes ? MIN(read_remotes(meter, &now), meter->n_remotes) : 0;

        usage->remotes = calloc(n + 1, sizeof *usage->remotes);
        if (!usage->remotes)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                usage->remotes[usage->n_remotes++] = remote_use_of(&meter->remotes[i], &now[i]);
        return 0;
}

int meter_end(
        struct meter *meter, double seconds, struct usage *usage, struct guestinfo_cpu *ret_cpu)
{
        struct host_counts now;
        struct guestinfo_cpu cpu;
        struct guestinfo_psi psi;
        int r;

        guestinfo_read_cpu(&cpu);
        guestinfo_read_psi(&psi);
        r = host_counts_read(&now, "");
        meter_look(meter);
        usage_fini(usage);
        usage->seconds = seconds;
        usage->psi = psi_difference(meter->psi, psi);
        *ret_cpu = cpu_difference(meter->cpu, cpu);
        if (r == 0)
                r = host_use_fill(&usage->host, &meter->host, &now, seconds);
        usage->host.memory_available_bytes = meter->memory_available_bytes;
        host_counts_fini(&now);
        return r == 0 ? end_remotes(meter, usage) : r;
}

void meter_fini(struct meter *meter)
{
        host_counts_fini(&meter->host);
        free(meter->remotes);
        *meter = (struct meter){0};
}
