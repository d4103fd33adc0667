/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "facts.h"
#include "values.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

extern const struct check_group check_bridge, check_tcp, check_network, check_bonding,
        check_storage, check_memory, check_cpu, check_limits, check_libvirt, check_services;

const struct check_group *const check_groups[] = {
        &check_bridge,
        &check_tcp,
        &check_network,
        &check_bonding,
        &check_storage,
        &check_memory,
        &check_cpu,
        &check_limits,
        &check_libvirt,
        &check_services,
        NULL,
};

const char *check_level_name(enum check_level level)
{
        static const char *const names[N_CHECK_LEVELS] = {
                [CHECK_OK] = "ok",
                [CHECK_MISSING] = "missing",
                [CHECK_ADVICE] = "advice",
                [CHECK_WARNING] = "warning",
        };

        return names[level];
}

bool check_level_is_finding(enum check_level level)
{
        return level == CHECK_ADVICE || level == CHECK_WARNING;
}

size_t check_count(const struct check_report *report, enum check_level level)
{
        size_t n = 0;

        for (size_t i = 0; i < report->n_findings; i++)
                n += report->findings[i].level == level;
        return n;
}

int check_look(
        struct check_report *report, const struct root *root, unsigned tiles, struct why *why)
{
        *report = (struct check_report){.root = root};
        facts_read(&report->facts, root);
        check_needs_init(&report->needs, tiles, report->facts.kvm);
        for (const struct check_group *const *g = check_groups; *g; g++) {
                report->group = *g;
                for (size_t i = 0; i < (*g)->n_items; i++)
                        (*g)->items[i].look(&(*g)->items[i], report);
        }
        if (report->error < 0) {
                int r = why_errno(why, report->error, "host-check", NULL);

                check_report_fini(report);
                return r;
        }
        return 0;
}

void check_report_fini(struct check_report *report)
{
        free(report->findings);
        free(report->changes);
        *report = (struct check_report){0};
}

struct check_finding *check_add(struct check_report *report, const struct check_item *item,
        enum check_level level, const char *subject)
{
        static struct check_finding nowhere; /* out of memory: the report is not used any more */
        struct check_finding *f =
                reallocarray(report->findings, report->n_findings + 1, sizeof *report->findings);

        if (!f) {
                report->error = -ENOMEM;
                return &nowhere;
        }
        report->findings = f;
        f += report->n_findings++;
        *f = (struct check_finding){.group = report->group, .item = item, .level = level};
        if (subject)
                check_set(f->subject, "%s", subject);
        return f;
}

void check_set_text(char *text, size_t size, const char *format, ...)
{
        char raw[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(raw, sizeof raw, format, ap);
        va_end(ap);
        values_tidy(text, size, raw);
}

/* Whole or not at all: a cut value must never be written. */
static bool take(char *to, size_t size, const char *text)
{
        if (strlen(text) >= size || !values_is_plain(text))
                return false;
        memcpy(to, text, strlen(text) + 1);
        return true;
}

void check_change(struct check_report *report, enum check_change_kind kind, const char *path,
        const char *key, const char *found, const char *wanted)
{
        struct check_change *grown, change = {.finding = report->n_findings - 1, .kind = kind};

        if (!take(change.path, sizeof change.path, path) ||
                !take(change.key, sizeof change.key, key) ||
                !take(change.found, sizeof change.found, found) ||
                !take(change.wanted, sizeof change.wanted, wanted))
                return;
        grown = reallocarray(report->changes, report->n_changes + 1, sizeof *report->changes);
        if (!grown) {
                report->error = -ENOMEM;
                return;
        }
        report->changes = grown;
        grown[report->n_changes++] = change;
}

void check_add_missing(struct check_report *report, const struct check_item *item,
        const char *subject, const char *path, int error)
{
        struct check_finding *f = check_add(report, item, CHECK_MISSING, subject);

        if (error == -ENOENT || error == -ENOTDIR)
                check_set(f->note, "there is no %s", path);
        else if (error == -EACCES || error == -EPERM)
                check_set(f->note, "%s may not be read: try as root", path);
        else if (error == -EINVAL)
                check_set(f->note, "what %s holds is not understood", path);
        else
                check_set(f->note, "%s cannot be read: %s", path, strerror(-error));
}
