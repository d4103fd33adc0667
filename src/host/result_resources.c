/* SPDX-License-Identifier: Apache-2.0 */
#include "result_parts.h"

static json_t *percent(double value)
{
        return result_rounded(value, 0.01);
}

static json_t *count(uint64_t value)
{
        return json_integer((json_int_t)value);
}

/* 0 stands for "not known". */
static json_t *known(uint64_t value)
{
        return value ? count(value) : json_null();
}

static json_t *disks_json(const struct host_use *host)
{
        json_t *all = json_array();

        for (size_t i = 0; i < host->n_disks; i++) {
                const struct disk_use *d = &host->disks[i];

                json_array_append_new(
                        all, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", d->name, "busy_percent",
                                     percent(d->busy_percent), "read_bytes_per_s",
                                     result_rounded(d->read_bytes_per_s, 1), "written_bytes_per_s",
                                     result_rounded(d->written_bytes_per_s, 1), "await_ms",
                                     result_rounded(d->await_ms, 1e-3)));
        }
        return all;
}

static json_t *networks_json(const struct host_use *host)
{
        json_t *all = json_array();

        for (size_t i = 0; i < host->n_cards; i++) {
                const struct card_use *c = &host->cards[i];

                json_array_append_new(all,
                        json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", c->name, "speed_bits_per_s",
                                known(c->speed_bits_per_s), "received_bits_per_s",
                                result_rounded(c->received_bits_per_s, 1), "sent_bits_per_s",
                                result_rounded(c->sent_bits_per_s, 1), "drops", count(c->drops)));
        }
        return all;
}

static json_t *tcp_json(const struct tcp_counts *tcp)
{
        return json_pack("{s:o, s:o, s:o, s:o}", "segments_sent", count(tcp->segments_sent),
                "retransmitted", count(tcp->retransmitted), "listen_overflows",
                count(tcp->listen_overflows), "listen_drops", count(tcp->listen_drops));
}

static json_t *clients_json(const struct client_use *c)
{
        return json_pack("{s:o, s:o, s:o, s:b}", "late_share", result_rounded(c->late_share, 1e-6),
                "busiest_cpu_percent", percent(c->busiest_cpu_percent), "busiest_queued_percent",
                percent(c->busiest_queued_percent), "same_machine", c->here);
}

static json_t *remotes_json(const struct usage *usage)
{
        json_t *all = json_array();

        for (size_t i = 0; i < usage->n_remotes; i++) {
                const struct remote_use *r = &usage->remotes[i];

                json_array_append_new(
                        all, json_pack("{s:s, s:o, s:o, s:o}", "name", r->name, "cpu_busy_percent",
                                     percent(r->cpu_busy_percent), "memory_bytes",
                                     known(r->memory_bytes), "memory_available_bytes",
                                     known(r->memory_available_bytes)));
        }
        return all;
}

json_t *result_resources(const struct usage *usage)
{
        const struct host_use *host = &usage->host;

        return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                "cpu_busy_percent", percent(host->cpu_busy_percent), "cpu_busiest_percent",
                percent(host->cpu_busiest_percent), "cpu_steal_percent",
                percent(host->cpu_steal_percent), "memory_bytes", count(host->memory_bytes),
                "memory_available_bytes", known(host->memory_available_bytes),
                "swap_in_bytes_per_s", result_rounded(host->swap_in_bytes_per_s, 1),
                "swap_out_bytes_per_s", result_rounded(host->swap_out_bytes_per_s, 1), "disks",
                disks_json(host), "networks", networks_json(host), "tcp", tcp_json(&host->tcp),
                "clients", clients_json(&usage->clients), "guest_hosts", remotes_json(usage));
}

json_t *result_limits(const struct limits_reached *reached)
{
        json_t *all = json_array();

        for (size_t i = 0; i < reached->n_items; i++)
                json_array_append_new(all, json_pack("{s:s, s:s}", "resource",
                                                   limit_resource_name(reached->items[i].resource),
                                                   "text", reached->items[i].text));
        return all;
}

json_t *result_settling(const struct settling *s, double warmup_s)
{
        json_t *worst;

        if (!s->known)
                return json_null();
        worst = s->what[0] ? json_pack("{s:s, s:o}", "what", s->what, "change_percent",
                                     percent(s->change_percent))
                           : json_null();
        return json_pack("{s:b, s:o, s:o, s:o, s:o}", "settled", s->settled, "warmup_s",
                result_rounded(warmup_s, 1e-3), "bound_percent",
                result_rounded(s->bound * 100, 1e-6), "window_s", result_rounded(s->window_s, 1e-3),
                "worst", worst);
}
