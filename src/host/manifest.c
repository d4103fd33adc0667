/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest.h"

#include "clock.h"
#include "guestinfo.h"
#include "option_json.h"
#include "settings.h"
#include "textfile.h"

#include <dirent.h>
#include <glob.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

char *manifest_time(char text[static 32], uint64_t real_ns)
{
        time_t s = (time_t)(real_ns / NS_PER_S);
        struct tm tm;
        size_t n;

        gmtime_r(&s, &tm);
        n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
        snprintf(text + n, 32 - n, ".%03uZ", (unsigned)(real_ns % NS_PER_S / NS_PER_MS));
        return text;
}

/* A file's text; JSON null where this machine has no such file. */
static json_t *text_json(const char *path)
{
        char text[512];

        return textfile_read(path, text, sizeof text) >= 0 ? json_string(text) : json_null();
}

/* The value of `key` in lines such as "model name : ..." or "PRETTY_NAME=...". */
static json_t *line_json(const char *path, const char *key, const char *separators)
{
        char text[4096], *at;

        if (textfile_read(path, text, sizeof text) < 0 || !(at = strstr(text, key)))
                return json_null();
        at += strlen(key);
        at += strspn(at, separators);
        at[strcspn(at, "\"\n")] = '\0';
        return json_string(at);
}

static size_t count_matches(const char *pattern)
{
        glob_t found = {0};
        size_t n = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;

        globfree(&found);
        return n;
}

/* Of the kernel command line what bears on performance. The rest is nobody's business: there may be
 * secrets in it. */
static json_t *kernel_options_json(void)
{
        static const char *const wanted[] = {"mitigations", "isolcpus", "nohz", "rcu_nocbs",
                "hugepages", "default_hugepagesz", "transparent_hugepage", "intel_pstate",
                "amd_pstate", "cpufreq", "cpuidle", "idle", "processor.", "intel_idle",
                "clocksource", "tsc", "numa", "iommu", "intel_iommu", "amd_iommu", "kvm", "psi",
                "elevator", "preempt", "threadirqs", "maxcpus", "nosmt", "mem=", "swapaccount",
                "cgroup", "systemd.unified_cgroup_hierarchy"};
        char text[8192], kept[8192] = "", *save = NULL;
        size_t used = 0;

        if (textfile_read("/proc/cmdline", text, sizeof text) < 0)
                return json_null();
        for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
                for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
                        if (strncmp(w, wanted[i], strlen(wanted[i])) == 0) {
                                used += (size_t)snprintf(kept + used, sizeof kept - used, "%s%s",
                                        used ? " " : "", w);
                                break;
                        }
        return json_string(kept);
}

static json_t *mitigations_json(void)
{
        static const char directory[] = "/sys/devices/system/cpu/vulnerabilities";
        DIR *d = opendir(directory);
        json_t *all = json_object();
        struct dirent *entry;

        while (d && (entry = readdir(d))) {
                char path[320];

                if (entry->d_name[0] == '.')
                        continue;
                snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
                json_object_set_new(all, entry->d_name, text_json(path));
        }
        if (d)
                closedir(d);
        return all;
}

static json_t *host_json(void)
{
        struct guestinfo info;
        struct utsname name;
        char cpu[4096];

        guestinfo_read(&info);
        uname(&name);
        if (textfile_read("/proc/cpuinfo", cpu, sizeof cpu) < 0)
                cpu[0] = '\0';
        return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:i, s:i, s:I, s:s, s:b,"
                         " s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                "hostname", name.nodename, "machine", name.machine, "kernel", name.release,
                "kernel_version", name.version, "os",
                line_json("/etc/os-release", "PRETTY_NAME=", "\""), "cpu_model",
                line_json("/proc/cpuinfo", "model name", " \t:"), "cpus", (int)info.vcpus,
                "numa_nodes", (int)count_matches("/sys/devices/system/node/node[0-9]*"),
                "memory_bytes", (json_int_t)info.memory_bytes, "clocksource", info.clocksource,
                "is_virtual_machine", strstr(cpu, " hypervisor") != NULL, "cpu_governor",
                text_json("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), "ksm_run",
                text_json("/sys/kernel/mm/ksm/run"), "transparent_hugepages",
                text_json("/sys/kernel/mm/transparent_hugepage/enabled"), "numa_balancing",
                text_json("/proc/sys/kernel/numa_balancing"), "swappiness",
                text_json("/proc/sys/vm/swappiness"), "kernel_options", kernel_options_json(),
                "mitigations", mitigations_json(), "settings", check_settings());
}

json_t *manifest_json(int argc, char *const argv[], const struct option_set *sets, size_t n_sets)
{
        json_t *words = json_array();
        char started[32];

        for (int i = 0; i < argc; i++)
                json_array_append_new(words, json_string(argv[i]));
        return json_pack("{s:s, s:s, s:o, s:o, s:o}", "tileload_version", TILELOAD_VERSION,
                "started", manifest_time(started, clock_real_ns()), "command_line", words,
                "options", option_sets_json(sets, n_sets), "host", host_json());
}
