/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's own limits, in the files of its daemons.
 */
#include "check.h"

#include "libvirt_conf.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define DOCUMENT "libvirt: comments in libvirtd.conf and virtqemud.conf"

enum {
        MAX_FILE = 1 << 20,
};

struct conf_rule {
        const char *key;
        bool is_first;     /* of its file: one warning of a file that is not understood is enough */
        uint64_t usual;    /* what counts where it is not set */
        uint64_t least;    /* lower is bad */
        bool none_at_zero; /* 0 is no limit */
        uint64_t (*need)(const struct check_needs *needs); /* instead of least */
        enum check_level level;
        const char *otherwise;
};

static const char *const daemon_files[] = {
        "/etc/libvirt/libvirtd.conf", "/etc/libvirt/virtqemud.conf", NULL};
static const char *const qemu_files[] = {"/etc/libvirt/qemu.conf", NULL};

static void judge(const struct check_item *item, struct check_report *report, const char *path,
        bool is_set, uint64_t value)
{
        const struct conf_rule *rule = item->rule;
        uint64_t least = rule->need ? rule->need(&report->needs) : rule->least;
        bool good = value >= least || (value == 0 && rule->none_at_zero);
        struct check_finding *f =
                check_add(report, item, good ? CHECK_OK : rule->level, strrchr(path, '/') + 1);
        char found[32] = "", wanted[32];

        check_set(f->present, is_set ? "%" PRIu64 : "not set: %" PRIu64, value);
        check_set(f->recommended, "at least %" PRIu64 "%s", least,
                rule->none_at_zero ? ", or 0: no limit of its own" : "");
        if (good)
                return;
        check_set(f->note, "%s", rule->otherwise);
        if (is_set)
                snprintf(found, sizeof found, "%" PRIu64, value);
        snprintf(wanted, sizeof wanted, "%" PRIu64, MAX(least, rule->usual));
        check_change(report, CHANGE_CONF, path, rule->key, found, wanted);
}

static void look_at_file(
        const struct check_item *item, struct check_report *report, const char *path)
{
        const struct conf_rule *rule = item->rule;
        _cleanup_free_ char *text = NULL;
        uint64_t value = rule->usual;
        struct why why = {0};
        int r = root_read_whole(report->root, path, MAX_FILE, &text);

        if (r == -ENOMEM)
                report->error = r;
        if (r == -ENOENT)
                return;
        if (r < 0) {
                check_add_missing(report, item, strrchr(path, '/') + 1, path, r);
                return;
        }
        r = libvirt_conf_number(text, rule->key, path, &value, &why);
        if (r < 0) {
                bool told = r == -EBADMSG && !rule->is_first;
                struct check_finding *f = check_add(
                        report, item, told ? CHECK_MISSING : CHECK_WARNING, strrchr(path, '/') + 1);

                check_set(f->present, "not understood");
                check_set(f->recommended, "a file that libvirt understands");
                check_set(f->note, "%s", why.reason);
                return;
        }
        judge(item, report, path, r == 1, value);
}

static void look_at_files(
        const struct check_item *item, struct check_report *report, const char *const *paths)
{
        const size_t before = report->n_findings;

        for (; *paths; paths++)
                look_at_file(item, report, *paths);
        if (report->n_findings == before) {
                struct check_finding *f = check_add(report, item, CHECK_MISSING, NULL);

                check_set(f->note, "libvirt is not installed here");
        }
}

static void look_at_daemons(const struct check_item *item, struct check_report *report)
{
        look_at_files(item, report, daemon_files);
}

static void look_at_qemu(const struct check_item *item, struct check_report *report)
{
        look_at_files(item, report, qemu_files);
}

static uint64_t need_clients(const struct check_needs *needs)
{
        return (uint64_t)needs->tiles * TILE_NEEDS_GUESTS + 64;
}

static uint64_t need_threads(const struct check_needs *needs)
{
        return (uint64_t)needs->tiles * TILE_NEEDS_GUESTS * GUEST_NEEDS_THREADS;
}

static const struct conf_rule clients = {
        .key = "max_clients",
        .is_first = true,
        .usual = 5000,
        .need = need_clients,
        .level = CHECK_WARNING,
        .otherwise = "connections beyond wait to be accepted, or are dropped: \"Too many active "
                     "clients\"",
};
static const struct conf_rule waiting = {
        .key = "max_anonymous_clients",
        .usual = 20,
        .least = 20,
        .none_at_zero = true,
        .level = CHECK_ADVICE,
        .otherwise = "lower than libvirt's default: many tools that connect at once wait",
};
static const struct conf_rule workers = {
        .key = "max_workers",
        .usual = 20,
        .least = 20,
        .level = CHECK_ADVICE,
        .otherwise = "lower than libvirt's default: calls wait for each other",
};
static const struct conf_rule client_requests = {
        .key = "max_client_requests",
        .usual = 5,
        .least = 5,
        .level = CHECK_ADVICE,
        .otherwise = "lower than libvirt's default: its keep-alive messages wait behind calls, and "
                     "connections are given up",
};
static const struct conf_rule processes = {
        .key = "max_processes",
        .is_first = true,
        .none_at_zero = true,
        .need = need_threads,
        .level = CHECK_WARNING,
        .otherwise = "threads of all guests together, as all are one user's",
};
static const struct conf_rule files = {
        .key = "max_files",
        .least = 1024,
        .none_at_zero = true,
        .level = CHECK_WARNING,
        .otherwise = "open files of one QEMU",
};

/* A setting that never did anything: whoever has it should know. */
static void look_at_requests(const struct check_item *item, struct check_report *report)
{
        const size_t before = report->n_findings;
        bool any = false;

        for (const char *const *path = daemon_files; *path; path++) {
                _cleanup_free_ char *text = NULL;
                uint64_t value;
                struct check_finding *f;

                if (root_read_whole(report->root, *path, MAX_FILE, &text) < 0)
                        continue;
                any = true;
                if (libvirt_conf_number(text, "max_requests", *path, &value, NULL) != 1)
                        continue;
                f = check_add(report, item, CHECK_OK, strrchr(*path, '/') + 1);
                check_set(f->present, "%" PRIu64, value);
                check_set(f->recommended, "not set");
        }
        if (report->n_findings == before) {
                struct check_finding *f =
                        check_add(report, item, any ? CHECK_OK : CHECK_MISSING, NULL);

                if (any)
                        check_set(f->present, "not set");
                else
                        check_set(f->note, "libvirt is not installed here, or its files may not "
                                           "be read");
        }
}

static const struct check_item items[] = {
        {"libvirt.max_clients",
                "connections at once. 20 in the libvirt of 2009, which ended at twenty guests "
                "that were started in parallel; 5000 now. tileload has one for each host, other "
                "tools one for each call",
                "none", DOCUMENT, "raised it", look_at_daemons, &clients},
        {"libvirt.max_anonymous_clients", "connections that have not said yet who they are", "none",
                DOCUMENT, NULL, look_at_daemons, &waiting},
        {"libvirt.max_workers",
                "calls that are carried out at once. tileload makes one after the other; enough as "
                "it comes",
                "a thread each while they are busy", DOCUMENT, "raised it", look_at_daemons,
                &workers},
        {"libvirt.max_requests",
                "has never been enforced, and newer libvirt does not know it any more: harmless "
                "where it stands",
                "none", DOCUMENT, "raised it", look_at_requests},
        {"libvirt.max_client_requests",
                "calls of one connection at once. For tools that start many guests in parallel "
                "over one connection; tileload makes one call at a time",
                "one client can take all workers when this is as high as max_workers", DOCUMENT,
                "raised it", look_at_daemons, &client_requests},
        {"qemu.max_processes", "processes and threads of the user that QEMU runs as", "none",
                "libvirt: comments in qemu.conf", NULL, look_at_qemu, &processes},
        {"qemu.max_files", "open files of each QEMU: disks, network, console, monitor", "none",
                "libvirt: comments in qemu.conf", NULL, look_at_qemu, &files},
};

extern const struct check_group check_libvirt;
const struct check_group check_libvirt = {"libvirt", "libvirt", items, ARRAY_SIZE(items)};
