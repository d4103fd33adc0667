/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queues, ports and tables of the network: as long, as many and as large as the tiles need.
 */
#include "sysctl_rule.h"

#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define IP_SYSCTL "Linux: Documentation/networking/ip-sysctl.rst"
#define NET_RST   "Linux: Documentation/admin-guide/sysctl/net.rst"
#define RAISED    "raised limits of this kind"

/* ---- queues ---- */

/* Packets dropped because a CPU's input queue was full: the second column, one line a CPU. */
static int read_drops(const struct check_report *report, uint64_t *ret)
{
        char text[32768], *save = NULL;
        ssize_t length = root_read(report->root, "/proc/net/softnet_stat", text, sizeof text);

        if (length < 0)
                return (int)length;
        *ret = 0;
        for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
                char *end;

                strtoull(line, &end, 16);
                *ret += strtoull(end, NULL, 16);
        }
        return 0;
}

static void look_at_input_queue(const struct check_item *item, struct check_report *report)
{
        const uint64_t usual = 1000, raised = 10000;
        char path[160], text[32], wanted[32];
        uint64_t value, drops = 0, least;
        struct check_finding *f;
        int r;

        sysctl_path(path, sizeof path, item->name);
        r = root_read_number(report->root, path, &value);
        if (r < 0) {
                check_add_missing(report, item, NULL, path, r);
                return;
        }
        r = read_drops(report, &drops);
        least = drops ? raised : usual;
        f = check_add(report, item, value < least ? CHECK_ADVICE : CHECK_OK, NULL);
        check_set(f->present, "%" PRIu64, value);
        check_set(f->recommended, "at least %" PRIu64, least);
        if (r < 0)
                check_set(f->note, "whether packets were dropped cannot be told");
        else
                check_set(f->note, "%" PRIu64 " packets dropped for it since the boot", drops);
        if (value >= least)
                return;
        snprintf(text, sizeof text, "%" PRIu64, value);
        snprintf(wanted, sizeof wanted, "%" PRIu64, least);
        check_change(report, CHANGE_VALUE, path, "", text, wanted);
}

static const struct sysctl_rule accept_queue = {
        .least = 4096,
        .level = CHECK_ADVICE,
        .otherwise = "every role asks for 4096; a client may open 1,000 connections at once",
};
static const struct sysctl_rule syn_queue = {
        .least = 128,
        .level = CHECK_ADVICE,
        .otherwise = "lower than the kernel's own lowest",
};

/* ---- ports ---- */

/* Is every port of servers up to last kept out of the local ones? */
static bool ports_are_reserved(const struct check_report *report, uint64_t first, uint64_t last)
{
        char text[1024];
        const char *p = text;

        if (root_read(report->root, "/proc/sys/net/ipv4/ip_local_reserved_ports", text,
                    sizeof text) <= 0)
                return false;
        while (*p) {
                char *end;
                uint64_t from = strtoull(p, &end, 10), to = from;

                if (*end == '-')
                        to = strtoull(end + 1, &end, 10);
                if (from <= first && last <= to)
                        return true;
                p = end + strcspn(end, ",");
                p += *p == ',';
        }
        return false;
}

static bool in_range(const uint64_t range[2], uint64_t first, uint64_t last)
{
        return range[0] <= last && first <= range[1];
}

static void judge_ports(const struct check_item *item, struct check_report *report,
        const char *path, const char *text, const uint64_t range[2])
{
        const struct check_needs *needs = &report->needs;
        uint64_t n = range[1] >= range[0] ? range[1] - range[0] + 1 : 0;
        bool few = n < needs->ports;
        bool servers = in_range(range, ROLE_PORT, ROLE_PORT) &&
                       !ports_are_reserved(report, ROLE_PORT, ROLE_PORT);
        bool control = in_range(range, CONTROL_NEEDS_PORT, needs->last_port) &&
                       !ports_are_reserved(report, CONTROL_NEEDS_PORT, needs->last_port);
        struct check_finding *f = check_add(report, item,
                few                  ? CHECK_WARNING
                : servers || control ? CHECK_ADVICE
                                     : CHECK_OK,
                NULL);

        check_set(f->present, "%s", text);
        check_set(f->recommended, "32768 60999, or %" PRIu64 " ports that no server has",
                needs->ports);
        if (servers || control)
                check_set(f->note,
                        "the range has the roles' ports in it (%d, %d-%u): an outgoing connection "
                        "that gets one of them keeps a role from listening",
                        ROLE_PORT, CONTROL_NEEDS_PORT, needs->last_port);
        else
                check_set(f->note,
                        "%" PRIu64 " ports; each client has a server of its own, to which it has "
                        "%d connections at most, and as many that wait in TIME-WAIT: %" PRIu64,
                        n, CLIENT_MAX_IN_FLIGHT, needs->ports);
        if (f->level != CHECK_OK)
                check_change(report, CHANGE_VALUE, path, "", text, "32768\t60999");
}

static void look_at_ports(const struct check_item *item, struct check_report *report)
{
        const char *path = "/proc/sys/net/ipv4/ip_local_port_range";
        char text[64];
        uint64_t range[2];
        ssize_t length = root_read(report->root, path, text, sizeof text);

        if (length < 0 || values_numbers(text, range, 2) != 2)
                check_add_missing(report, item, NULL, path, length < 0 ? (int)length : -EINVAL);
        else
                judge_ports(item, report, path, text, range);
}

/* ---- tables ---- */

static uint64_t need_neighbours(const struct check_needs *needs, char *note, size_t size)
{
        snprintf(note, size, "%u x %d guests + 64 others = %" PRIu64, needs->tiles,
                TILE_NEEDS_GUESTS, needs->neighbours);
        return needs->neighbours;
}

static uint64_t need_connections(const struct check_needs *needs, char *note, size_t size)
{
        snprintf(note, size,
                "%u x (%d of the external client + %d others), twice over as closed ones stay for "
                "two minutes = %" PRIu64,
                needs->tiles, CLIENT_MAX_IN_FLIGHT, TILE_NEEDS_OTHER_CONNECTIONS,
                needs->connections);
        return needs->connections;
}

static const struct sysctl_rule neighbours_kept = {
        .least = 128,
        .need = need_neighbours,
        .level = CHECK_ADVICE,
        .otherwise = "guests' entries are thrown out when they have been quiet for a while, and "
                     "asked for again by broadcast",
};
static const struct sysctl_rule neighbours_soft = {
        .least = 512,
        .need = need_neighbours,
        .level = CHECK_ADVICE,
        .otherwise = "beyond that entries that are older than 5 s go when a new one comes",
};
static const struct sysctl_rule neighbours_most = {
        .least = 512,
        .need = need_neighbours,
        .level = CHECK_WARNING,
        .otherwise = "\"neighbour table overflow\": guests beyond that cannot be reached",
};
static const struct sysctl_rule tracked = {
        .least = 16384,
        .need = need_connections,
        .level = CHECK_WARNING,
        .otherwise = "\"nf_conntrack: table full, dropping packet\"",
        .absent = "connection tracking is not loaded: no packet pays for it",
};

static const struct check_item items[] = {
        {"net.core.netdev_max_backlog",
                "packets that wait for a CPU: those of loopback, of veth and of cards whose "
                "packets are spread by software (RPS). Worth raising where some were dropped, and "
                "only there",
                "a longer queue is a longer wait when the CPU cannot follow", NET_RST, RAISED,
                look_at_input_queue},
        {"net.core.somaxconn",
                "connections that wait to be accepted, for each listening socket. 128 until Linux "
                "5.4, so that the study had to raise it; 4096 since",
                "none: programs still ask for less where they want less", IP_SYSCTL, RAISED,
                sysctl_look, &accept_queue},
        {"net.ipv4.tcp_max_syn_backlog",
                "connections whose handshake is under way, for each listening socket. Grows with "
                "memory by itself, and bounds nothing where tcp_syncookies is 1",
                "about 300 bytes of memory for each", IP_SYSCTL, RAISED, sysctl_look, &syn_queue},
        {"net.ipv4.ip_local_port_range",
                "the local ports of outgoing connections. The study took more of them; what counts "
                "is that there are enough to each destination, and that no server wants them",
                "none", IP_SYSCTL "; RFC 6335", RAISED, look_at_ports},
        {"net.ipv4.neigh.default.gc_thresh1",
                "with up to so many neighbours (guests on the bridge) none is ever thrown out",
                "some hundred bytes of memory for each", IP_SYSCTL, NULL, sysctl_look,
                &neighbours_kept},
        {"net.ipv4.neigh.default.gc_thresh2",
                "with more neighbours than that the kernel makes room before it has to",
                "some hundred bytes of memory for each", IP_SYSCTL, NULL, sysctl_look,
                &neighbours_soft},
        {"net.ipv4.neigh.default.gc_thresh3", "there can be no more neighbours than that",
                "some hundred bytes of memory for each", IP_SYSCTL, NULL, sysctl_look,
                &neighbours_most},
        {"net.netfilter.nf_conntrack_max",
                "connections that the firewall remembers; where it tracks any, all are counted",
                "some 300 bytes of memory for each; raise nf_conntrack_buckets with it",
                "Linux: Documentation/networking/nf_conntrack-sysctl.rst", NULL, sysctl_look,
                &tracked},
};

extern const struct check_group check_network;
const struct check_group check_network = {
        "network", "Queues, ports and tables", items, ARRAY_SIZE(items)};
