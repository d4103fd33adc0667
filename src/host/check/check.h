/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host check: what bears on a consolidation run, item by item.
 *
 * An item is knowledge, and does not change: what should be, why, what it costs, who says so. The
 * items stand in tables, one file a group (items_*.c). Looking at a host turns them into findings:
 * what is there, how it should be, and, where a file can be written to that end, the change.
 *
 * To add an item: a line in its group's table, with a function that looks, or a rule for
 * sysctl_look() (sysctl_rule.h); a line in docs/host-tuning.md; and trees in
 * tests/golden/host-check that have it both ways.
 */
#pragma once

#include "needs.h"
#include "root.h"

#include <stdbool.h>
#include <stddef.h>

enum check_level {
        CHECK_OK,
        CHECK_MISSING, /* cannot be told here: no such file, or it may not be read */
        CHECK_ADVICE,  /* better otherwise */
        CHECK_WARNING, /* spoils a run, or makes its figures untrue */
        N_CHECK_LEVELS,
};

/* "ok", "missing", "advice", "warning". */
const char *check_level_name(enum check_level level);

/* Is it something to mend? */
bool check_level_is_finding(enum check_level level);

struct check_report;

struct check_item {
        const char *name;   /* "net.ipv4.tcp_sack", "io-scheduler": also in docs/host-tuning.md */
        const char *why;    /* what it does to a run */
        const char *risk;   /* of doing as recommended */
        const char *source; /* by name */
        const char *study;  /* what the study of 2009 did; NULL: not in its tuning */
        void (*look)(const struct check_item *item, struct check_report *report);
        const void *rule; /* for look */
        bool varies;      /* from minute to minute: no setting (settings.h) */
};

struct check_group {
        const char *name, *title;
        const struct check_item *items;
        size_t n_items;
};

extern const struct check_group *const check_groups[]; /* ends with NULL */

/* How to mend something, and how to undo that. */
enum check_change_kind {
        CHANGE_VALUE,  /* path holds found; write wanted to it */
        CHANGE_CHOICE, /* path lists choices with found in brackets; write wanted to it */
        CHANGE_CONF,   /* the libvirt configuration file path sets key to found (or not, "") */
        CHANGE_UNITS,  /* stop the units of systemd in wanted, with blanks between */
};

struct check_change {
        size_t finding; /* whose it is */
        enum check_change_kind kind;
        char path[160], key[48], found[160], wanted[160];
};

/* Texts are printable ASCII. */
struct check_finding {
        const struct check_group *group;
        const struct check_item *item;
        enum check_level level;
        char subject[64];      /* the device or unit that it is about; "": the host */
        char present[160];     /* what is there; "": nothing is known */
        char recommended[160]; /* what should be */
        char note[400];        /* how that comes: arithmetic, what else was seen; "": nothing */
};

/* What several items need to know. 0 where it is not known. */
struct check_facts {
        unsigned cpus, nodes, packages; /* CPUs and NUMA nodes that are online, sockets */
        uint64_t memory, memory_available, swap, swap_free; /* bytes */
        bool kvm;                                           /* there is /dev/kvm */
        bool hardware_virtualization;                       /* vmx or svm */
        bool cpu_flags;                                     /* the flags of CPUs are known */
        bool in_guest;                                      /* the host is a guest itself */
        bool systemd;
};

struct check_report {
        const struct root *root;
        struct check_facts facts;
        struct check_needs needs;
        const struct check_group *group; /* whose items are being looked at */
        struct check_finding *findings;
        size_t n_findings;
        struct check_change *changes;
        size_t n_changes;
        int error; /* -ENOMEM: findings are missing */
};

/* Looks at everything. Returns 0, or -errno with *why. Give it back with check_report_fini(). */
int check_look(
        struct check_report *report, const struct root *root, unsigned tiles, struct why *why);
void check_report_fini(struct check_report *report);

size_t check_count(const struct check_report *report, enum check_level level);

/* ---- for items ---- */

/* Begins a finding: subject may be NULL. Never NULL itself; valid until the next one. */
struct check_finding *check_add(struct check_report *report, const struct check_item *item,
        enum check_level level, const char *subject);

/* Fill a text of a finding: what does not fit is cut, what is not printable becomes '?'. */
#define check_set(text, ...) check_set_text(text, sizeof(text), __VA_ARGS__)
void check_set_text(char *text, size_t size, const char *format, ...) _printf_(3, 4);

/* The last finding can be mended this way. found is the value as it was read, wanted what to write.
 * A value or path that does not fit, or cannot stand in a script, makes no change. */
void check_change(struct check_report *report, enum check_change_kind kind, const char *path,
        const char *key, const char *found, const char *wanted);

/* A finding of level CHECK_MISSING: error (-errno) says why the file could not be read; -EINVAL,
 * that it could not be understood. */
void check_add_missing(struct check_report *report, const struct check_item *item,
        const char *subject, const char *path, int error);
