/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP and sockets: what the study of 2009 set, and what has become of it.
 *
 * For guests these are settings of the bridge's host, the external clients and whoever measures;
 * guests have a kernel of their own. For processes they are everybody's.
 */
#include "sysctl_rule.h"

#include "values.h"

#include <errno.h>
#include <inttypes.h>

#define IP_SYSCTL "Linux: Documentation/networking/ip-sysctl.rst"
#define NET_RST   "Linux: Documentation/admin-guide/sysctl/net.rst"
#define RAISED    "raised limits of this kind"
#define LISTED    "in tuning lists of its time"
#define NO_RISK   "none that is known: it is the kernel's own default"

/* ---- socket buffers ---- */

static const struct sysctl_rule buffer_limit = {
        .least = 212992,
        .level = CHECK_ADVICE,
        .otherwise = "lower than the kernel's own default",
};
static const struct sysctl_rule ancillary_limit = {
        .least = 20480,
        .level = CHECK_ADVICE,
        .otherwise = "lower than what kernels had by themselves when it was lowest",
};

/* Three sizes: the lowest, what every connection begins with, and how far tuning may go. */
struct buffer_rule {
        uint64_t first;      /* the kernel's own default to begin with */
        const char *too_low; /* the largest is */
};

enum {
        BUFFER_FIRST_MOST = 1 << 20,
        BUFFER_LARGEST_LEAST = 4 << 20,
};

static void judge_buffers(const struct check_item *item, struct check_report *report,
        const char *path, const char *text, const uint64_t sizes[3])
{
        const struct buffer_rule *rule = item->rule;
        bool much = sizes[1] > BUFFER_FIRST_MOST, low = sizes[2] < BUFFER_LARGEST_LEAST;
        struct check_finding *f =
                check_add(report, item, much || low ? CHECK_ADVICE : CHECK_OK, NULL);
        char first[160] = "", wanted[96];

        check_set(f->present, "%s", text);
        check_set(f->recommended, "second number at most %d, third at least %d", BUFFER_FIRST_MOST,
                BUFFER_LARGEST_LEAST);
        if (!much && !low)
                return;
        if (much)
                snprintf(first, sizeof first,
                        "%d connections of one client may take %" PRIu64
                        " MiB before any is tuned%s",
                        CLIENT_MAX_IN_FLIGHT, sizes[1] * CLIENT_MAX_IN_FLIGHT >> 20,
                        low ? "; " : "");
        check_set(f->note, "%s%s", first, low ? rule->too_low : "");
        snprintf(wanted, sizeof wanted, "%" PRIu64 "\t%" PRIu64 "\t%" PRIu64, sizes[0],
                much ? rule->first : sizes[1], low ? (uint64_t)BUFFER_LARGEST_LEAST : sizes[2]);
        check_change(report, CHANGE_VALUE, path, "", text, wanted);
}

static void look_at_buffers(const struct check_item *item, struct check_report *report)
{
        char path[160], text[160];
        uint64_t sizes[3];
        ssize_t length;

        sysctl_path(path, sizeof path, item->name);
        length = root_read(report->root, path, text, sizeof text);
        if (length < 0 || values_numbers(text, sizes, 3) != 3)
                check_add_missing(report, item, NULL, path, length < 0 ? (int)length : -EINVAL);
        else
                judge_buffers(item, report, path, text, sizes);
}

static const struct buffer_rule receive_buffer = {
        .first = 131072,
        .too_low = "a connection's window ends at the third, however long and fast the path",
};
static const struct buffer_rule send_buffer = {
        .first = 16384,
        .too_low = "what a connection has under way ends at the third",
};

/* ---- the protocol ---- */

static const struct sysctl_rule window_scaling = {
        .values = "1",
        .level = CHECK_WARNING,
        .otherwise = "without it a connection has at most 64 KB under way: 64 KB a round trip",
};
static const struct sysctl_rule selective = {
        .values = "1",
        .level = CHECK_WARNING,
        .otherwise =
                "of several packets lost together one is found each round trip, or by a time-out",
};
static const struct sysctl_rule duplicate_selective = {
        .values = "1",
        .level = CHECK_ADVICE,
        .otherwise = "needless retransmissions are seldom noticed, and slow connections down",
};
static const struct sysctl_rule timestamps = {
        .values = "1 2",
        .level = CHECK_ADVICE,
        .otherwise = "coarser round-trip times, and no reuse of ports that wait in TIME-WAIT",
};
static const struct sysctl_rule recycle = {
        .values = "0",
        .level = CHECK_WARNING,
        .otherwise = "drops connections of clients behind one address",
        .absent = "this kernel does not have it any more (gone since Linux 4.12)",
};
static const struct sysctl_rule reuse = {
        .values = "2 1",
        .level = CHECK_ADVICE,
        .otherwise = "a client that opens many short connections may run out of ports",
};
static const struct sysctl_rule fin_timeout = {
        .least = 10,
        .most = 120,
        .level = CHECK_ADVICE,
        .otherwise = "not about ports in TIME-WAIT, which last 60 s whatever this is",
};
static const struct sysctl_rule time_wait_buckets = {
        .least = 8192,
        .level = CHECK_ADVICE,
        .otherwise = "the kernel's documentation asks not to lower it",
};
static const struct sysctl_rule cookies = {
        .values = "1",
        .level = CHECK_ADVICE,
        .otherwise = "0: a full queue drops connections; 2, which is for tests: each goes without "
                     "TCP's options "
                     "that do not fit into a cookie",
};

/* ---- memory of TCP as a whole ---- */

static void look_at_tcp_memory(const struct check_item *item, struct check_report *report)
{
        const char *path = "/proc/sys/net/ipv4/tcp_mem";
        uint64_t numbers[3], most;
        char text[160];
        struct check_finding *f;
        ssize_t length = root_read(report->root, path, text, sizeof text);

        if (length < 0 || values_numbers(text, numbers, 3) != 3) {
                check_add_missing(report, item, NULL, path, length < 0 ? (int)length : -EINVAL);
                return;
        }
        most = numbers[2] * (uint64_t)sysconf(_SC_PAGESIZE);
        f = check_add(report, item,
                report->facts.memory && most < report->facts.memory / 64 ? CHECK_ADVICE : CHECK_OK,
                NULL);
        check_set(f->present, "%s", text);
        check_set(f->recommended, "as the kernel works it out at boot");
        if (report->facts.memory)
                check_set(f->note, "the third number, in pages, is %.1f %% of memory",
                        (double)most / (double)report->facts.memory * 100);
}

static const struct check_item items[] = {
        {"net.core.rmem_max",
                "bounds what a program may ask for by SO_RCVBUF. TCP sizes its buffers itself, by "
                "tcp_rmem, and no role asks: raising it does nothing for them",
                "each socket that asks for more gets that much of the kernel's memory", NET_RST,
                RAISED, sysctl_look, &buffer_limit},
        {"net.core.wmem_max",
                "bounds what a program may ask for by SO_SNDBUF. TCP sizes its buffers itself, by "
                "tcp_wmem, and no role asks: raising it does nothing for them",
                "each socket that asks for more gets that much of the kernel's memory", NET_RST,
                RAISED, sysctl_look, &buffer_limit},
        {"net.core.rmem_default",
                "what sockets other than TCP's have for input. tcp_rmem overrides it for TCP, so "
                "that no role gains by raising it",
                NO_RISK, NET_RST, RAISED, sysctl_look, &buffer_limit},
        {"net.core.wmem_default",
                "what sockets other than TCP's have for output. tcp_wmem overrides it for TCP, so "
                "that no role gains by raising it",
                NO_RISK, NET_RST, RAISED, sysctl_look, &buffer_limit},
        {"net.core.optmem_max",
                "bounds control data and filters of a socket, of which roles use none", NO_RISK,
                NET_RST, RAISED, sysctl_look, &ancillary_limit},
        {"net.ipv4.tcp_rmem",
                "every connection begins with a receive buffer of the second number and is tuned "
                "up to the third. A large third is worth it on fast long paths still, where a "
                "local network needs less than the default; a large second only fills memory",
                "so much of the kernel's memory for each connection whose reader is slow",
                IP_SYSCTL "; RFC 7323", RAISED, look_at_buffers, &receive_buffer},
        {"net.ipv4.tcp_wmem",
                "every connection begins with a send buffer of the second number and is tuned up "
                "to the third. A large third is worth it on fast long paths still, where a local "
                "network needs less than the default; a large second only fills memory",
                "so much of the kernel's memory for each connection whose reader is slow",
                IP_SYSCTL, RAISED, look_at_buffers, &send_buffer},
        {"net.ipv4.tcp_mem",
                "what all of TCP may take, in pages. The kernel takes a share of memory at boot, "
                "which is enough; fixed numbers from another machine are mostly too low",
                "with too much, TCP can push everything else out of memory", IP_SYSCTL, LISTED,
                look_at_tcp_memory},
        {"net.ipv4.tcp_window_scaling",
                "windows of more than 64 KB. Turning it off saved a few bytes of a handshake on "
                "the networks of 2009, and throttles every faster one: harmful",
                "none: it is the kernel's default, and every peer knows it", "RFC 7323; " IP_SYSCTL,
                "turned it off", sysctl_look, &window_scaling},
        {"net.ipv4.tcp_sack",
                "tells a sender exactly what is missing. Turning it off saved some CPU on a "
                "network without losses; where packets are lost it is harmful, and loss detection "
                "(RACK) is built on it today",
                "none with current kernels (CVE-2019-11477, for which some turned it off, is "
                "mended since Linux 5.1.11)",
                "RFC 2018, RFC 8985; " IP_SYSCTL, "turned it off", sysctl_look, &selective},
        {"net.ipv4.tcp_dsack",
                "lets a receiver say what it got twice, so that a sender notices retransmissions "
                "that were not needed",
                NO_RISK, "RFC 2883; " IP_SYSCTL, NULL, sysctl_look, &duplicate_selective},
        {"net.ipv4.tcp_timestamps",
                "round-trip times for each packet, and protection against old ones. 12 bytes a "
                "packet, hardly any CPU: turning it off gains nothing today",
                "none since their offset is random for each connection (Linux 4.10)",
                "RFC 7323; " IP_SYSCTL, LISTED, sysctl_look, &timestamps},
        {"net.ipv4.tcp_tw_recycle",
                "reused ports by a peer's timestamps, and broke every client that shares its "
                "address. It could not work with random timestamps and was removed",
                "none", "tcp(7); Linux 4.12", LISTED, sysctl_look, &recycle},
        {"net.ipv4.tcp_tw_reuse",
                "lets a client take a port that waits in TIME-WAIT when that is safe; 2, the "
                "default, on loopback only. Roles keep their connections and hardly need it",
                "1: rests on timestamps at both ends", IP_SYSCTL "; RFC 6191", LISTED, sysctl_look,
                &reuse},
        {"net.ipv4.tcp_fin_timeout",
                "how long a connection waits for its peer's end when nobody has it open here. "
                "Often lowered to shorten TIME-WAIT, with which it has nothing to do",
                NO_RISK, IP_SYSCTL, LISTED, sysctl_look, &fin_timeout},
        {"net.ipv4.tcp_max_tw_buckets",
                "beyond so many connections in TIME-WAIT the kernel forgets them at once",
                "a few hundred bytes of memory for each", IP_SYSCTL, NULL, sysctl_look,
                &time_wait_buckets},
        {"net.ipv4.tcp_syncookies",
                "takes connections on when the queue of handshakes is full, instead of dropping "
                "them",
                NO_RISK, IP_SYSCTL "; RFC 4987", NULL, sysctl_look, &cookies},
};

extern const struct check_group check_tcp;
const struct check_group check_tcp = {"tcp", "TCP and sockets", items, ARRAY_SIZE(items)};
