/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: enough of it, where it comes from, and what is done with it behind everybody's back.
 */
#include "sysctl_rule.h"

#include "fmt.h"
#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- enough ---- */

static void say_memory_needed(
        struct check_finding *f, const struct check_needs *needs, const char *more)
{
        char sum[FMT_SIZE], host[FMT_SIZE], tile[FMT_SIZE];

        fmt_size(sum, needs->memory);
        fmt_size(host, (uint64_t)HOST_NEEDS_MEMORY_MIB << 20);
        fmt_size(tile, needs->tile_memory);
        if (needs->guests)
                check_set(f->note,
                        "guests of KVM: %u x %s (seven of 1 GiB, one of 512 MiB, 128 MiB each for "
                        "QEMU) + %s for the host = %s%s",
                        needs->tiles, tile, host, sum, more);
        else
                check_set(f->note,
                        "no KVM here, so as processes: %u x %s (a working set of 512 MiB, files of "
                        "two web servers, a database server) + %s for the host = %s%s",
                        needs->tiles, tile, host, sum, more);
}

static void look_at_amount(const struct check_item *item, struct check_report *report)
{
        const struct check_facts *facts = &report->facts;
        char total[FMT_SIZE], available[FMT_SIZE], needed[FMT_SIZE];
        struct check_finding *f;
        uint64_t tiles;
        bool taken; /* it would be enough */

        if (!facts->memory) {
                check_add_missing(report, item, NULL, "MemTotal in /proc/meminfo", -ENOENT);
                return;
        }
        tiles = report->needs.tiles * report->needs.tile_memory;
        taken = facts->memory >= report->needs.memory && facts->memory_available &&
                facts->memory_available < tiles;
        f = check_add(report, item,
                facts->memory < report->needs.memory ? CHECK_WARNING
                : taken                              ? CHECK_ADVICE
                                                     : CHECK_OK,
                NULL);
        check_set(f->present, "%s, %s of it available", fmt_size(total, facts->memory),
                fmt_size(available, facts->memory_available));
        check_set(f->recommended, "at least %s", fmt_size(needed, report->needs.memory));
        say_memory_needed(f, &report->needs,
                taken ? "; something has taken memory that tiles need: these tiles themselves, "
                        "huge pages, or who else runs here?"
                      : "");
}

static void look_at_swap(const struct check_item *item, struct check_report *report)
{
        const struct check_facts *facts = &report->facts;
        uint64_t used = facts->swap - MIN(facts->swap, facts->swap_free);
        char total[FMT_SIZE], text[FMT_SIZE];
        struct check_finding *f;

        if (!facts->memory) {
                check_add_missing(report, item, NULL, "SwapTotal in /proc/meminfo", -ENOENT);
                return;
        }
        /* Some pages of programs that sleep are no harm. */
        f = check_add(report, item,
                used > MAX(facts->memory / 64, UINT64_C(64) << 20) ? CHECK_WARNING : CHECK_OK,
                NULL);
        if (facts->swap)
                check_set(f->present, "%s of %s used", fmt_size(text, used),
                        fmt_size(total, facts->swap));
        else
                check_set(f->present, "none");
        check_set(f->recommended, "hardly any in use");
}

static const struct sysctl_rule swappiness = {
        .least = 0,
        .most = 10,
        .level = CHECK_ADVICE,
        .otherwise = "guests' memory goes out to disk while files stay in the page cache",
};

static void look_at_swappiness(const struct check_item *item, struct check_report *report)
{
        char path[64], text[32];
        struct check_finding *f;

        sysctl_path(path, sizeof path, item->name);
        if (!report->facts.memory || report->facts.swap ||
                root_read(report->root, path, text, sizeof text) < 0) {
                sysctl_look(item, report);
                return;
        }
        f = check_add(report, item, CHECK_OK, NULL);
        check_set(f->present, "%s", text);
        check_set(f->recommended, "any: there is no swap");
}

/* ---- nodes ---- */

static bool has_nodes(const struct check_report *report)
{
        return report->facts.nodes > 1;
}

static void one_node(const struct check_item *item, struct check_report *report)
{
        struct check_finding *f =
                check_add(report, item, report->facts.nodes ? CHECK_OK : CHECK_MISSING, NULL);

        check_set(f->present, "%s", report->facts.nodes ? "one node" : "");
        check_set(f->note, "%s",
                report->facts.nodes ? "without several nodes there is nothing to place"
                                    : "there is no /sys/devices/system/node/online");
}

/* Which is right depends on the run to come: never a fault, and nothing for a script to change. */
static void look_at_balancing(const struct check_item *item, struct check_report *report)
{
        const char *path = "/proc/sys/kernel/numa_balancing";
        uint64_t value;
        struct check_finding *f;
        int r;

        if (!has_nodes(report)) {
                one_node(item, report);
                return;
        }
        r = root_read_number(report->root, path, &value);
        if (r < 0) {
                check_add_missing(report, item, NULL, path, r);
                return;
        }
        f = check_add(report, item, CHECK_OK, NULL);
        check_set(f->present, "%" PRIu64 ", %u nodes", value, report->facts.nodes);
        check_set(f->recommended, "0 with --placement; 1 without");
        check_set(f->note, "%s",
                value ? "right without --placement; with it: sysctl kernel.numa_balancing=0"
                      : "right with --placement; without it memory stays where it happened to be "
                        "taken: sysctl kernel.numa_balancing=1");
}

static void look_at_interleave(const struct check_item *item, struct check_report *report)
{
        const struct check_facts *facts = &report->facts;
        const bool few = facts->nodes < facts->packages;
        struct check_finding *f;

        if (!facts->packages || !facts->nodes) {
                check_add_missing(report, item, NULL,
                        "physical_package_id of CPUs, or no /sys/devices/system/node/online",
                        -ENOENT);
                return;
        }
        f = check_add(report, item, few && !facts->in_guest ? CHECK_WARNING : CHECK_OK, NULL);
        check_set(f->present, "%u socket%s, %u node%s", facts->packages,
                facts->packages == 1 ? "" : "s", facts->nodes, facts->nodes == 1 ? "" : "s");
        check_set(f->recommended, "at least a node for each socket");
        if (few && facts->in_guest)
                check_set(f->note, "sockets of a guest are whatever its host calls them");
        else if (few)
                check_set(f->note,
                        "the firmware interleaves memory over sockets, or numa=off stands on the "
                        "kernel's command line: guests cannot be placed");
}

static const struct sysctl_rule zone_reclaim = {
        .values = "0",
        .level = CHECK_WARNING,
        .otherwise = "a node that is full throws out its page cache, or swaps, though others have "
                     "memory left",
        .absent = "this kernel knows no NUMA",
};

/* ---- huge pages ---- */

static void look_at_choice(const struct check_item *item, struct check_report *report,
        const char *path, const char *fine, const char *wanted, const char *otherwise)
{
        char text[160], present[32];
        struct check_finding *f;
        ssize_t length = root_read(report->root, path, text, sizeof text);
        bool good;

        if (length < 0 || values_chosen(text, present, sizeof present) < 0) {
                check_add_missing(report, item, NULL, path, length < 0 ? (int)length : -EINVAL);
                return;
        }
        good = values_offers(fine, present);
        f = check_add(report, item, good ? CHECK_OK : CHECK_ADVICE, NULL);
        check_set(f->present, "%s", present);
        check_set(f->recommended, "%s", wanted);
        if (good)
                return;
        check_set(f->note, "%s", otherwise);
        if (values_offers(text, wanted))
                check_change(report, CHANGE_CHOICE, path, "", present, wanted);
}

static void look_at_thp(const struct check_item *item, struct check_report *report)
{
        look_at_choice(item, report, "/sys/kernel/mm/transparent_hugepage/enabled",
                "always madvise", "madvise", "guests' memory stays in pages of 4 KiB");
}

static void look_at_thp_defrag(const struct check_item *item, struct check_report *report)
{
        look_at_choice(item, report, "/sys/kernel/mm/transparent_hugepage/defrag",
                "madvise defer+madvise defer never", "madvise",
                "any process may stand still for as long as memory is being compacted");
}

#define HUGEPAGES "/sys/kernel/mm/hugepages"

/* One size of them; kernels know several: "hugepages-1048576kB". */
static void look_at_reserved_size(
        const struct check_item *item, struct check_report *report, const char *directory)
{
        char path[160], size[FMT_SIZE], bytes[FMT_SIZE];
        uint64_t kb, n, n_free;
        struct check_finding *f;
        int r;

        if (sscanf(directory, "hugepages-%" SCNu64 "kB", &kb) != 1 || kb > UINT32_MAX)
                return;
        fmt_size(size, kb << 10);
        snprintf(path, sizeof path, HUGEPAGES "/%.64s/nr_hugepages", directory);
        r = root_read_number(report->root, path, &n);
        if (r == 0) {
                snprintf(path, sizeof path, HUGEPAGES "/%.64s/free_hugepages", directory);
                r = root_read_number(report->root, path, &n_free);
        }
        if (r < 0) {
                check_add_missing(report, item, size, path, r);
                return;
        }
        f = check_add(report, item, n_free ? CHECK_ADVICE : CHECK_OK, size);
        check_set(f->present, "%" PRIu64 " reserved, %" PRIu64 " of them free", n, n_free);
        check_set(f->recommended, "none free");
        if (n_free)
                check_set(f->note,
                        "%s lie idle, unless your own --template has <hugepages/>: the built-in "
                        "one does not use them",
                        fmt_size(bytes, n_free * (kb << 10)));
}

static void look_at_reserved(const struct check_item *item, struct check_report *report)
{
        const size_t before = report->n_findings;
        struct root_names sizes;
        int r = root_list(report->root, HUGEPAGES, &sizes);

        if (r < 0) {
                check_add_missing(report, item, NULL, HUGEPAGES, r);
                return;
        }
        for (size_t i = 0; i < sizes.n; i++)
                look_at_reserved_size(item, report, sizes.names[i]);
        root_names_free(&sizes);
        if (report->n_findings == before)
                check_set(check_add(report, item, CHECK_OK, NULL)->present, "none");
}

/* ---- merged pages ---- */

static void look_at_ksm(const struct check_item *item, struct check_report *report)
{
        const char *path = "/sys/kernel/mm/ksm/run";
        uint64_t run, shared = 0;
        char text[32];
        struct check_finding *f;
        int r = root_read_number(report->root, path, &run);

        if (r < 0) {
                check_add_missing(report, item, NULL, path, r);
                return;
        }
        root_read_number(report->root, "/sys/kernel/mm/ksm/pages_sharing", &shared);
        f = check_add(
                report, item, run == 1 || (run == 0 && shared) ? CHECK_ADVICE : CHECK_OK, NULL);
        check_set(f->present, "run %" PRIu64 ", %" PRIu64 " pages saved by it", run, shared);
        check_set(f->recommended, "run 0 or 2, nothing merged");
        if (run == 1)
                check_set(f->note, "ksmd scans guests' memory all the time%s",
                        shared ? "; 2 takes apart again what it has merged" : "");
        else if (run == 0 && shared)
                check_set(f->note, "merged pages stay merged until 2 is written there");
        if (f->level == CHECK_OK)
                return;
        snprintf(text, sizeof text, "%" PRIu64, run);
        check_change(report, CHANGE_VALUE, path, "", text, shared ? "2" : "0");
}

static const struct check_item items[] = {
        {"memory",
                "a host that gives out more memory than it has swaps, or kills a guest: then its "
                "disk is measured, or nothing",
                "none", "the built-in template of guests (`tileload tile template`)", NULL,
                look_at_amount, .varies = true},
        {"swap",
                "memory that went out to disk comes back in the middle of a run. Guests have swap "
                "of their own; the host should not need any",
                "without any swap the kernel kills a process sooner when memory runs out",
                "Linux: Documentation/admin-guide/sysctl/vm.rst", NULL, look_at_swap,
                .varies = true},
        {"vm.swappiness",
                "how willingly memory of processes goes out to keep files in memory. QEMU's memory "
                "is the guests': low keeps it in",
                "the page cache shrinks first; with 0 processes are killed sooner",
                "Linux: Documentation/admin-guide/sysctl/vm.rst", NULL, look_at_swappiness,
                &swappiness},
        {"kernel.numa_balancing",
                "takes pages away for a moment to see who uses them, and moves them there. What is "
                "bound to its node already has nothing to gain by it, and what is not needs it",
                "off without --placement: memory stays where it happened to be taken",
                "Linux: Documentation/admin-guide/sysctl/kernel.rst",
                "bound guests to nodes, and found 8 % more throughput", look_at_balancing},
        {"memory-interleave",
                "memory that alternates over all sockets is far for half of the accesses, wherever "
                "a guest runs",
                "firmware setting (node interleaving off; NPS1 or more on AMD): needs a reboot",
                "Linux: Documentation/admin-guide/mm/numa_memory_policy.rst", NULL,
                look_at_interleave},
        {"vm.zone_reclaim_mode",
                "with several nodes: clear the own one before taking memory from another",
                "none: it is the kernel's default",
                "Linux: Documentation/admin-guide/sysctl/vm.rst", NULL, sysctl_look, &zone_reclaim},
        {"transparent-hugepages",
                "a guest's memory access goes through two sets of page tables: pages of 2 MiB take "
                "most of that away. QEMU asks for them (madvise), so always is not needed",
                "a little more memory", "Linux: Documentation/admin-guide/mm/transhuge.rst", NULL,
                look_at_thp},
        {"transparent-hugepages-defrag",
                "who waits while the kernel makes room for a huge page. madvise: only who asked",
                "none: it is the kernel's default",
                "Linux: Documentation/admin-guide/mm/transhuge.rst", NULL, look_at_thp_defrag},
        {"hugepages",
                "memory reserved as huge pages is for nobody else. It helps guests whose template "
                "uses it, and is lost for all others",
                "giving it back (vm.nr_hugepages) may not be undone later, when memory is in "
                "pieces",
                "Linux: Documentation/admin-guide/mm/hugetlbpage.rst", NULL, look_at_reserved,
                .varies = true},
        {"ksm",
                "merges equal pages of guests: takes CPU to find them, and gives memory that a run "
                "did not pay for. It goes on for minutes after a start, so that no two windows are "
                "alike. Right where more guests than memory is what is measured",
                "guests take all of their memory: check `memory` first, taking pages apart needs "
                "it at once",
                "Linux: Documentation/admin-guide/mm/ksm.rst", NULL, look_at_ksm, .varies = true},
};

extern const struct check_group check_memory;
const struct check_group check_memory = {"memory", "Memory and NUMA", items, ARRAY_SIZE(items)};
