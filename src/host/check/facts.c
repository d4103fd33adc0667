/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include "number_set.h"
#include "units.h"
#include "values.h"

#include <string.h>

static unsigned count_set(const struct root *root, const char *path)
{
        char text[1024];
        struct number_set set;

        if (root_read(root, path, text, sizeof text) < 0 || number_set_parse(&set, text) < 0)
                return 0;
        return number_set_count(&set);
}

/* Different sockets that CPUs name as theirs. */
static unsigned count_packages(const struct root *root)
{
        uint64_t seen[64];
        size_t n_seen = 0;
        struct root_names names;

        if (root_list(root, "/sys/devices/system/cpu", &names) < 0)
                return 0;
        for (size_t i = 0; i < names.n && n_seen < ARRAY_SIZE(seen); i++) {
                char path[192];
                uint64_t id;
                size_t j = 0;

                snprintf(path, sizeof path,
                        "/sys/devices/system/cpu/%.64s/topology/physical_package_id",
                        names.names[i]);
                if (strncmp(names.names[i], "cpu", 3) != 0 || root_read_number(root, path, &id) < 0)
                        continue;
                while (j < n_seen && seen[j] != id)
                        j++;
                if (j == n_seen)
                        seen[n_seen++] = id;
        }
        root_names_free(&names);
        return (unsigned)n_seen;
}

/* Of /proc/meminfo, which counts in kB. */
static uint64_t memory_field(const char *meminfo, const char *key)
{
        const char *value = values_field(meminfo, key);

        return value ? strtoull(value, NULL, 10) << 10 : 0;
}

static void read_memory(struct check_facts *facts, const struct root *root)
{
        char text[8192];

        if (root_read(root, "/proc/meminfo", text, sizeof text) < 0)
                return;
        facts->memory = memory_field(text, "MemTotal");
        facts->memory_available = memory_field(text, "MemAvailable");
        facts->swap = memory_field(text, "SwapTotal");
        facts->swap_free = memory_field(text, "SwapFree");
}

/* The first CPU's flags stand for all. */
static void read_flags(struct check_facts *facts, const struct root *root)
{
        char text[16384], flags[8192];
        const char *field;

        if (root_read(root, "/proc/cpuinfo", text, sizeof text) < 0 ||
                !(field = values_field(text, "flags")))
                return;
        snprintf(flags, sizeof flags, "%.*s", (int)strcspn(field, "\n"), field);
        facts->cpu_flags = true;
        facts->hardware_virtualization = values_offers(flags, "vmx") || values_offers(flags, "svm");
        facts->in_guest = values_offers(flags, "hypervisor");
}

void facts_read(struct check_facts *facts, const struct root *root)
{
        *facts = (struct check_facts){
                .cpus = count_set(root, "/sys/devices/system/cpu/online"),
                .nodes = count_set(root, "/sys/devices/system/node/online"),
                .packages = count_packages(root),
                .kvm = root_exists(root, "/dev/kvm"),
                .systemd = units_are_there(root),
        };
        read_memory(facts, root);
        read_flags(facts, root);
}
