/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks: who orders their requests, and how many ways lead to them.
 */
#include "check.h"

#include "values.h"

#include <errno.h>
#include <string.h>

static ssize_t read_of(const struct check_report *report, const char *disk, const char *file,
        char *text, size_t size)
{
        char path[192];

        snprintf(path, sizeof path, "/sys/block/%.64s/%s", disk, file);
        return root_read(report->root, path, text, size);
}

static bool is_multipath(const struct check_report *report, const char *disk)
{
        char uuid[160];

        return read_of(report, disk, "dm/uuid", uuid, sizeof uuid) > 0 &&
               strncmp(uuid, "mpath-", 6) == 0;
}

/* Is it one of the ways to a multipath device? */
static bool is_path(const struct check_report *report, const char *disk)
{
        struct root_names holders;
        char directory[128];
        bool found = false;

        snprintf(directory, sizeof directory, "/sys/block/%.64s/holders", disk);
        if (root_list(report->root, directory, &holders) < 0)
                return false;
        for (size_t i = 0; i < holders.n; i++)
                found |= is_multipath(report, holders.names[i]);
        root_names_free(&holders);
        return found;
}

/* ---- I/O scheduler ---- */

enum disk_kind {
        DISK_FAST,    /* nothing moves in it */
        DISK_VIRTUAL, /* somebody below orders requests */
        DISK_ARRAY,   /* as well, for all that such a thing says of turning */
        DISK_SPINNING,
};

static enum disk_kind kind_of(const struct check_report *report, const char *disk)
{
        char rotational[8];

        if (is_multipath(report, disk))
                return DISK_ARRAY;
        /* virtio and Xen, which say that they turn unless told otherwise. */
        if (strncmp(disk, "vd", 2) == 0 || strncmp(disk, "xvd", 3) == 0)
                return DISK_VIRTUAL;
        if (read_of(report, disk, "queue/rotational", rotational, sizeof rotational) < 0 ||
                strcmp(rotational, "1") != 0)
                return DISK_FAST;
        return report->facts.in_guest ? DISK_VIRTUAL : DISK_SPINNING;
}

/* Those of before Linux 5.0 (deadline, noop) are as good as their followers. */
static bool scheduler_is_fine(enum disk_kind kind, const char *scheduler)
{
        static const char fast[] = "none noop mq-deadline deadline kyber";
        static const char spinning[] = "mq-deadline deadline";

        return values_offers(kind == DISK_SPINNING ? spinning : fast, scheduler);
}

static const char *scheduler_for(enum disk_kind kind, const char *offered)
{
        if (kind == DISK_SPINNING)
                return values_offers(offered, "deadline") ? "deadline" : "mq-deadline";
        return values_offers(offered, "noop") ? "noop" : "none";
}

static void look_at_disk(
        const struct check_item *item, struct check_report *report, const char *disk)
{
        static const char *const kinds[] = {
                "no moving parts", "virtual", "an array, which orders for itself", "spinning"};
        enum disk_kind kind = kind_of(report, disk);
        char offered[160], present[32], path[192];
        const char *wanted = NULL;
        struct check_finding *f;

        /* Requests pass by the scheduler of a path: the multipath device's own counts. */
        if (is_path(report, disk))
                return;
        /* Devices without a scheduler of their own say "none", and no more. */
        if (read_of(report, disk, "queue/scheduler", offered, sizeof offered) < 0 ||
                values_chosen(offered, present, sizeof present) < 0 || strcmp(offered, "none") == 0)
                return;
        if (!scheduler_is_fine(kind, present))
                wanted = scheduler_for(kind, offered);
        f = check_add(report, item, wanted ? CHECK_ADVICE : CHECK_OK, disk);
        check_set(f->present, "%s", present);
        check_set(f->recommended, "%s",
                kind == DISK_SPINNING ? "mq-deadline" : "none or mq-deadline");
        check_set(f->note, "%s%s", kinds[kind],
                wanted && kind == DISK_SPINNING ? "; behind a RAID controller or in a SAN, which "
                                                  "order for themselves, none "
                                                  "is right as well"
                                                : "");
        if (!wanted || !values_offers(offered, wanted))
                return;
        snprintf(path, sizeof path, "/sys/block/%.64s/queue/scheduler", disk);
        check_change(report, CHANGE_CHOICE, path, "", present, wanted);
}

static bool is_memory(const char *disk)
{
        static const char *const prefixes[] = {"loop", "ram", "zram", "nbd", "sr", "fd"};

        for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
                if (strncmp(disk, prefixes[i], strlen(prefixes[i])) == 0)
                        return true;
        return false;
}

/* none: what to say when that finds nothing; NULL: nothing. */
static void for_each_disk(const struct check_item *item, struct check_report *report,
        void (*look)(const struct check_item *, struct check_report *, const char *),
        const char *none)
{
        const size_t before = report->n_findings;
        struct root_names disks;
        int r = root_list(report->root, "/sys/block", &disks);

        if (r < 0) {
                check_add_missing(report, item, NULL, "/sys/block", r);
                return;
        }
        for (size_t i = 0; i < disks.n; i++)
                if (!is_memory(disks.names[i]))
                        look(item, report, disks.names[i]);
        root_names_free(&disks);
        if (none && report->n_findings == before)
                check_set(check_add(report, item, CHECK_OK, NULL)->present, "%s", none);
}

static void look_at_schedulers(const struct check_item *item, struct check_report *report)
{
        for_each_disk(item, report, look_at_disk, "no disk that has one");
}

/* ---- multipath ---- */

/* Paths of a multipath device: how many, and how many of them work. */
static void count_paths(
        const struct check_report *report, const char *disk, unsigned *ret_n, unsigned *ret_running)
{
        struct root_names paths;
        char directory[128];

        *ret_n = *ret_running = 0;
        snprintf(directory, sizeof directory, "/sys/block/%.64s/slaves", disk);
        if (root_list(report->root, directory, &paths) < 0)
                return;
        for (size_t i = 0; i < paths.n; i++) {
                char state[32];
                ssize_t length =
                        read_of(report, paths.names[i], "device/state", state, sizeof state);

                (*ret_n)++;
                /* SCSI says running, NVMe live. */
                *ret_running += length >= 0 &&
                                (strcmp(state, "running") == 0 || strcmp(state, "live") == 0);
        }
        root_names_free(&paths);
}

static void look_at_multipath_device(
        const struct check_item *item, struct check_report *report, const char *disk)
{
        unsigned n, running;
        struct check_finding *f;

        if (!is_multipath(report, disk))
                return;
        count_paths(report, disk, &n, &running);
        f = check_add(report, item,
                running < n ? CHECK_WARNING
                : n < 2     ? CHECK_ADVICE
                            : CHECK_OK,
                disk);
        check_set(f->present, "%u of %u paths running", running, n);
        check_set(f->recommended, "at least two paths, all running");
        if (running < n)
                check_set(f->note, "the others carry what went over it; `multipath -ll` names it");
}

/* Of a SCSI disk that is under no multipath device: its world-wide name. */
static bool read_single(
        const struct check_report *report, const char *disk, char *wwid, size_t size)
{
        return strncmp(disk, "sd", 2) == 0 &&
               read_of(report, disk, "device/wwid", wwid, size) > 0 && !is_path(report, disk);
}

/* The same disk seen over two ways that nobody has joined. */
static void look_for_twins(
        const struct check_item *item, struct check_report *report, const char *disk)
{
        struct root_names disks;
        char own[160], other[160];

        if (!read_single(report, disk, own, sizeof own) ||
                root_list(report->root, "/sys/block", &disks) < 0)
                return;
        for (size_t i = 0; i < disks.n && strcmp(disks.names[i], disk) != 0; i++) {
                struct check_finding *f;

                if (!read_single(report, disks.names[i], other, sizeof other) ||
                        strcmp(own, other) != 0)
                        continue;
                f = check_add(report, item, CHECK_WARNING, disk);
                check_set(f->present, "the same disk as %s", disks.names[i]);
                check_set(f->recommended, "one multipath device over both");
                check_set(f->note, "both are %s; multipathd would join them", own);
                break;
        }
        root_names_free(&disks);
}

static void look_at_disk_paths(
        const struct check_item *item, struct check_report *report, const char *disk)
{
        look_at_multipath_device(item, report, disk);
        look_for_twins(item, report, disk);
}

#define NVME "/sys/class/nvme-subsystem"

/* NVMe joins the ways to its disks by itself: each is a controller of one subsystem. */
static void look_at_subsystem(
        const struct check_item *item, struct check_report *report, const char *subsystem)
{
        char path[192], state[32];
        unsigned n = 0, n_live = 0;
        struct root_names names;
        struct check_finding *f;

        snprintf(path, sizeof path, NVME "/%.64s", subsystem);
        if (root_list(report->root, path, &names) < 0)
                return;
        for (size_t i = 0; i < names.n; i++) {
                snprintf(path, sizeof path, NVME "/%.64s/%.64s/state", subsystem, names.names[i]);
                if (root_read(report->root, path, state, sizeof state) <= 0)
                        continue;
                n++;
                n_live += strcmp(state, "live") == 0;
        }
        root_names_free(&names);
        if (n < 2)
                return; /* a card in this machine */
        f = check_add(report, item, n_live < n ? CHECK_WARNING : CHECK_OK, subsystem);
        check_set(f->present, "%u of %u paths live", n_live, n);
        check_set(f->recommended, "all live");
        if (n_live < n)
                check_set(f->note, "the others carry what went over it; `nvme list-subsys` names "
                                   "it");
}

static void look_at_multipath(const struct check_item *item, struct check_report *report)
{
        const size_t before = report->n_findings;
        struct root_names subsystems;

        if (root_list(report->root, NVME, &subsystems) == 0) {
                for (size_t i = 0; i < subsystems.n; i++)
                        look_at_subsystem(item, report, subsystems.names[i]);
                root_names_free(&subsystems);
        }
        for_each_disk(item, report, look_at_disk_paths,
                report->n_findings > before ? NULL : "no multipath device, and no need of one");
}

static const struct check_item items[] = {
        {"io-scheduler",
                "orders the requests of many guests to one disk. A disk without moving parts and "
                "a virtual one gain nothing from order: none costs least CPU. A spinning one does, "
                "and mq-deadline lets no request starve. bfq shares a disk out among processes, "
                "for CPU with each request; QEMU's are all alike to it",
                "none leaves a single spinning disk to seek at random",
                "Linux: Documentation/block/switching-sched.rst, "
                "Documentation/block/deadline-iosched.rst, Documentation/block/bfq-iosched.rst",
                "chose the scheduler for each device", look_at_schedulers},
        {"multipath",
                "two ways to a disk carry more than one, if they are joined and both work. A path "
                "that is down halves what the storage gives, without an error anywhere",
                "joining a disk that is mounted already needs it unmounted first",
                "multipath.conf(5); Linux: Documentation/admin-guide/device-mapper/"
                "dm-queue-length.rst",
                "used multipath", look_at_multipath},
};

extern const struct check_group check_storage;
const struct check_group check_storage = {"storage", "Storage", items, ARRAY_SIZE(items)};
