/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "bottleneck.h"
#include "macro.h"

#include <string.h>

static struct disk_use disks[2];
static struct card_use cards[2];
static struct remote_use remotes[2];

/* A host that has plenty of everything, and clients on it. */
static struct usage idle(void)
{
        memset(disks, 0, sizeof disks);
        memset(cards, 0, sizeof cards);
        memset(remotes, 0, sizeof remotes);
        strcpy(disks[0].name, "vda");
        strcpy(disks[1].name, "vdb");
        strcpy(cards[0].name, "eth0");
        cards[0].speed_bits_per_s = 1000000000;
        strcpy(cards[1].name, "eth1");
        strcpy(remotes[0].name, "qemu+ssh://one/system");
        strcpy(remotes[1].name, "qemu+ssh://two/system");
        remotes[0].memory_bytes = remotes[1].memory_bytes = UINT64_C(16) << 30;
        remotes[0].memory_available_bytes = remotes[1].memory_available_bytes = UINT64_C(8) << 30;
        return (struct usage){
                .host = {.cpus = 4,
                        .cpu_busy_percent = 30,
                        .memory_bytes = UINT64_C(16) << 30,
                        .memory_available_bytes = UINT64_C(8) << 30,
                        .disks = disks,
                        .n_disks = 2,
                        .cards = cards,
                        .n_cards = 2,
                        .tcp = {.segments_sent = 100000, .retransmitted = 10}},
                .psi.has = true,
                .seconds = 10,
                .remotes = remotes,
                .clients = {.here = true, .busy_percent = NAN},
        };
}

/* What is at its limit, "cpu: host CPU 99 %" each, with newlines between. */
static void check(const struct usage *usage, const char *expected)
{
        struct limits_reached limits;
        char text[1024] = "";
        size_t used = 0;

        bottleneck_find(usage, &limits);
        for (size_t i = 0; i < limits.n_items; i++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%s: %s", i ? "\n" : "",
                        limit_resource_name(limits.items[i].resource), limits.items[i].text);
        assert_string_equal(text, expected);
}

static void plenty(void **state)
{
        struct usage u = idle();

        check(&u, "");
        u.host = (struct host_use){0}; /* a machine that shows nothing */
        u.psi = (struct guestinfo_psi){0};
        check(&u, "");
}

static void cpu(void **state)
{
        struct usage u = idle();

        u.host.cpu_busy_percent = 94.9;
        check(&u, "");
        u.host.cpu_busy_percent = 99.6;
        check(&u, "cpu: host CPU 100 %");
        /* One CPU that is busy is no limit: guests of one CPU each see to that. */
        u.host.cpu_busy_percent = 30;
        u.host.cpu_busiest_percent = 100;
        check(&u, "");
        u.host.cpu_busy_percent = 70;
        u.host.cpu_steal_percent = 27;
        check(&u, "cpu: host CPU 97 % (27 % stolen by its own host)");
}

static void memory(void **state)
{
        struct usage u = idle();

        u.host.memory_available_bytes = UINT64_C(512) << 20;
        check(&u, "memory: host memory: 3.1 % of 16.0 GiB available");
        u.host.swap_in_bytes_per_s = 3 << 20;
        u.host.swap_out_bytes_per_s = 1 << 20;
        u.psi.memory_full_us = 2500000;
        check(&u, "memory: host memory: swapping 4.0 MiB/s\n"
                  "memory: host memory: everything waited for it 25 % of the time\n"
                  "memory: host memory: 3.1 % of 16.0 GiB available");
        u = idle();
        u.host.memory_available_bytes = 0; /* not known */
        u.host.swap_out_bytes_per_s = 1000;
        check(&u, "");
}

static void disk(void **state)
{
        struct usage u = idle();

        disks[0].busy_percent = 96;
        disks[1].busy_percent = 99;
        disks[1].await_ms = 3.25;
        check(&u, "disk: disk vdb 99 % busy (3.2 ms an operation)");
        u.host.cpu_busy_percent = 99;
        check(&u, "cpu: host CPU 99 %\ndisk: disk vdb 99 % busy (3.2 ms an operation)");
}

static void network(void **state)
{
        struct usage u = idle();

        cards[0].sent_bits_per_s = 950e6;
        cards[1].sent_bits_per_s = 1e12; /* who knows how fast it is */
        check(&u, "network: network eth0 95 % of 1 Gbit/s");
        cards[0].sent_bits_per_s = 0;
        u.host.tcp = (struct tcp_counts){1000, 25, 12, 13};
        check(&u, "network: network: overflows of listen queues: 12\n"
                  "network: network: 2.5 % of TCP segments sent again");
        u.host.tcp = (struct tcp_counts){100, 25, 0, 0}; /* too few to say so */
        check(&u, "");
}

/* ---- clients ---- */

static void a_client_at_the_end_of_its_cpu(void **state)
{
        struct usage u = idle();

        u.clients.busiest_cpu_percent = 97;
        u.clients.late_share = 0.5;
        check(&u, "client: external client: 97 % of its one CPU");
        assert_false(bottleneck_clients_starved(&u));
}

static void a_client_that_waits_for_a_cpu_of_its_own(void **state)
{
        struct usage u = idle();

        u.clients.busiest_queued_percent = 40;
        check(&u, ""); /* and is in time */
        u.clients.late_share = 0.05;
        check(&u, "client: external client: waited for a CPU 40 % of the time, with 70 % of all "
                  "idle");
}

static void clients_that_starve_with_the_host(void **state)
{
        struct usage u = idle();

        /* Both would look like the client's fault, on a host that is not full. */
        u.host.cpu_busy_percent = 100;
        u.clients = (struct client_use){.here = true,
                .late_share = 0.3,
                .busiest_cpu_percent = 95,
                .busiest_queued_percent = 60,
                .busy_percent = NAN};
        check(&u, "cpu: host CPU 100 %");
        assert_true(bottleneck_clients_starved(&u));
}

static void clients_on_a_machine_of_their_own(void **state)
{
        struct usage u = idle();

        u.clients = (struct client_use){.here = false, .busy_percent = 50, .late_share = 0.2};
        check(&u, "");
        u.clients.busy_percent = 98;
        u.host.cpu_busy_percent = 100;
        check(&u, "client: external clients' machine: CPU 98 %\ncpu: host CPU 100 %");
        assert_false(bottleneck_clients_starved(&u));
        u.clients.busy_percent = NAN;
        u.clients.busiest_cpu_percent = 99;
        check(&u, "client: external client: 99 % of its one CPU\ncpu: host CPU 100 %");
}

static void guests_on_other_machines(void **state)
{
        struct usage u = idle();

        u.n_remotes = 2;
        remotes[0].cpu_busy_percent = 50;
        remotes[1].cpu_busy_percent = NAN;
        check(&u, "");
        /* This machine is the clients' now. */
        u.host.cpu_busy_percent = 99;
        u.host.memory_available_bytes = 1;
        disks[0].busy_percent = 100;
        check(&u, "client: external clients' machine: CPU 99 %");
        u.host.cpu_busy_percent = 10;
        remotes[0].cpu_busy_percent = 98;
        remotes[1].memory_available_bytes = UINT64_C(160) << 20;
        check(&u, "memory: memory of qemu+ssh://two/system: 1.0 % of 16.0 GiB available\n"
                  "cpu: CPU of qemu+ssh://one/system 98 %");
}

static void everything_at_once(void **state)
{
        struct usage u = idle();
        struct limits_reached limits;

        u.host.cpu_busy_percent = 100;
        u.host.cpu_steal_percent = 5;
        u.host.swap_in_bytes_per_s = 1e9;
        u.host.memory_available_bytes = 1;
        u.psi.memory_full_us = 10000000;
        disks[0].busy_percent = 100;
        cards[0].sent_bits_per_s = cards[1].sent_bits_per_s = 1e10;
        cards[1].speed_bits_per_s = 1;
        u.host.tcp = (struct tcp_counts){1000, 1000, 1000, 1000};
        u.clients.here = false;
        u.clients.busy_percent = 100;
        u.clients.busiest_cpu_percent = 100;
        bottleneck_find(&u, &limits);
        assert_int_equal(limits.n_items, 11);
        assert_int_equal(limits.items[0].resource, LIMIT_CLIENT);
        assert_int_equal(limits.items[10].resource, LIMIT_DISK);
        u.n_remotes = 2;
        remotes[0] = remotes[1] = (struct remote_use){
                .cpu_busy_percent = 100, .memory_bytes = 1 << 30, .memory_available_bytes = 1};
        memset(remotes[0].name, 'x', sizeof remotes[0].name - 1);
        bottleneck_find(&u, &limits); /* nothing is written behind any end */
        assert_in_range(limits.n_items, 6, LIMITS_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(plenty),
                cmocka_unit_test(cpu),
                cmocka_unit_test(memory),
                cmocka_unit_test(disk),
                cmocka_unit_test(network),
                cmocka_unit_test(a_client_at_the_end_of_its_cpu),
                cmocka_unit_test(a_client_that_waits_for_a_cpu_of_its_own),
                cmocka_unit_test(clients_that_starve_with_the_host),
                cmocka_unit_test(clients_on_a_machine_of_their_own),
                cmocka_unit_test(guests_on_other_machines),
                cmocka_unit_test(everything_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
