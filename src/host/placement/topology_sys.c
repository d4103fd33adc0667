/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This machine's topology, from files below a root:
 *
 *         /sys/devices/system/cpu/online                        0-7
 *         /sys/devices/system/cpu/cpu3/topology/thread_siblings_list
 *         /sys/devices/system/node/node0/cpulist                0-3
 *         /sys/devices/system/node/node0/meminfo                Node 0 MemTotal:  16384000 kB
 *         /sys/devices/system/node/node0/distance               10 21
 *         /proc/self/status                                     Cpus_allowed_list:  0-7
 *         /proc/meminfo                                         where there are no nodes
 */
#include "parse.h"
#include "textfile.h"
#include "topology.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

enum {
        /* A list of 8192 CPUs with every second one missing has 20 KB. */
        TEXT_MAX = 64 << 10,
};

struct machine {
        const char *root;
        struct number_set online;
        struct number_set cpus;   /* online, and this process may run on them */
        struct number_set memory; /* nodes whose memory it may use */
        struct topology *topology;
        struct why *why;
        char text[TEXT_MAX]; /* of the last file */
};

/* Into machine->text. Returns 0 or -errno; *why is not filled. path has room for PATH_MAX. */
static int read_file(struct machine *machine, char *path, const char *format, ...) _printf_(3, 4);

static int read_file(struct machine *machine, char *path, const char *format, ...)
{
        int n = snprintf(path, PATH_MAX, "%s", machine->root);
        va_list ap;
        ssize_t r;

        if (n < 0 || n >= PATH_MAX)
                return -ENAMETOOLONG;
        va_start(ap, format);
        vsnprintf(path + n, PATH_MAX - (size_t)n, format, ap);
        va_end(ap);
        r = textfile_read(path, machine->text, sizeof machine->text);
        return r < 0 ? (int)r : 0;
}

static int complain(const struct machine *machine, int error, const char *path)
{
        return why_set(machine->why, error, "topology of this machine", path,
                "\"%.80s\": not numbers and ranges as 0-1,3", machine->text);
}

/* "0-1,3", or nothing: the empty set. */
static int take_list(
        struct machine *machine, const char *path, const char *text, struct number_set *ret)
{
        int r = 0;

        *ret = (struct number_set){0};
        if (*text)
                r = number_set_parse(ret, text);
        return r < 0 ? complain(machine, r, path) : 0;
}

/* ---- what may be used ---- */

static int read_online(struct machine *machine)
{
        char path[PATH_MAX];
        int r = read_file(machine, path, "/sys/devices/system/cpu/online");

        if (r < 0)
                return why_errno(machine->why, r, "topology of this machine", path);
        return take_list(machine, path, machine->text, &machine->online);
}

/* A line of /proc/self/status; the kernel leaves out what it is built without. */
static int keep_allowed(struct machine *machine, const char *path, const char *status,
        const char *key, struct number_set *set)
{
        const char *at = strstr(status, key);
        struct number_set allowed;
        int r;

        if (!at)
                return 0;
        at += strlen(key);
        snprintf(machine->text, sizeof machine->text, "%.*s", (int)strcspn(at, "\n"), at);
        r = take_list(machine, path, machine->text, &allowed);
        if (r == 0)
                number_set_keep(set, &allowed);
        return r;
}

static int read_allowed(struct machine *machine)
{
        _cleanup_free_ char *status = NULL;
        char path[PATH_MAX];
        int r = read_file(machine, path, "/proc/self/status");

        machine->cpus = machine->online;
        memset(&machine->memory, 0xff, sizeof machine->memory);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return why_errno(machine->why, r, "topology of this machine", path);
        status = strdup(machine->text);
        if (!status)
                return why_errno(machine->why, -ENOMEM, "topology of this machine", path);
        r = keep_allowed(machine, path, status, "\nCpus_allowed_list:\t", &machine->cpus);
        if (r == 0)
                r = keep_allowed(machine, path, status, "\nMems_allowed_list:\t", &machine->memory);
        return r;
}

/* ---- nodes ---- */

/* Those of "node0", "node1"... */
static int list_nodes(struct machine *machine, struct number_set *ret)
{
        char path[PATH_MAX];
        struct dirent *entry;
        DIR *directory;

        *ret = (struct number_set){0};
        if (snprintf(path, sizeof path, "%s/sys/devices/system/node", machine->root) >=
                (int)sizeof path)
                return why_errno(machine->why, -ENAMETOOLONG, "topology of this machine", NULL);
        directory = opendir(path);
        if (!directory)
                return errno == ENOENT
                               ? 0
                               : why_errno(machine->why, -errno, "topology of this machine", path);
        while ((entry = readdir(directory))) {
                uint64_t id;

                if (strncmp(entry->d_name, "node", 4) == 0 &&
                        parse_u64(entry->d_name + 4, &id) == 0 && id <= NUMBER_SET_MAX)
                        number_set_add(ret, (unsigned)id);
        }
        closedir(directory);
        return 0;
}

static int add_cpus(struct machine *machine, size_t node, const struct number_set *cpus)
{
        unsigned cpu = number_set_next(cpus, 0);

        for (; cpu != NUMBER_SET_NONE; cpu = number_set_next(cpus, cpu + 1)) {
                struct number_set siblings = {0};
                char path[PATH_MAX];
                int r;

                if (!number_set_has(&machine->cpus, cpu))
                        continue;
                r = read_file(machine, path,
                        "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list", cpu);
                if (r == 0)
                        r = take_list(machine, path, machine->text, &siblings);
                else if (r == -ENOENT) /* a machine that knows no cores */
                        r = 0;
                else
                        why_errno(machine->why, r, "topology of this machine", path);
                if (r < 0)
                        return r;
                topology_add_cpu(machine->topology, node, cpu, &siblings);
        }
        return 0;
}

/* In kB after this key; not known where there is no such file. */
static int read_memory(struct machine *machine, const char *file, uint64_t *ret)
{
        char path[PATH_MAX];
        int r = read_file(machine, path, "%s", file);

        if (r == -ENOENT)
                *ret = TOPOLOGY_MEMORY_UNKNOWN;
        else if (r < 0)
                return why_errno(machine->why, r, "topology of this machine", path);
        else
                *ret = textfile_number(machine->text, "MemTotal:") * 1024;
        return 0;
}

/* One number for each node that is online, in their order. */
static int read_distances(struct machine *machine, size_t node, const struct number_set *nodes)
{
        unsigned to = number_set_next(nodes, 0);
        char path[PATH_MAX], *at, *end;
        int r = read_file(machine, path, "/sys/devices/system/node/node%u/distance",
                machine->topology->nodes[node].id);

        if (r < 0) /* only ever a help in choosing */
                return 0;
        for (at = machine->text; to != NUMBER_SET_NONE; at = end) {
                unsigned long value = strtoul(at, &end, 10);

                if (end == at)
                        break;
                r = topology_add_distance(machine->topology, node, to, (unsigned)value);
                if (r < 0)
                        return why_errno(machine->why, r, "topology of this machine", path);
                to = number_set_next(nodes, to + 1);
        }
        return 0;
}

static int read_node(struct machine *machine, unsigned id, const struct number_set *nodes)
{
        char path[PATH_MAX], file[64];
        struct number_set cpus;
        uint64_t memory = 0;
        size_t node;
        int r = topology_add_node(machine->topology, id, &node);

        if (r < 0)
                return why_errno(machine->why, r, "topology of this machine", NULL);
        r = read_file(machine, path, "/sys/devices/system/node/node%u/cpulist", id);
        if (r < 0)
                return why_errno(machine->why, r, "topology of this machine", path);
        r = take_list(machine, path, machine->text, &cpus);
        if (r == 0)
                r = add_cpus(machine, node, &cpus);
        snprintf(file, sizeof file, "/sys/devices/system/node/node%u/meminfo", id);
        if (r == 0 && number_set_has(&machine->memory, id))
                r = read_memory(machine, file, &memory);
        machine->topology->nodes[node].memory_bytes = memory;
        return r == 0 ? read_distances(machine, node, nodes) : r;
}

/* A kernel that knows no nodes: the whole machine is one. */
static int read_plain(struct machine *machine)
{
        size_t node;
        int r = topology_add_node(machine->topology, 0, &node);

        if (r < 0)
                return why_errno(machine->why, r, "topology of this machine", NULL);
        r = add_cpus(machine, node, &machine->online);
        return r == 0 ? read_memory(machine, "/proc/meminfo",
                                &machine->topology->nodes[node].memory_bytes)
                      : r;
}

static int read_machine(struct machine *machine)
{
        struct number_set nodes;
        unsigned id;
        int r = read_online(machine);

        if (r == 0)
                r = read_allowed(machine);
        if (r == 0)
                r = list_nodes(machine, &nodes);
        if (r < 0)
                return r;
        id = number_set_next(&nodes, 0);
        if (id == NUMBER_SET_NONE)
                return read_plain(machine);
        for (; r == 0 && id != NUMBER_SET_NONE; id = number_set_next(&nodes, id + 1))
                r = read_node(machine, id, &nodes);
        return r;
}

int topology_read(struct topology *ret, const char *root, struct why *why)
{
        _cleanup_free_ struct machine *machine = malloc(sizeof *machine);
        struct topology topology = {0};
        int r;

        if (!machine)
                return why_errno(why, -ENOMEM, "topology of this machine", NULL);
        machine->root = root;
        machine->topology = &topology;
        machine->why = why;
        r = read_machine(machine);
        topology.present = machine->online;
        if (r == 0 && number_set_is_empty(&topology.cpus))
                r = why_set(why, -ENOENT, "topology of this machine", NULL,
                        "none of the CPUs that are online may be used by this process");
        if (r < 0)
                topology_fini(&topology);
        else
                *ret = topology;
        return r;
}
