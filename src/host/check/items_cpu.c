/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUs: their clocks, what they can, and what they are kept from.
 */
#include "check.h"

#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define CPUFREQ "/sys/devices/system/cpu/cpufreq"

/* ---- frequency ---- */

struct tally {
        char names[8][32];
        unsigned counts[8];
        size_t n;
};

static void count_name(struct tally *tally, const char *name)
{
        size_t i = 0;

        while (i < tally->n && strcmp(tally->names[i], name) != 0)
                i++;
        if (i == ARRAY_SIZE(tally->names))
                return;
        if (i == tally->n) {
                snprintf(tally->names[i], sizeof tally->names[i], "%.31s", name);
                tally->n++;
        }
        tally->counts[i]++;
}

/* "powersave" for one kind, "performance (2), powersave (6)" for several. */
static void say_tally(struct check_finding *f, const struct tally *tally)
{
        char text[sizeof f->present] = "";
        size_t used = 0;

        for (size_t i = 0; i < tally->n && used < sizeof text; i++)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%s (%u)",
                        i ? ", " : "", tally->names[i], tally->counts[i]);
        check_set(f->present, "%s", tally->n == 1 ? tally->names[0] : text);
}

/* One file of every frequency policy against the values that are fine, with blanks between. Returns
 * the finding, NULL when there is none. */
static struct check_finding *look_at_policies(const struct check_item *item,
        struct check_report *report, const char *file, const char *fine, const char *wanted)
{
        struct tally tally = {0};
        struct check_finding *f;
        struct root_names policies;
        char path[160], text[64];
        bool good = true;
        int r = root_list(report->root, CPUFREQ, &policies);

        if (r < 0) {
                check_add_missing(report, item, NULL, CPUFREQ, r);
                return NULL;
        }
        f = check_add(report, item, CHECK_OK, NULL);
        for (size_t i = 0; i < policies.n; i++) {
                snprintf(path, sizeof path, CPUFREQ "/%.64s/%s", policies.names[i], file);
                if (strncmp(policies.names[i], "policy", 6) != 0 ||
                        root_read(report->root, path, text, sizeof text) <= 0)
                        continue;
                count_name(&tally, text);
                if (values_offers(fine, text))
                        continue;
                good = false;
                check_change(report, CHANGE_VALUE, path, "", text, wanted);
        }
        root_names_free(&policies);
        f->level = tally.n == 0 ? CHECK_MISSING : good ? CHECK_OK : CHECK_ADVICE;
        say_tally(f, &tally);
        return f;
}

static void look_at_governor(const struct check_item *item, struct check_report *report)
{
        struct check_finding *f =
                look_at_policies(item, report, "scaling_governor", "performance", "performance");

        if (!f)
                return;
        check_set(f->recommended, "performance");
        if (f->level == CHECK_MISSING)
                check_set(f->note, "this kernel does not set the CPUs' frequency: a guest's does "
                                   "not, nor does one whose firmware keeps that to itself");
}

static void look_at_energy(const struct check_item *item, struct check_report *report)
{
        struct check_finding *f = look_at_policies(item, report, "energy_performance_preference",
                "performance balance_performance 0", "performance");

        if (!f)
                return;
        check_set(f->recommended, "performance");
        if (f->level == CHECK_MISSING)
                check_set(f->note, "the CPUs have no such preference");
}

static void look_at_boost(const struct check_item *item, struct check_report *report)
{
        uint64_t value;
        bool on;
        struct check_finding *f;

        if (root_read_number(
                    report->root, "/sys/devices/system/cpu/intel_pstate/no_turbo", &value) == 0) {
                on = value == 0;
        } else if (root_read_number(report->root, CPUFREQ "/boost", &value) == 0) {
                on = value != 0;
        } else {
                check_add_missing(
                        report, item, NULL, CPUFREQ "/boost or intel_pstate/no_turbo", -ENOENT);
                return;
        }
        f = check_add(report, item, CHECK_OK, NULL);
        check_set(f->present, "%s", on ? "on" : "off");
        check_set(f->recommended, "either, and the same in all runs that are compared");
        if (on)
                check_set(f->note, "with few tiles cores run faster than with many: what looks "
                                   "like a loss of linearity may be that");
}

/* ---- capabilities ---- */

static void look_at_kvm(const struct check_item *item, struct check_report *report)
{
        const struct check_facts *facts = &report->facts;
        struct check_finding *f =
                check_add(report, item, facts->kvm ? CHECK_OK : CHECK_ADVICE, NULL);

        check_set(f->present, "%s", facts->kvm ? "/dev/kvm is there" : "no /dev/kvm");
        check_set(f->recommended, "/dev/kvm is there");
        if (facts->kvm)
                return;
        if (facts->hardware_virtualization)
                check_set(f->note, "the CPUs can do it: load kvm_intel or kvm_amd");
        else
                check_set(f->note, "the CPUs do not show vmx or svm: switched off in the firmware, "
                                   "or this is a guest without nested virtualization. Tiles run "
                                   "as processes (--launch process)");
}

/* Page tables that the CPU walks itself; without them every change in a guest's goes to KVM. */
static void look_at_paging(const struct check_item *item, struct check_report *report)
{
        static const char *const files[] = {
                "/sys/module/kvm_intel/parameters/ept", "/sys/module/kvm_amd/parameters/npt"};

        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                struct check_finding *f;
                char text[8];
                bool on;

                if (root_read(report->root, files[i], text, sizeof text) <= 0)
                        continue;
                on = text[0] == 'Y' || text[0] == '1';
                f = check_add(report, item, on ? CHECK_OK : CHECK_WARNING, NULL);
                check_set(f->present, "%s %s", strrchr(files[i], '/') + 1, text);
                check_set(f->recommended, "Y");
                return;
        }
        check_add_missing(report, item, NULL, "/sys/module/kvm_intel or kvm_amd", -ENOENT);
}

static void look_at_nested(const struct check_item *item, struct check_report *report)
{
        static const char *const files[] = {
                "/sys/module/kvm_intel/parameters/nested", "/sys/module/kvm_amd/parameters/nested"};

        for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
                struct check_finding *f;
                char text[8];

                if (root_read(report->root, files[i], text, sizeof text) <= 0)
                        continue;
                f = check_add(report, item, CHECK_OK, NULL);
                check_set(f->present, "%s", text);
                check_set(f->recommended, "either: N if no guest has guests of its own");
                return;
        }
        check_add_missing(report, item, NULL, "/sys/module/kvm_intel or kvm_amd", -ENOENT);
}

static void look_at_host(const struct check_item *item, struct check_report *report)
{
        bool in_guest = report->facts.in_guest;
        struct check_finding *f;

        if (!report->facts.cpu_flags) {
                check_add_missing(report, item, NULL, "flags in /proc/cpuinfo", -ENOENT);
                return;
        }
        f = check_add(report, item, in_guest ? CHECK_ADVICE : CHECK_OK, NULL);
        check_set(f->present, "%s", in_guest ? "itself a guest" : "no sign of a hypervisor");
        check_set(f->recommended, "a machine of its own");
        if (in_guest)
                check_set(f->note, "the figures are those of a share of some machine, and change "
                                   "with its other guests: look at the steal time in run.json");
}

/* ---- mitigations ---- */

/* Most begin with it. Two say it of guests only, behind what else is done: itlb_multihit, l1tf. */
static bool is_open(const char *text)
{
        return strncmp(text, "Vulnerable", 10) == 0 || strstr(text, "KVM: Vulnerable") ||
               strstr(text, "VMX: vulnerable");
}

/* The names of what the kernel says is open. */
static void look_at_vulnerabilities(const struct check_item *item, struct check_report *report)
{
        const char *directory = "/sys/devices/system/cpu/vulnerabilities";
        char open[160] = "", path[160], text[256];
        size_t n_open = 0, used = 0;
        struct check_finding *f;
        struct root_names names;
        int r = root_list(report->root, directory, &names);

        if (r < 0) {
                check_add_missing(report, item, NULL, directory, r);
                return;
        }
        for (size_t i = 0; i < names.n; i++) {
                snprintf(path, sizeof path, "%s/%.64s", directory, names.names[i]);
                if (root_read(report->root, path, text, sizeof text) <= 0 || !is_open(text))
                        continue;
                n_open++;
                if (used < sizeof open)
                        used += (size_t)snprintf(open + used, sizeof open - used, "%s%s",
                                used ? ", " : "", names.names[i]);
        }
        f = check_add(report, item, n_open ? CHECK_ADVICE : CHECK_OK, NULL);
        check_set(f->present, "%zu of %zu open%s%s", n_open, names.n, n_open ? ": " : "", open);
        check_set(f->recommended, "as the kernel chooses, and the same in all runs that are "
                                  "compared");
        if (n_open)
                check_set(f->note,
                        "each one's file in %s says more. \"no microcode\" is mended by "
                        "the CPU vendor's microcode (in a guest: that of its host)",
                        directory);
        root_names_free(&names);
}

/* "mitigations=off", or parts of it: "auto,no_guest_host", "auto;no_guest_guest". Not "nosmt",
 * which is more of it. */
static bool switches_off(const char *words)
{
        for (const char *p = words; *p; p += *p != '\0') {
                size_t length = strcspn(p, ",;");

                if ((length == 3 && strncmp(p, "off", 3) == 0) || strncmp(p, "no_", 3) == 0)
                        return true;
                p += length;
        }
        return false;
}

static void look_at_mitigations(const struct check_item *item, struct check_report *report)
{
        static const char key[] = "mitigations=";
        char text[4096], *save = NULL, *found = NULL;
        struct check_finding *f;
        ssize_t length = root_read(report->root, "/proc/cmdline", text, sizeof text);

        if (length < 0) {
                check_add_missing(report, item, NULL, "/proc/cmdline", (int)length);
                return;
        }
        for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
                if (strncmp(w, key, strlen(key)) == 0)
                        found = w;
        f = check_add(report, item,
                found && switches_off(found + strlen(key)) ? CHECK_ADVICE : CHECK_OK, NULL);
        check_set(f->present, "%s", found ? found : "not set: auto");
        check_set(f->recommended, "auto");
}

/* ---- time ---- */

static void look_at_clock(const struct check_item *item, struct check_report *report)
{
        const char *path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
        char text[64];
        struct check_finding *f;
        ssize_t length = root_read(report->root, path, text, sizeof text);
        bool slow;

        if (length < 0) {
                check_add_missing(report, item, NULL, path, (int)length);
                return;
        }
        slow = values_offers("hpet acpi_pm jiffies refined-jiffies", text);
        f = check_add(report, item, slow ? CHECK_WARNING : CHECK_OK, NULL);
        check_set(f->present, "%s", text);
        check_set(f->recommended, "tsc, or in a guest kvm-clock and the like");
        if (slow)
                check_set(f->note, "the kernel has found the CPUs' own counters not to be trusted: "
                                   "its log has the reason, often the firmware's");
}

static const struct check_item items[] = {
        {"cpu-governor",
                "schedutil, and the powersave of intel_pstate and amd-pstate, raise the frequency "
                "when load is seen, late for short requests and different from run to run; any "
                "other driver's powersave stays at the lowest. performance keeps it up",
                "more power and heat when idle",
                "Linux: Documentation/admin-guide/pm/cpufreq.rst, intel_pstate.rst, amd-pstate.rst",
                "stopped services, of which cpuspeed did this in its time", look_at_governor},
        {"cpu-energy-preference",
                "where the CPU itself chooses its frequency, this tells it what to choose by",
                "more power and heat when idle",
                "Linux: Documentation/admin-guide/pm/intel_pstate.rst, amd-pstate.rst", NULL,
                look_at_energy},
        {"cpu-boost",
                "clocks above the nominal one are for few busy cores: a host with one tile runs at "
                "another speed than one that is full",
                "off: less throughput", "Linux: Documentation/admin-guide/pm/cpufreq.rst", NULL,
                look_at_boost},
        {"kvm", "without it guests' CPUs are emulated, many times slower (--type qemu)", "none",
                "Linux: Documentation/virt/kvm/api.rst", NULL, look_at_kvm},
        {"kvm-paging",
                "the CPU walks a guest's page tables itself (EPT, NPT); without that each change "
                "in them leaves the guest",
                "none: it is the kernel's default",
                "Linux: Documentation/admin-guide/kernel-parameters.txt (kvm-intel.ept, "
                "kvm-amd.npt)",
                NULL, look_at_paging},
        {"kvm-nested",
                "lets guests have guests. tileload's have none, and what is not used costs "
                "nothing; it is more for an attacker to try",
                "N: guests with guests of their own do not start",
                "Linux: Documentation/virt/kvm/x86/running-nested-guests.rst", NULL,
                look_at_nested},
        {"hypervisor",
                "guests in a guest leave their CPU for every second hypervisor in between, and "
                "share the machine with guests that nobody here sees",
                "none", "Linux: Documentation/virt/kvm/x86/running-nested-guests.rst", NULL,
                look_at_host},
        {"mitigations",
                "what keeps guests from reading each other's memory costs some per cent, more for "
                "guests that enter the kernel often. A host that carries strangers' guests has to "
                "have them: measured without, it promises what it cannot keep",
                "on: the cost",
                "Linux: Documentation/admin-guide/kernel-parameters.txt "
                "(mitigations=), Documentation/admin-guide/hw-vuln/attack_vector_controls.rst",
                NULL, look_at_mitigations},
        {"vulnerabilities", "what the kernel itself says of each of them", "on: the cost of each",
                "Linux: Documentation/admin-guide/hw-vuln/index.rst", NULL,
                look_at_vulnerabilities},
        {"clocksource",
                "every time stamp reads it: tens of ns by tsc, microseconds by a timer chip, which "
                "all CPUs share",
                "none", "Linux: Documentation/timers/timekeeping.rst", NULL, look_at_clock},
};

extern const struct check_group check_cpu;
const struct check_group check_cpu = {"cpu", "CPUs", items, ARRAY_SIZE(items)};
