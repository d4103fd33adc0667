/* SPDX-License-Identifier: Apache-2.0 */
#include "host_use.h"

#include "macro.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

static double share(uint64_t part, uint64_t whole)
{
        return whole > 0 ? fmin(100, (double)part * 100 / (double)whole) : 0;
}

/* ---- CPUs ---- */

static const struct cpu_counts *find_cpu(const struct host_counts *counts, unsigned number)
{
        for (size_t i = 0; i < counts->n_cpus; i++)
                if (counts->cpus[i].number == number)
                        return &counts->cpus[i];
        return NULL;
}

static void fill_cpus(
        struct host_use *use, const struct host_counts *start, const struct host_counts *end)
{
        uint64_t busy = 0, steal = 0, total = 0;

        for (size_t i = 0; i < end->n_cpus; i++) {
                const struct cpu_counts *b = &end->cpus[i], *a = find_cpu(start, b->number);
                uint64_t its_busy, its_total;

                if (!a) /* came online in the window */
                        continue;
                its_busy = grown(b->busy, a->busy);
                its_total = grown(b->total, a->total);
                use->cpus++;
                busy += its_busy;
                steal += grown(b->steal, a->steal);
                total += its_total;
                use->cpu_busiest_percent =
                        fmax(use->cpu_busiest_percent, share(its_busy, its_total));
        }
        use->cpu_busy_percent = share(busy, total);
        use->cpu_steal_percent = share(steal, total);
}

/* ---- disks ---- */

static const struct disk_counts *find_disk(const struct host_counts *counts, const char *name)
{
        for (size_t i = 0; i < counts->n_disks; i++)
                if (strcmp(counts->disks[i].name, name) == 0)
                        return &counts->disks[i];
        return NULL;
}

static bool is_loop(const char *name)
{
        return strncmp(name, "loop", 4) == 0;
}

static int fill_disks(struct host_use *use, const struct host_counts *start,
        const struct host_counts *end, double seconds)
{
        use->disks = calloc(end->n_disks + 1, sizeof *use->disks);
        if (!use->disks)
                return -ENOMEM;
        for (size_t i = 0; i < end->n_disks; i++) {
                const struct disk_counts *b = &end->disks[i], *a = find_disk(start, b->name);
                struct disk_counts none = {0};
                struct disk_use *to = &use->disks[use->n_disks];
                uint64_t operations;

                /* One that was made anew has an old one's name, and began from 0. */
                a = a && a->operations <= b->operations ? a : &none;
                operations = b->operations - a->operations;
                if (is_loop(b->name) && operations == 0)
                        continue;
                memcpy(to->name, b->name, sizeof to->name);
                /* These two go round: so does their difference. */
                to->busy_percent = fmin(100, (uint32_t)(b->busy_ms - a->busy_ms) / seconds / 10);
                to->await_ms = operations ? (double)(uint32_t)(b->wait_ms - a->wait_ms) /
                                                    (double)operations
                                          : 0;
                to->read_bytes_per_s = (double)grown(b->read_bytes, a->read_bytes) / seconds;
                to->written_bytes_per_s =
                        (double)grown(b->written_bytes, a->written_bytes) / seconds;
                use->n_disks++;
        }
        return 0;
}

/* ---- network ---- */

static const struct card_counts *find_card(const struct host_counts *counts, const char *name)
{
        for (size_t i = 0; i < counts->n_cards; i++)
                if (strcmp(counts->cards[i].name, name) == 0)
                        return &counts->cards[i];
        return NULL;
}

static int fill_cards(struct host_use *use, const struct host_counts *start,
        const struct host_counts *end, double seconds)
{
        use->cards = calloc(end->n_cards + 1, sizeof *use->cards);
        if (!use->cards)
                return -ENOMEM;
        for (size_t i = 0; i < end->n_cards; i++) {
                const struct card_counts *b = &end->cards[i], *a = find_card(start, b->name);
                struct card_counts none = {0};
                struct card_use *to = &use->cards[use->n_cards++];

                a = a ? a : &none;
                memcpy(to->name, b->name, sizeof to->name);
                to->speed_bits_per_s = b->speed_bits_per_s;
                to->received_bits_per_s =
                        (double)grown(b->received_bytes, a->received_bytes) * 8 / seconds;
                to->sent_bits_per_s = (double)grown(b->sent_bytes, a->sent_bytes) * 8 / seconds;
                to->drops = grown(b->drops, a->drops);
        }
        return 0;
}

static struct tcp_counts tcp_difference(const struct tcp_counts *a, const struct tcp_counts *b)
{
        return (struct tcp_counts){
                .segments_sent = grown(b->segments_sent, a->segments_sent),
                .retransmitted = grown(b->retransmitted, a->retransmitted),
                .listen_overflows = grown(b->listen_overflows, a->listen_overflows),
                .listen_drops = grown(b->listen_drops, a->listen_drops),
        };
}

/* ---- all ---- */

int host_use_fill(struct host_use *ret, const struct host_counts *start,
        const struct host_counts *end, double seconds)
{
        int r;

        *ret = (struct host_use){.memory_bytes = end->memory_bytes};
        if (!(seconds > 0))
                return 0;
        fill_cpus(ret, start, end);
        ret->swap_in_bytes_per_s =
                (double)grown(end->swap_in_bytes, start->swap_in_bytes) / seconds;
        ret->swap_out_bytes_per_s =
                (double)grown(end->swap_out_bytes, start->swap_out_bytes) / seconds;
        ret->tcp = tcp_difference(&start->tcp, &end->tcp);
        r = fill_disks(ret, start, end, seconds);
        if (r == 0)
                r = fill_cards(ret, start, end, seconds);
        return r;
}

void host_use_fini(struct host_use *use)
{
        free(use->disks);
        free(use->cards);
        *use = (struct host_use){0};
}

struct remote_use remote_use_of(const struct remote_counts *start, const struct remote_counts *end)
{
        struct remote_use use = {
                .cpu_busy_percent = NAN,
                .memory_bytes = end->memory_bytes,
                .memory_available_bytes = end->memory_available_bytes,
        };

        memcpy(use.name, end->name, sizeof use.name);
        if (start->cpu_total_ns && end->cpu_total_ns > start->cpu_total_ns)
                use.cpu_busy_percent = share(grown(end->cpu_busy_ns, start->cpu_busy_ns),
                        end->cpu_total_ns - start->cpu_total_ns);
        return use;
}
