/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot as Prometheus text or OpenMetrics.
 *
 * The two formats differ in one thing here: a counter's HELP and TYPE lines carry the sample's name
 * with _total in the former and without it in the latter. `# EOF`, which OpenMetrics demands, is a
 * comment in the other.
 */
#include "snapshot.h"

#include <inttypes.h>
#include <string.h>

struct page {
        FILE *to;
        bool openmetrics;
};

/* Upper edges of the exposed buckets: 1-2-5 from 10 us to 100 s. */
static const uint64_t edges_us[] = {10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000,
        50000, 100000, 200000, 500000, 1000000, 2000000, 5000000, 10000000, 20000000, 50000000,
        100000000};

static void head(const struct page *page, const char *name, const char *type, const char *help)
{
        bool counter = strcmp(type, "counter") == 0;
        const char *suffix = counter && !page->openmetrics ? "_total" : "";

        fprintf(page->to, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
                type);
}

static void put_counter(const struct page *page, const char *name, const char *help, double value)
{
        head(page, name, "counter", help);
        fprintf(page->to, "%s_total %.17g\n", name, value);
}

static void put_gauge(const struct page *page, const char *name, const char *help, double value)
{
        head(page, name, "gauge", help);
        fprintf(page->to, "%s %.17g\n", name, value);
}

static void put_label(const struct page *page, const char *name, const char *value)
{
        fprintf(page->to, "%s=\"", name);
        for (; *value; value++) {
                if (*value == '"' || *value == '\\' || *value == '\n')
                        fputc('\\', page->to);
                fputc(*value == '\n' ? 'n' : *value, page->to);
        }
        fputc('"', page->to);
}

static void put_info(const struct page *page, const struct snapshot *s)
{
        head(page, "tileload_role_info", "gauge", "Who answers here; the value is always 1.");
        fputs("tileload_role_info{", page->to);
        put_label(page, "role", s->workload->name);
        fprintf(page->to, ",tile=\"%u\",guest=\"%u\",start_id=\"%016" PRIx64 "\",version=\"%s\",",
                s->identity->tile, s->identity->guest, s->identity->start_id, TILELOAD_VERSION);
        put_label(page, "clocksource", s->guest.clocksource);
        fputs("} 1\n", page->to);
        put_gauge(
                page, "tileload_ready", "1 while the role does its work.", s->state == ROLE_READY);
        put_gauge(page, "tileload_uptime_seconds", "Time since the role was started.",
                (double)(s->taken_ns - s->identity->started_ns) / 1e9);
        put_gauge(page, "tileload_workers", "Worker threads.", s->n_workers);
}

/* Error kinds are one metric with a label, so that one query sums them. */
static void put_errors(const struct page *page, const struct snapshot *s)
{
        bool first = true;

        for (size_t i = 0; i < s->sum.n_counters; i++) {
                const struct counter *c = snapshot_counter(s->workload, i);

                if (c->kind != COUNTER_ERROR && c->kind != COUNTER_WRONG)
                        continue;
                if (first)
                        head(page, "tileload_errors", "counter",
                                "Failed operations by kind; wrong=\"yes\": answered, but wrongly.");
                first = false;
                fprintf(page->to, "tileload_errors_total{kind=\"%s\",wrong=\"%s\"} %" PRIu64 "\n",
                        c->name, c->kind == COUNTER_WRONG ? "yes" : "no", s->sum.values[i]);
        }
}

static void put_counters(const struct page *page, const struct snapshot *s)
{
        for (size_t i = 0; i < s->sum.n_counters; i++) {
                const struct counter *c = snapshot_counter(s->workload, i);
                char name[96];

                snprintf(name, sizeof name, "tileload_%s", c->name);
                if (c->kind == COUNTER_GAUGE)
                        put_gauge(page, name, c->help, (double)s->sum.values[i]);
                else if (c->kind == COUNTER_WORK || c->kind == COUNTER_EVENT)
                        put_counter(page, name, c->help, (double)s->sum.values[i]);
        }
}

static void put_histogram(
        const struct page *page, const char *name, const char *help, const struct hist *hist)
{
        uint64_t seen = 0;
        size_t bucket = 0;

        head(page, name, "histogram", help);
        for (size_t i = 0; i < ARRAY_SIZE(edges_us); i++) {
                uint64_t edge_ns = edges_us[i] * NS_PER_US;

                for (; bucket < HIST_BUCKETS && hist_value_ns(bucket) <= edge_ns; bucket++)
                        seen += hist->buckets[bucket];
                fprintf(page->to, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
                        (double)edges_us[i] / 1e6, seen);
        }
        fprintf(page->to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, hist_count(hist));
        fprintf(page->to, "%s_sum %.17g\n%s_count %" PRIu64 "\n", name, (double)hist->sum_ns / 1e9,
                name, hist_count(hist));
}

static void put_latencies(const struct page *page, const struct snapshot *s)
{
        for (size_t i = 0; i < s->sum.n_latencies; i++) {
                const struct latency *l = &s->workload->latencies[i];
                char name[96];

                snprintf(name, sizeof name, "tileload_%s_seconds", l->name);
                put_histogram(page, name, l->help, &s->sum.corrected[i]);
                snprintf(name, sizeof name, "tileload_%s_raw_seconds", l->name);
                put_histogram(
                        page, name, "The same, from when the operation was sent.", &s->sum.raw[i]);
        }
}

static void put_guest(const struct page *page, const struct guestinfo *g)
{
        put_counter(page, "tileload_process_cpu_seconds", "CPU time of this process.",
                (double)(g->process.user_ns + g->process.system_ns) / 1e9);
        put_counter(page, "tileload_process_queued_seconds",
                "Time that this process waited for a CPU.", (double)g->process.queued_ns / 1e9);
        put_gauge(page, "tileload_process_resident_memory_bytes", "Resident memory.",
                (double)g->process.rss_bytes);
        put_counter(page, "tileload_guest_steal_seconds",
                "CPU time that the hypervisor gave to others.", (double)g->cpu.steal_ns / 1e9);
        put_counter(page, "tileload_guest_cpu_idle_seconds", "Idle CPU time of the whole guest.",
                (double)(g->cpu.idle_ns + g->cpu.iowait_ns) / 1e9);
        if (!g->psi.has)
                return;
        put_counter(page, "tileload_guest_cpu_pressure_seconds",
                "Time in which some task waited for a CPU.", (double)g->psi.cpu_some_us / 1e6);
        put_counter(page, "tileload_guest_io_pressure_seconds",
                "Time in which some task waited for I/O.", (double)g->psi.io_some_us / 1e6);
        put_counter(page, "tileload_guest_memory_pressure_seconds",
                "Time in which some task waited for memory.", (double)g->psi.memory_some_us / 1e6);
}

char *snapshot_metrics(const struct snapshot *snapshot, bool openmetrics)
{
        char *text = NULL;
        size_t size;
        struct page page = {.to = open_memstream(&text, &size), .openmetrics = openmetrics};

        if (!page.to)
                return NULL;
        put_info(&page, snapshot);
        put_counters(&page, snapshot);
        put_errors(&page, snapshot);
        put_latencies(&page, snapshot);
        put_guest(&page, &snapshot->guest);
        fputs("# EOF\n", page.to);
        if (fclose(page.to) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
