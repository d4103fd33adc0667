/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine's counters, from trees like /proc and /sys that are made up here.
 */
#include "unit.h"

#include "host_use.h"
#include "macro.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

static char root[PATH_MAX];

/* ---- trees ---- */

static int make_root(void **state)
{
        strcpy(root, "/tmp/tileload-host-XXXXXX");
        return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

static int remove_root(void **state)
{
        return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
        char full[PATH_MAX + 256];
        FILE *f;

        snprintf(full, sizeof full, "%s%s", root, path);
        for (char *p = strchr(full + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
                *p = '\0';
                assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
                *p = '/';
        }
        f = fopen(full, "we");
        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

static void put_at_start(void)
{
        put("/proc/stat", "cpu  300 0 100 1600 0 0 0 0 0 0\n"
                          "cpu0 200 0 50 750 0 0 0 0 0 0\n"
                          "cpu1 100 0 50 850 0 0 0 0 0 0\n"
                          "intr 12345 0 0\nctxt 42\n");
        put("/proc/meminfo", "MemTotal:       16000 kB\nMemFree:         1000 kB\n"
                             "MemAvailable:    8000 kB\n");
        put("/proc/vmstat", "nr_free_pages 1\npswpin 10\npswpout 20\n");
        put("/proc/diskstats",
                "   7       0 loop0 100 0 800 10 0 0 0 0 0 10 10 0 0 0 0 0 0\n"
                "   7       1 loop1 100 0 800 10 0 0 0 0 0 10 10 0 0 0 0 0 0\n"
                " 254       0 vda 1000 5 8000 500 2000 7 16000 1500 0 1000 2000 0 0 0 0 0 0\n"
                " 254       1 vda1 900 5 7000 400 1900 7 15000 1400 0 900 1900 0 0 0 0 0 0\n"
                " 259       0 nvme0n1 0 0 0 0 0 0 0 0 0 0 0\n"
                "   1       0 ram0 5 0 8 0 5 0 8 0 0 0 0\n"
                " 104       0 cciss/c0d0 10 0 80 4294967290 0 0 0 0 0 4294967000 0\n");
        put("/sys/block/loop0/size", "1");
        put("/sys/block/loop1/size", "1");
        put("/sys/block/vda/size", "1");
        put("/sys/block/nvme0n1/size", "1");
        put("/sys/block/ram0/size", "1");
        put("/sys/block/cciss!c0d0/size", "1");
        put("/proc/net/dev",
                "Inter-|   Receive                            |  Transmit\n"
                " face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n"
                "    lo: 9000 10 0 0 0 0 0 0 9000 10 0 0 0 0 0 0\n"
                "  eth0: 1000 10 0 1 0 0 0 0 2000 20 0 2 0 0 0 0\n"
                "eth1:500 5 0 0 0 0 0 0 600 6 0 0 0 0 0 0\n"
                " br0: 1000 10 0 0 0 0 0 0 2000 20 0 0 0 0 0 0\n");
        put("/sys/class/net/eth0/speed", "1000\n");
        put("/sys/class/net/eth0/device/vendor", "1");
        put("/sys/class/net/eth1/speed", "-1\n");
        put("/sys/class/net/eth1/device/vendor", "1");
        put("/sys/class/net/br0/speed", "1000\n");
        put("/proc/net/snmp", "Ip: Forwarding OutSegs\nIp: 1 99\n"
                              "Tcp: RtoAlgorithm MaxConn OutSegs RetransSegs InErrs\n"
                              "Tcp: 1 -1 1000 10 0\n");
        put("/proc/net/netstat", "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n"
                                 "TcpExt: 0 5 7\n"
                                 "IpExt: InNoRoutes ListenDrops\nIpExt: 0 99\n");
}

/* Ten seconds later. */
static void put_at_end(void)
{
        put("/proc/stat", "cpu  2000 0 100 1600 0 0 0 0 0 0\n"
                          "cpu0 900 100 150 650 50 20 30 0 0 0\n" /* went backwards: idle */
                          "cpu1 300 0 150 1350 0 0 0 200 0 0\n"
                          "cpu2 9 9 9 9 9 9 9 9 9 9\n");
        put("/proc/vmstat", "pswpin 30\npswpout 25\n");
        put("/proc/diskstats",
                "   7       0 loop0 100 0 800 10 0 0 0 0 0 10 10 0 0 0 0 0 0\n"
                "   7       1 loop1 101 0 808 12 0 0 0 0 0 20 12 0 0 0 0 0 0\n"
                " 254       0 vda 1500 5 28000 750 3500 7 56000 2250 0 9500 3000 0 0 0 0 0 0\n"
                " 254       1 vda1 900 5 7000 400 1900 7 15000 1400 0 900 1900 0 0 0 0 0 0\n"
                " 104       0 cciss/c0d0 20 0 80 4 0 0 0 0 0 704 0\n");
        put("/proc/net/dev", "  eth0: 11000 10 0 3 0 0 0 0 125002000 20 0 4 0 0 0 0\n"
                             "eth1:500 5 0 0 0 0 0 0 600 6 0 0 0 0 0 0\n");
        put("/proc/net/snmp", "Tcp: RtoAlgorithm MaxConn OutSegs RetransSegs InErrs\n"
                              "Tcp: 1 -1 3000 30 0\n");
        put("/proc/net/netstat",
                "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 6 9\n");
}

static void use_of_ten_seconds(struct host_use *ret)
{
        struct host_counts start, end;

        put_at_start();
        assert_int_equal(host_counts_read(&start, root), 0);
        put_at_end();
        assert_int_equal(host_counts_read(&end, root), 0);
        assert_int_equal(host_use_fill(ret, &start, &end, 10), 0);
        host_counts_fini(&start);
        host_counts_fini(&end);
}

/* ---- tests ---- */

static void cpus_and_memory(void **state)
{
        struct host_use use;

        use_of_ten_seconds(&use);
        /* cpu0: 900 + 100 + 150 + 20 + 30 - 250 = 950 busy of 900 in all, as its idle time fell;
         * cpu1: 300 busy and 200 stolen of 1000; cpu2 was not there at the start. */
        assert_int_equal(use.cpus, 2);
        assert_near(use.cpu_busiest_percent, 100, 1e-9);
        assert_near(use.cpu_busy_percent, 100 * (950 + 300) / 1900.0, 1e-9);
        assert_near(use.cpu_steal_percent, 100 * 200 / 1900.0, 1e-9);
        assert_int_equal(use.memory_bytes, 16000 * 1024);
        assert_int_equal(host_memory_available(root), 8000 * 1024);
        assert_near(use.swap_in_bytes_per_s, 20 * (double)sysconf(_SC_PAGESIZE) / 10, 1e-9);
        assert_near(use.swap_out_bytes_per_s, 5 * (double)sysconf(_SC_PAGESIZE) / 10, 1e-9);
        host_use_fini(&use);
}

static void disks(void **state)
{
        struct host_use use;

        use_of_ten_seconds(&use);
        /* No partition, no memory disk, no loop device that is idle, nothing that never worked. */
        assert_int_equal(use.n_disks, 3);
        assert_string_equal(use.disks[0].name, "loop1");
        assert_near(use.disks[0].busy_percent, 0.1, 1e-9);
        assert_near(use.disks[0].await_ms, 2, 1e-9);
        assert_string_equal(use.disks[1].name, "vda");
        assert_near(use.disks[1].busy_percent, 85, 1e-9);
        assert_near(use.disks[1].read_bytes_per_s, 20000 * 512 / 10, 1e-9);
        assert_near(use.disks[1].written_bytes_per_s, 40000 * 512 / 10, 1e-9);
        assert_near(use.disks[1].await_ms, 0.5, 1e-9); /* 1000 ms of 2000 operations */
        /* 32-bit counters that went round. */
        assert_string_equal(use.disks[2].name, "cciss/c0d0");
        assert_near(use.disks[2].busy_percent, 10, 1e-9);
        assert_near(use.disks[2].await_ms, 1, 1e-9);
        host_use_fini(&use);
}

static void a_disk_that_was_made_anew_counts_from_nothing(void **state)
{
        struct host_counts start, end;
        struct host_use use;

        put("/sys/block/loop0/size", "1");
        put("/proc/diskstats",
                "7 0 loop0 5000 0 80000 9000 5000 0 80000 9000 0 60000 10 0 0 0 0 0 0\n");
        assert_int_equal(host_counts_read(&start, root), 0);
        put("/proc/diskstats", "7 0 loop0 10 0 80 20 0 0 0 0 0 500 10 0 0 0 0 0 0\n");
        assert_int_equal(host_counts_read(&end, root), 0);
        assert_int_equal(host_use_fill(&use, &start, &end, 10), 0);
        assert_int_equal(use.n_disks, 1);
        assert_near(use.disks[0].busy_percent, 5, 1e-9);
        assert_near(use.disks[0].await_ms, 2, 1e-9);
        assert_near(use.disks[0].read_bytes_per_s, 80 * 512 / 10.0, 1e-9);
        host_use_fini(&use);
        host_counts_fini(&start);
        host_counts_fini(&end);
}

static void network(void **state)
{
        struct host_use use;

        use_of_ten_seconds(&use);
        assert_int_equal(use.n_cards, 2);
        assert_string_equal(use.cards[0].name, "eth0");
        assert_int_equal(use.cards[0].speed_bits_per_s, 1000000000);
        assert_near(use.cards[0].received_bits_per_s, 8000, 1e-9);
        assert_near(use.cards[0].sent_bits_per_s, 1e8, 1e-3);
        assert_int_equal(use.cards[0].drops, 4);
        assert_string_equal(use.cards[1].name, "eth1");
        assert_int_equal(use.cards[1].speed_bits_per_s, 0);
        assert_int_equal(use.tcp.segments_sent, 2000);
        assert_int_equal(use.tcp.retransmitted, 20);
        assert_int_equal(use.tcp.listen_overflows, 1);
        assert_int_equal(use.tcp.listen_drops, 2);
        host_use_fini(&use);
}

static void what_is_not_there_counts_nothing(void **state)
{
        struct host_counts start, end;
        struct host_use use;

        assert_int_equal(host_counts_read(&start, "/nonexistent"), 0);
        assert_int_equal(host_counts_read(&end, "/nonexistent"), 0);
        assert_int_equal(host_use_fill(&use, &start, &end, 10), 0);
        assert_int_equal(use.cpus, 0);
        assert_near(use.cpu_busy_percent, 0, 0);
        assert_int_equal(use.n_disks, 0);
        assert_int_equal(use.n_cards, 0);
        assert_int_equal(host_memory_available("/nonexistent"), 0);
        host_use_fini(&use);
        host_counts_fini(&start);
        host_counts_fini(&end);
}

static void odd_files_do_no_harm(void **state)
{
        struct host_counts counts;

        put("/proc/stat", "cpu\ncpu0\ncpu0 a b c\n\ncpux 1 2 3 4 5 6 7 8\ncpu1 1 2 3 4 5 6 7 8");
        put("/proc/diskstats",
                "\n1 2\n1 2 name-that-is-much-longer-than-any-name-of-a-disk-is 1\n");
        put("/proc/net/dev", ":\nx\nname-much-too-long: 1 2 3 4 5 6 7 8 9 10 11 12 13\n");
        put("/proc/net/snmp", "Tcp: OutSegs");
        put("/proc/net/netstat", "TcpExt: ListenDrops\nTcpExt:\n");
        put("/proc/meminfo", "");
        put("/proc/vmstat", "pswpin");
        assert_int_equal(host_counts_read(&counts, root), 0);
        assert_int_equal(counts.n_cpus, 1);
        assert_int_equal(counts.n_disks, 0);
        assert_int_equal(counts.n_cards, 0);
        assert_int_equal(counts.tcp.segments_sent, 0);
        host_counts_fini(&counts);
}

static void this_machine(void **state)
{
        struct host_counts counts;

        assert_int_equal(host_counts_read(&counts, ""), 0);
        assert_true(counts.n_cpus >= 1);
        assert_true(counts.memory_bytes > 0);
        assert_true(host_memory_available("") > 0);
        assert_true(host_memory_available("") < counts.memory_bytes);
        host_counts_fini(&counts);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(cpus_and_memory, make_root, remove_root),
                cmocka_unit_test_setup_teardown(disks, make_root, remove_root),
                cmocka_unit_test_setup_teardown(
                        a_disk_that_was_made_anew_counts_from_nothing, make_root, remove_root),
                cmocka_unit_test_setup_teardown(network, make_root, remove_root),
                cmocka_unit_test(what_is_not_there_counts_nothing),
                cmocka_unit_test_setup_teardown(odd_files_do_no_harm, make_root, remove_root),
                cmocka_unit_test(this_machine),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
