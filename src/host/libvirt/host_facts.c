/* SPDX-License-Identifier: Apache-2.0 */
#include "host_facts.h"

#include "calls.h"

#include <errno.h>
#include <string.h>

int host_capabilities(struct hosts *hosts, size_t host, char **ret, struct why *why)
{
        virConnectPtr connection;
        int r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        *ret = vir.ConnectGetCapabilities(connection);
        return *ret ? 0 : calls_why(why, "capabilities", NULL, hosts_uri(hosts, host), "read them");
}

/* libvirt's way to put a version into a number. */
static char *version_text(unsigned long version, char text[static 32])
{
        snprintf(text, 32, "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
        return text;
}

char *host_versions(struct hosts *hosts, size_t host, char *text, size_t size)
{
        unsigned long daemon = 0, hypervisor = 0;
        char first[32], second[32];
        virConnectPtr connection;
        const char *name;

        if (hosts_connection(hosts, host, &connection, NULL) < 0) {
                snprintf(text, size, "unknown");
                return text;
        }
        name = vir.ConnectGetType(connection);
        if (vir.ConnectGetLibVersion(connection, &daemon) < 0)
                daemon = 0;
        if (vir.ConnectGetVersion(connection, &hypervisor) < 0)
                hypervisor = 0;
        snprintf(text, size, "libvirt %s, %s %s",
                daemon ? version_text(daemon, first) : "of unknown version",
                name ? name : "hypervisor",
                hypervisor ? version_text(hypervisor, second) : "of unknown version");
        return text;
}

bool hosts_all_here(const struct hosts *hosts)
{
        for (size_t i = 0; i < hosts_count(hosts); i++)
                if (!strstr(hosts_uri(hosts, i), ":///"))
                        return false;
        return true;
}

static void count_cpu(virConnectPtr connection, struct remote_counts *ret)
{
        virNodeCPUStats stats[16];
        int n = 0;

        if (vir.NodeGetCPUStats(connection, VIR_NODE_CPU_STATS_ALL_CPUS, NULL, &n, 0) < 0 ||
                n < 1 || n > (int)ARRAY_SIZE(stats) ||
                vir.NodeGetCPUStats(connection, VIR_NODE_CPU_STATS_ALL_CPUS, stats, &n, 0) < 0)
                return;
        for (int i = 0; i < n; i++) {
                const char *field = stats[i].field;
                bool idle = strcmp(field, VIR_NODE_CPU_STATS_IDLE) == 0 ||
                            strcmp(field, VIR_NODE_CPU_STATS_IOWAIT) == 0;
                bool busy = strcmp(field, VIR_NODE_CPU_STATS_KERNEL) == 0 ||
                            strcmp(field, VIR_NODE_CPU_STATS_USER) == 0 ||
                            strcmp(field, VIR_NODE_CPU_STATS_INTR) == 0;

                if (busy)
                        ret->cpu_busy_ns += stats[i].value;
                if (busy || idle)
                        ret->cpu_total_ns += stats[i].value;
        }
}

static void count_memory(virConnectPtr connection, struct remote_counts *ret)
{
        virNodeMemoryStats stats[16];
        int n = 0;

        if (vir.NodeGetMemoryStats(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, NULL, &n, 0) < 0 ||
                n < 1 || n > (int)ARRAY_SIZE(stats) ||
                vir.NodeGetMemoryStats(connection, VIR_NODE_MEMORY_STATS_ALL_CELLS, stats, &n, 0) <
                        0)
                return;
        for (int i = 0; i < n; i++) {
                uint64_t bytes = (uint64_t)stats[i].value * 1024;

                if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_TOTAL) == 0)
                        ret->memory_bytes = bytes;
                else if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_FREE) == 0 ||
                         strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_BUFFERS) == 0 ||
                         strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_CACHED) == 0)
                        ret->memory_available_bytes += bytes;
        }
}

void host_counters(struct hosts *hosts, size_t host, struct remote_counts *ret)
{
        virConnectPtr connection;

        *ret = (struct remote_counts){0};
        snprintf(ret->name, sizeof ret->name, "%s", hosts_uri(hosts, host));
        if (hosts_connection(hosts, host, &connection, NULL) < 0)
                return;
        count_cpu(connection, ret);
        count_memory(connection, ret);
}

const char *libvirt_missing(void)
{
        static struct why why;
        static char text[sizeof why];

        return calls_load(&why) < 0 ? why_format(&why, text, sizeof text) : NULL;
}
