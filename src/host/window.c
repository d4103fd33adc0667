/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct guestinfo_cpu cpu_difference(struct guestinfo_cpu a, struct guestinfo_cpu b)
{
        return (struct guestinfo_cpu){
                .user_ns = grown(b.user_ns, a.user_ns),
                .nice_ns = grown(b.nice_ns, a.nice_ns),
                .system_ns = grown(b.system_ns, a.system_ns),
                .idle_ns = grown(b.idle_ns, a.idle_ns),
                .iowait_ns = grown(b.iowait_ns, a.iowait_ns),
                .irq_ns = grown(b.irq_ns, a.irq_ns),
                .softirq_ns = grown(b.softirq_ns, a.softirq_ns),
                .steal_ns = grown(b.steal_ns, a.steal_ns),
        };
}

struct guestinfo_psi psi_difference(struct guestinfo_psi a, struct guestinfo_psi b)
{
        return (struct guestinfo_psi){
                .has = a.has && b.has,
                .cpu_some_us = grown(b.cpu_some_us, a.cpu_some_us),
                .io_some_us = grown(b.io_some_us, a.io_some_us),
                .io_full_us = grown(b.io_full_us, a.io_full_us),
                .memory_some_us = grown(b.memory_some_us, a.memory_some_us),
                .memory_full_us = grown(b.memory_full_us, a.memory_full_us),
        };
}

struct guestinfo_process process_difference(struct guestinfo_process a, struct guestinfo_process b)
{
        return (struct guestinfo_process){
                .user_ns = grown(b.user_ns, a.user_ns),
                .system_ns = grown(b.system_ns, a.system_ns),
                .queued_ns = grown(b.queued_ns, a.queued_ns),
                .rss_bytes = b.rss_bytes,
                .voluntary_switches = grown(b.voluntary_switches, a.voluntary_switches),
                .involuntary_switches = grown(b.involuntary_switches, a.involuntary_switches),
                .threads = b.threads,
        };
}

uint64_t cpu_busy_ns(const struct guestinfo_cpu *cpu)
{
        return cpu->user_ns + cpu->nice_ns + cpu->system_ns + cpu->irq_ns + cpu->softirq_ns;
}

uint64_t cpu_total_ns(const struct guestinfo_cpu *cpu)
{
        return cpu_busy_ns(cpu) + cpu->idle_ns + cpu->iowait_ns + cpu->steal_ns;
}

static void guest_window_fini(struct guest_window *guest)
{
        free(guest->counts);
        free(guest->latencies);
        free(guest->points);
        json_decref(guest->config);
        free(guest->console);
}

void step_window_fini(struct step_window *window)
{
        for (size_t i = 0; i < window->n_guests; i++)
                guest_window_fini(&window->guests[i]);
        free(window->guests);
        usage_fini(&window->usage);
        *window = (struct step_window){0};
}

double step_window_answering_s(const struct step_window *window)
{
        uint64_t sum_ns = 0;

        for (size_t i = 0; i < window->n_guests; i++) {
                const struct guest_window *g = &window->guests[i];

                if (!g->local || !g->answering_ns)
                        return NAN;
                sum_ns += g->answering_ns;
        }
        return window->n_guests ? (double)sum_ns / 1e9 : NAN;
}

double guest_window_standstill_s(const struct guest_window *guest)
{
        double since_s = 0, longest_s = 0;
        uint64_t work = 0;

        for (size_t i = 0; i < guest->n_points; i++) {
                const struct point *p = &guest->points[i];

                if (p->work == work) {
                        longest_s = fmax(longest_s, p->t_s - since_s);
                } else {
                        work = p->work;
                        since_s = p->t_s;
                }
        }
        return longest_s;
}

void step_window_find_twins(struct step_window *window)
{
        for (size_t i = 1; i < window->n_guests; i++) {
                struct guest_window *g = &window->guests[i];

                for (size_t j = 0; j < i && g->start_id[0] && !g->problem[0]; j++)
                        if (strcmp(window->guests[j].start_id, g->start_id) == 0)
                                snprintf(g->problem, sizeof g->problem,
                                        "is the same process as guest %u of tile %u",
                                        window->guests[j].guest, window->guests[j].tile);
        }
}

uint64_t guest_window_count(const struct guest_window *guest, const char *name)
{
        for (size_t i = 0; i < guest->n_counts; i++)
                if (strcmp(guest->counts[i].name, name) == 0)
                        return guest->counts[i].value;
        return 0;
}

double guest_window_offered(const struct guest_window *guest)
{
        double sum = 0;

        for (size_t i = 0; i < guest->n_counts; i++) {
                const struct count *c = &guest->counts[i];

                if (strcmp(c->name, "offered") == 0)
                        sum += (double)c->value;
                else if (strcmp(c->name, "overdue") == 0)
                        sum += (double)c->value - (double)c->start;
        }
        return fmax(sum, 0);
}

uint64_t guest_window_sum(const struct guest_window *guest, enum counter_kind kind)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < guest->n_counts; i++)
                if (guest->counts[i].kind == kind)
                        sum += guest->counts[i].value;
        return sum;
}

double guest_window_rate(const struct guest_window *guest)
{
        return guest->seconds > 0 ? (double)guest_window_sum(guest, COUNTER_WORK) / guest->seconds
                                  : 0;
}
