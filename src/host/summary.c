/* SPDX-License-Identifier: Apache-2.0 */
#include "summary.h"

#include "fmt.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *plural(unsigned n)
{
        return n == 1 ? "" : "s";
}

/* No time is no good time. */
static void print_times(FILE *to, const struct quantiles *q)
{
        char mean[FMT_SIZE], p95[FMT_SIZE], p99[FMT_SIZE];

        if (q->count == 0)
                fputs("no response", to);
        else
                fprintf(to, "average response %s (p95 %s, p99 %s)",
                        fmt_duration(mean, (uint64_t)q->mean_ns), fmt_duration(p95, q->p95_ns),
                        fmt_duration(p99, q->p99_ns));
}

void summary_headline(FILE *to, const struct step_window *w, const struct step_verdict *v)
{
        char rate[FMT_SIZE], errors[FMT_SIZE], guest_errors[FMT_SIZE];
        const char *judgement = w->interrupted ? "cut short" : v->valid ? "valid" : "NOT valid";
        char window[32] = "";

        if (w->repeat > 1)
                snprintf(window, sizeof window, " in window %u", w->repeat);
        fprintf(to, "%u tile%s (%zu guests) %s%s; %s requests/s; ", w->n_tiles, plural(w->n_tiles),
                w->n_guests - w->n_tiles, judgement, window,
                fmt_number(rate, v->rate, v->rate < 100 ? 1 : 0));
        print_times(to, &v->response);
        fputs("; ", to);
        if (v->errors + v->guest_errors == 0)
                fputs("no errors\n", to);
        else
                fprintf(to, "%s failed requests, %s errors in guests\n",
                        fmt_number(errors, (double)v->errors, 0),
                        fmt_number(guest_errors, (double)v->guest_errors, 0));
}

static void print_response(FILE *to, const char *from, const struct quantiles *q)
{
        char mean[FMT_SIZE], p50[FMT_SIZE], p95[FMT_SIZE], p99[FMT_SIZE], max[FMT_SIZE];

        if (q->count == 0)
                return;
        fprintf(to, "  from %-10s average %s, p50 %s, p95 %s, p99 %s, max %s\n", from,
                fmt_duration(mean, (uint64_t)q->mean_ns), fmt_duration(p50, q->p50_ns),
                fmt_duration(p95, q->p95_ns), fmt_duration(p99, q->p99_ns),
                fmt_duration(max, q->max_ns));
}

static void print_warm_up(FILE *to, const struct step_window *w)
{
        const struct settling *s = &w->settling;

        fprintf(to, "  warm-up         %.1f s", w->warmup_s);
        if (s->what[0])
                fprintf(to, ", NOT settled: %s still changed by %+.1f %% in %.0f s", s->what,
                        s->change_percent, s->window_s);
        else if (s->known)
                fputs(", settled", to);
        fputc('\n', to);
}

static void print_limits(FILE *to, const struct step_verdict *v)
{
        for (size_t i = 0; i < v->reached.n_items; i++)
                fprintf(to, "%s%s", i ? "; " : "  at its limit    ", v->reached.items[i].text);
        if (v->reached.n_items)
                fputc('\n', to);
}

static void print_figures(FILE *to, const struct step_window *w, const struct step_verdict *v)
{
        char requests[FMT_SIZE], offered[FMT_SIZE];
        double busy = 0, total = (double)cpu_total_ns(&w->host_cpu),
               answering_s = step_window_answering_s(w);
        uint64_t late = 0, dropped = 0;

        for (size_t i = 0; i < v->n_tiles; i++) {
                late += v->tiles[i].late;
                dropped += v->tiles[i].dropped;
        }
        if (total > 0)
                busy = (double)cpu_busy_ns(&w->host_cpu) / total * 100;
        print_warm_up(to, w);
        fprintf(to,
                "  requests        %s answered in %.1f s; offered %s/s; sent late %" PRIu64
                ", dropped %" PRIu64 "\n",
                fmt_number(requests, (double)v->requests, 0), w->seconds,
                fmt_number(offered, v->offered_rate, 1), late, dropped);
        print_response(to, "due time", &v->response);
        print_response(to, "sending", &v->raw);
        if (v->n_tiles > 1)
                fprintf(to,
                        "  fairness        Jain's index %.3f, worst tile's share %.3f of fair\n",
                        v->jain, v->worst_share);
        fprintf(to,
                "  this host       CPU %.1f %% busy, steal %.1f %%; measuring cost %.2f s of CPU",
                busy, total > 0 ? (double)w->host_cpu.steal_ns / total * 100 : 0,
                (double)w->cost.cpu_ns / 1e9);
        if (isfinite(answering_s))
                fprintf(to, ", answering %.2f s", answering_s);
        fputc('\n', to);
        print_limits(to, v);
}

static const char *work_unit(const struct guest_window *g)
{
        for (size_t i = 0; i < g->n_counts; i++)
                if (g->counts[i].kind == COUNTER_WORK)
                        return g->counts[i].unit;
        return "";
}

/* The guest's own processes, as far as we can tell them from its machine. */
static const struct guestinfo_process *processes(const struct guest_window *g)
{
        return g->local ? &g->local_sum : &g->process;
}

/* CPU that the guest used, as a share of one CPU. */
static double cpu_share(const struct guest_window *g)
{
        const struct guestinfo_process *p = processes(g);

        if (g->local || g->same_machine)
                return (double)(p->user_ns + p->system_ns) / 1e9 / g->seconds;
        return (double)cpu_busy_ns(&g->cpu) / 1e9 / g->seconds;
}

static void print_guest(FILE *to, const struct guest_window *g)
{
        char rate[FMT_SIZE], mean[FMT_SIZE] = "-", p99[FMT_SIZE] = "-", memory[FMT_SIZE];
        uint64_t errors = guest_window_sum(g, COUNTER_ERROR) + guest_window_sum(g, COUNTER_WRONG);

        if (g->problem[0]) {
                fprintf(to, "  %4u %-9s %s\n", g->tile, guest_name(g->guest), g->problem);
                return;
        }
        if (g->n_latencies && hist_count(&g->latencies[0].corrected)) {
                fmt_duration(mean, (uint64_t)hist_mean_ns(&g->latencies[0].corrected));
                fmt_duration(p99, hist_quantile_ns(&g->latencies[0].corrected, 0.99));
        }
        fprintf(to, "  %4u %-9s %11s %-13s %8" PRIu64 " %9s %9s %5.0f %% %5.0f %% %10s\n", g->tile,
                guest_name(g->guest), fmt_number(rate, guest_window_rate(g), 1), work_unit(g),
                errors, mean, p99, cpu_share(g) * 100,
                (double)processes(g)->queued_ns / 1e7 / g->seconds,
                fmt_size(memory, processes(g)->rss_bytes));
}

static void print_guests(FILE *to, const struct step_window *w)
{
        fprintf(to, "\n  %4s %-9s %11s %-13s %8s %9s %9s %7s %7s %10s\n", "tile", "guest", "work/s",
                "of", "errors", "average", "p99", "CPU", "queued", "memory");
        for (size_t i = 0; i < w->n_guests; i++)
                print_guest(to, &w->guests[i]);
}

static void print_drift(FILE *to, const struct step_window *w)
{
        for (size_t i = 0; i < w->n_guests; i++) {
                const struct guest_window *g = &w->guests[i];
                double drift = (g->clock_ratio - 1) * 100;

                if (!g->problem[0] && fabs(drift) > 1 + g->clock_error * 100)
                        fprintf(to, "\n  note: the clock of tile %u %s ran %.1f %% %s\n", g->tile,
                                guest_name(g->guest), fabs(drift), drift < 0 ? "slow" : "fast");
        }
}

/* Was it the clients, and not the host? */
static void print_clients(FILE *to, const struct step_window *w, const struct step_verdict *v)
{
        const struct client_use *c = &w->usage.clients;

        for (size_t i = 0; i < v->reached.n_items; i++)
                if (v->reached.items[i].resource == LIMIT_CLIENT) {
                        fprintf(to,
                                "\n  note: the external clients were a limit, not the host alone"
                                ": more tiles would not show what it can do\n");
                        break;
                }
        if (bottleneck_clients_starved(&w->usage))
                fprintf(to,
                        "\n  note: the external clients share this host's CPUs, which are all "
                        "busy: "
                        "%.1f %% of their requests were sent late\n",
                        c->late_share * 100);
}

/* The last words of guests in trouble. */
static void print_consoles(FILE *to, const struct step_window *w)
{
        for (size_t i = 0; i < w->n_guests; i++) {
                const struct guest_window *g = &w->guests[i];
                const char *line = g->console;

                if (!line || !*line)
                        continue;
                fprintf(to, "\n  console of tile %u %s:\n", g->tile, guest_name(g->guest));
                while (*line) {
                        size_t length = strcspn(line, "\n");

                        fprintf(to, "    %.*s\n", (int)length, line);
                        line += length + (line[length] == '\n');
                }
        }
}

void summary_step(FILE *to, const struct step_window *w, const struct step_verdict *v)
{
        summary_headline(to, w, v);
        print_figures(to, w, v);
        print_guests(to, w);
        print_drift(to, w);
        print_clients(to, w, v);
        for (size_t i = 0; i < v->n_tiles; i++)
                for (size_t j = 0; j < v->tiles[i].n_reasons; j++)
                        fprintf(to, "%s  tile %u is not valid: %s\n", i + j ? "" : "\n",
                                v->tiles[i].tile, v->tiles[i].reasons[j]);
        print_consoles(to, w);
        fputc('\n', to);
}
