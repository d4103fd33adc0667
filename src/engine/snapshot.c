/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot.h"

#include "hist_json.h"
#include "macro.h"
#include "option_json.h"
#include "textfile.h"

#include <inttypes.h>
#include <sys/random.h>
#include <sys/utsname.h>

const char *role_state_name(enum role_state state)
{
        static const char *const names[] = {
                [ROLE_STARTING] = "starting",
                [ROLE_READY] = "ready",
                [ROLE_STOPPING] = "stopping",
                [ROLE_FAILED] = "failed",
        };

        return names[state];
}

void identity_init(struct identity *identity, unsigned tile, unsigned guest)
{
        struct utsname name;

        *identity = (struct identity){
                .started_ns = clock_now_ns(),
                .started_real_ns = clock_real_ns(),
                .tile = tile,
                .guest = guest,
        };
        if (getrandom(&identity->start_id, sizeof identity->start_id, GRND_NONBLOCK) < 0)
                identity->start_id = rng_mix(identity->started_real_ns ^ (uint64_t)getpid() << 48);
        if (uname(&name) == 0)
                snprintf(identity->hostname, sizeof identity->hostname, "%s", name.nodename);
        if (textfile_read("/proc/sys/kernel/random/boot_id", identity->boot_id,
                    sizeof identity->boot_id) <= 0)
                snprintf(identity->boot_id, sizeof identity->boot_id, "unknown");
}

size_t snapshot_n_counters(const struct workload *workload)
{
        return workload->n_counters + (workload->flags & WORKLOAD_PACED ? N_FRAME_COUNTERS : 0);
}

const struct counter *snapshot_counter(const struct workload *workload, size_t i)
{
        return i < workload->n_counters ? &workload->counters[i]
                                        : &frame_counters[i - workload->n_counters];
}

static json_t *identity_json(const struct snapshot *s)
{
        char start_id[20];

        snprintf(start_id, sizeof start_id, "%016" PRIx64, s->identity->start_id);
        return json_pack("{s:s, s:s, s:i, s:i, s:s, s:i, s:s, s:s}", "role", s->workload->name,
                "version", TILELOAD_VERSION, "tile", (int)s->identity->tile, "guest",
                (int)s->identity->guest, "start_id", start_id, "pid", (int)getpid(), "hostname",
                s->identity->hostname, "boot_id", s->identity->boot_id);
}

static json_t *counters_json(const struct snapshot *s, bool brief)
{
        json_t *all = json_object();

        for (size_t i = 0; all && i < s->sum.n_counters; i++) {
                const struct counter *c = snapshot_counter(s->workload, i);
                json_t *one = json_pack("{s:s, s:s, s:I}", "kind", counter_kind_name(c->kind),
                        "unit", c->unit, "value", (json_int_t)s->sum.values[i]);

                if (!brief && c->help)
                        json_object_set_new(one, "help", json_string(c->help));
                json_object_set_new(all, c->name, one);
        }
        return all;
}

static json_t *latencies_json(const struct snapshot *s, bool brief)
{
        json_t *all = json_array();

        for (size_t i = 0; all && i < s->sum.n_latencies; i++) {
                const struct latency *l = &s->workload->latencies[i];
                const struct hist *corrected = &s->sum.corrected[i], *raw = &s->sum.raw[i];
                json_t *one = json_pack("{s:s, s:I, s:I, s:I}", "name", l->name, "count",
                        (json_int_t)hist_count(corrected), "sum_ns", (json_int_t)corrected->sum_ns,
                        "raw_sum_ns", (json_int_t)raw->sum_ns);

                if (!brief) {
                        json_object_set_new(one, "help", json_string(l->help));
                        json_object_set_new(one, "histogram", hist_to_json(corrected));
                        json_object_set_new(one, "raw_histogram", hist_to_json(raw));
                }
                json_array_append_new(all, one);
        }
        return all;
}

static json_t *guest_json(const struct guestinfo *g)
{
        return json_pack("{s:i, s:s, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I},"
                         " s:{s:b, s:I, s:I, s:I, s:I, s:I}}",
                "vcpus", (int)g->vcpus, "clocksource", g->clocksource, "memory_bytes",
                (json_int_t)g->memory_bytes, "memory_available_bytes",
                (json_int_t)g->memory_available_bytes, "cpu", "user_ns", (json_int_t)g->cpu.user_ns,
                "nice_ns", (json_int_t)g->cpu.nice_ns, "system_ns", (json_int_t)g->cpu.system_ns,
                "idle_ns", (json_int_t)g->cpu.idle_ns, "iowait_ns", (json_int_t)g->cpu.iowait_ns,
                "irq_ns", (json_int_t)g->cpu.irq_ns, "softirq_ns", (json_int_t)g->cpu.softirq_ns,
                "steal_ns", (json_int_t)g->cpu.steal_ns, "psi", "available", g->psi.has,
                "cpu_some_us", (json_int_t)g->psi.cpu_some_us, "io_some_us",
                (json_int_t)g->psi.io_some_us, "io_full_us", (json_int_t)g->psi.io_full_us,
                "memory_some_us", (json_int_t)g->psi.memory_some_us, "memory_full_us",
                (json_int_t)g->psi.memory_full_us);
}

static json_t *process_json(const struct guestinfo_process *p)
{
        return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "user_ns", (json_int_t)p->user_ns,
                "system_ns", (json_int_t)p->system_ns, "queued_ns", (json_int_t)p->queued_ns,
                "rss_bytes", (json_int_t)p->rss_bytes, "voluntary_switches",
                (json_int_t)p->voluntary_switches, "involuntary_switches",
                (json_int_t)p->involuntary_switches, "threads", (json_int_t)p->threads);
}

static uint64_t sum_of(const struct snapshot *s, enum counter_kind kind)
{
        uint64_t sum = 0;

        for (size_t i = 0; i < s->sum.n_counters; i++)
                if (snapshot_counter(s->workload, i)->kind == kind)
                        sum += s->sum.values[i];
        return sum;
}

/* Hundreds of guests are read every second: without a tree that is built and taken down for each.
 * Nothing in here needs escaping but the reason of a failure. */
char *snapshot_sums(const struct snapshot *s)
{
        _cleanup_free_ char *reason = NULL;
        json_t *string;
        char *text;

        if (s->state == ROLE_FAILED && s->detail) {
                string = json_string(s->detail);
                reason = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
                json_decref(string);
        }
        if (asprintf(&text,
                    "{\"schema\":\"" SNAPSHOT_SCHEMA "\",\"state\":\"%s\",\"identity\":{"
                    "\"start_id\":\"%016" PRIx64 "\"},\"clock_ns\":%" PRIu64
                    ",\"sums\":{\"work\":%" PRIu64 ",\"error\":%" PRIu64 ",\"wrong\":%" PRIu64
                    ",\"latency_count\":%" PRIu64 ",\"latency_sum_ns\":%" PRIu64 "}%s%s}",
                    role_state_name(s->state), s->identity->start_id, s->taken_ns,
                    sum_of(s, COUNTER_WORK), sum_of(s, COUNTER_ERROR), sum_of(s, COUNTER_WRONG),
                    s->latency_count, s->latency_sum_ns, reason ? ",\"reason\":" : "",
                    reason ? reason : "") < 0)
                return NULL;
        return text;
}

json_t *snapshot_json(const struct snapshot *s, enum snapshot_detail detail)
{
        bool brief = detail != SNAPSHOT_FULL;
        json_t *json = json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:i, s:o, s:o, s:o, s:o}",
                "schema", SNAPSHOT_SCHEMA, "state", role_state_name(s->state), "identity",
                identity_json(s), "clock_ns", (json_int_t)s->taken_ns, "realtime_ns",
                (json_int_t)s->taken_real_ns, "uptime_ns",
                (json_int_t)(s->taken_ns - s->identity->started_ns), "workers", (int)s->n_workers,
                "counters", counters_json(s, brief), "latencies", latencies_json(s, brief), "guest",
                guest_json(&s->guest), "process", process_json(&s->guest.process));

        if (json && s->state == ROLE_FAILED && s->detail)
                json_object_set_new(json, "reason", json_string(s->detail));
        if (json && !brief)
                json_object_set_new(json, "config", option_sets_json(s->sets, s->n_sets));
        return json;
}
