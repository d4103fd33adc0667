/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services that take their share of a host that is being measured.
 */
#include "check.h"

#include "units.h"
#include "values.h"

#include <errno.h>
#include <string.h>

/* ---- running ---- */

/* Services of desks and notebooks, and those that change what is being measured. With the units
 * that would start them again. */
static const struct service {
        const char *unit, *with, *what;
} idle_services[] = {
        {"avahi-daemon.service", "avahi-daemon.socket", "announces the host on the local network"},
        {"bluetooth.service", NULL, "Bluetooth"},
        {"cups.service", "cups.socket cups.path", "printing"},
        {"cups-browsed.service", NULL, "looks for printers"},
        {"ModemManager.service", NULL, "modems; probes serial ports"},
        {"packagekit.service", NULL, "looks for updates"},
        {"colord.service", NULL, "colours of screens and printers"},
        {"geoclue.service", NULL, "finds out where the host is"},
        {"power-profiles-daemon.service", NULL, "changes the CPUs' frequency and its limits"},
        {"thermald.service", NULL, "changes the CPUs' frequency and its limits by temperature"},
        {"ksmtuned.service", "ksm.service", "switches the merging of pages on and off by load"},
        {"numad.service", NULL, "moves processes between nodes, also those that were placed"},
        {"abrtd.service", NULL, "collects crashes"},
};

/* "cups.socket cups.path cups.service": those that start it first, as far as they are in use: what
 * was not running before must not run after an undo. */
static void list_units(
        const struct check_report *report, const struct service *service, char *text, size_t size)
{
        char with[64], *save = NULL;
        size_t used = 0;

        snprintf(with, sizeof with, "%s", service->with ? service->with : "");
        for (char *unit = strtok_r(with, " ", &save); unit; unit = strtok_r(NULL, " ", &save))
                if (used < size && unit_is_enabled(report->root, unit))
                        used += (size_t)snprintf(text + used, size - used, "%s ", unit);
        if (used < size)
                snprintf(text + used, size - used, "%s", service->unit);
}

static void look_at_services(const struct check_item *item, struct check_report *report)
{
        size_t n_running = 0;

        if (!report->facts.systemd) {
                check_add_missing(report, item, NULL,
                        "/run/systemd/system (systemd does not run "
                        "here)",
                        -ENOENT);
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(idle_services); i++) {
                const struct service *s = &idle_services[i];
                struct check_finding *f;
                char units[160];

                if (!unit_has_processes(report->root, s->unit))
                        continue;
                n_running++;
                f = check_add(report, item, CHECK_ADVICE, s->unit);
                check_set(f->present, "running");
                check_set(f->recommended, "stopped while measuring");
                check_set(f->note, "%s", s->what);
                list_units(report, s, units, sizeof units);
                check_change(report, CHANGE_UNITS, "", "", "", units);
        }
        if (n_running == 0) {
                struct check_finding *f = check_add(report, item, CHECK_OK, NULL);

                check_set(
                        f->present, "none of %zu that were looked for", ARRAY_SIZE(idle_services));
                check_set(f->recommended, "none");
        }
}

/* ---- by the clock ---- */

static const struct timer {
        const char *unit, *what;
} timers[] = {
        {"apt-daily.timer", "fetches lists of packages"},
        {"apt-daily-upgrade.timer", "installs updates"},
        {"dnf-makecache.timer", "fetches lists of packages"},
        {"dnf-automatic.timer", "installs updates"},
        {"fwupd-refresh.timer", "looks for firmware"},
        {"man-db.timer", "reads all manual pages"},
        {"plocate-updatedb.timer", "walks through all directories"},
        {"mlocate-updatedb.timer", "walks through all directories"},
        {"updatedb.timer", "walks through all directories"},
        {"fstrim.timer", "discards unused blocks on all disks"},
        {"e2scrub_all.timer", "checks file systems"},
        {"mdcheck_start.timer", "reads all of each RAID array"},
        {"raid-check.timer", "reads all of each RAID array"},
        {"btrfs-scrub.timer", "reads all of each file system"},
        {"sysstat-collect.timer", "writes down counters every few minutes"},
};

static void look_at_timers(const struct check_item *item, struct check_report *report)
{
        size_t n_enabled = 0;

        if (!report->facts.systemd) {
                check_add_missing(report, item, NULL,
                        "/run/systemd/system (systemd does not run "
                        "here)",
                        -ENOENT);
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(timers); i++) {
                struct check_finding *f;

                if (!unit_is_enabled(report->root, timers[i].unit))
                        continue;
                n_enabled++;
                f = check_add(report, item, CHECK_ADVICE, timers[i].unit);
                check_set(f->present, "enabled");
                check_set(f->recommended, "stopped while measuring");
                check_set(f->note, "%s; if it has been stopped since the boot, no file says so",
                        timers[i].what);
                check_change(report, CHANGE_UNITS, "", "", "", timers[i].unit);
        }
        if (n_enabled == 0) {
                struct check_finding *f = check_add(report, item, CHECK_OK, NULL);

                check_set(f->present, "none of %zu that were looked for", ARRAY_SIZE(timers));
                check_set(f->recommended, "none");
        }
}

/* ---- either way ---- */

static void look_at_irqbalance(const struct check_item *item, struct check_report *report)
{
        struct check_finding *f;

        if (!report->facts.systemd) {
                check_add_missing(report, item, NULL,
                        "/run/systemd/system (systemd does not run "
                        "here)",
                        -ENOENT);
                return;
        }
        f = check_add(report, item, CHECK_OK, NULL);
        check_set(f->present, "%s",
                unit_has_processes(report->root, "irqbalance.service") ? "running" : "not running");
        check_set(f->recommended, "running, unless interrupts are bound by hand; the same in all "
                                  "runs");
}

static void look_at_tuned(const struct check_item *item, struct check_report *report)
{
        static const char fine[] = "virtual-host throughput-performance network-throughput "
                                   "network-latency latency-performance realtime-virtual-host "
                                   "cpu-partitioning hpc-compute virtual-guest";
        bool running = unit_has_processes(report->root, "tuned.service"), good;
        char profile[160];
        struct check_finding *f;

        if (!running || root_read(report->root, "/etc/tuned/active_profile", profile,
                                sizeof profile) <= 0) {
                f = check_add(report, item, report->facts.systemd ? CHECK_OK : CHECK_MISSING, NULL);
                check_set(f->present, "%s", report->facts.systemd ? "not running" : "");
                check_set(f->note, "%s", report->facts.systemd ? "" : "systemd does not run here");
                return;
        }
        good = values_offers(fine, profile);
        f = check_add(report, item, good ? CHECK_OK : CHECK_ADVICE, NULL);
        check_set(f->present, "profile %s", profile);
        check_set(f->recommended, "virtual-host");
        if (!good)
                check_set(f->note,
                        "not one of the profiles for hosts that work: `tuned-adm profile "
                        "virtual-host`, or one of your own that includes it");
}

static const struct check_item items[] = {
        {"services",
                "each wakes up now and then, takes CPU and pushes guests' data out of caches. What "
                "a host of guests has no use for, it need not run",
                "what they do is not done meanwhile", "systemctl(1)",
                "stopped services that it had no use for", look_at_services},
        {"timers",
                "work that begins by the clock, in the middle of a run as well as anywhen, mostly "
                "with much disk I/O",
                "updates come later: start the timers again",
                "systemd.timer(5), systemctl(1) (list-timers)",
                "stopped services that it had no use for", look_at_timers},
        {"irqbalance",
                "spreads interrupts over CPUs. Cards with several queues have theirs spread by the "
                "driver; where guests are pinned, bind interrupts to the CPUs they leave free",
                "without either, one CPU may take all of a card's interrupts", "irqbalance(1)",
                NULL, look_at_irqbalance},
        {"tuned",
                "sets much of what is looked at here, by profile, and sets it again at each start",
                "two who set the same value: the last one wins", "tuned-profiles(7)", NULL,
                look_at_tuned},
};

extern const struct check_group check_services;
const struct check_group check_services = {"services", "Services", items, ARRAY_SIZE(items)};
