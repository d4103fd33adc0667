/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the external clients used of their machine, and whether they were in time.
 */
#include "window.h"

#include <math.h>
#include <string.h>

static double percent_of(uint64_t ns, const struct guest_window *g)
{
        return g->seconds > 0 ? (double)ns / 1e7 / g->seconds : 0;
}

/* Sent late, or not yet looked at. What was dropped had its turn: that is the server's doing. */
static double late_of(const struct guest_window *g)
{
        double late = (double)guest_window_count(g, "late");

        for (size_t i = 0; i < g->n_counts; i++)
                if (g->counts[i].kind == COUNTER_GAUGE && strcmp(g->counts[i].name, "overdue") == 0)
                        late += fmax(0, (double)g->counts[i].value - (double)g->counts[i].start);
        return late;
}

static double machine_busy(const struct guest_window *g)
{
        uint64_t total = cpu_total_ns(&g->cpu);

        return total ? (double)(cpu_busy_ns(&g->cpu) + g->cpu.steal_ns) * 100 / (double)total : NAN;
}

struct client_use step_window_clients(const struct step_window *window)
{
        struct client_use use = {.here = true, .busy_percent = NAN};
        double late = 0, offered = 0;

        for (size_t i = 0; i < window->n_guests; i++) {
                const struct guest_window *g = &window->guests[i];

                if (g->guest != GUEST_EXTERNAL || g->problem[0])
                        continue;
                late += late_of(g);
                offered += guest_window_offered(g);
                use.busiest_cpu_percent = fmax(use.busiest_cpu_percent,
                        percent_of(g->process.user_ns + g->process.system_ns, g));
                use.busiest_queued_percent =
                        fmax(use.busiest_queued_percent, percent_of(g->process.queued_ns, g));
                if (g->same_machine)
                        continue;
                use.here = false;
                use.busy_percent = fmax(use.busy_percent, machine_busy(g));
        }
        use.late_share = offered > 0 ? fmin(1, late / offered) : 0;
        return use;
}
