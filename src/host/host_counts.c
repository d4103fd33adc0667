/* SPDX-License-Identifier: Apache-2.0 */
#include "host_counts.h"

#include "macro.h"
#include "textfile.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define SECTOR 512 /* in /proc/diskstats, whatever the disk has */

/* One more at the end of an array, zeroed; NULL: out of memory. */
static void *grow(void *array_, size_t *n, size_t size)
{
        void **array = array_;
        char *more = reallocarray(*array, *n + 1, size);

        if (!more)
                return NULL;
        *array = more;
        return memset(more + (*n)++ * size, 0, size);
}

static const char *below(const char *root, const char *path, char text[static PATH_MAX])
{
        snprintf(text, PATH_MAX, "%s%s", root, path);
        return text;
}

/* Calls take for each line of a file; one that is not there has none. */
static int each_line(struct host_counts *counts, const char *root, const char *path,
        int (*take)(struct host_counts *counts, const char *root, char *line))
{
        char full[PATH_MAX];
        _cleanup_fclose_ FILE *f = fopen(below(root, path, full), "re");
        _cleanup_free_ char *line = NULL;
        size_t size = 0;
        int r = 0;

        while (r == 0 && f && getline(&line, &size, f) >= 0)
                r = take(counts, root, line);
        return r;
}

/* ---- CPUs ---- */

/* "cpu0 user nice system idle iowait irq softirq steal guest guest_nice"; guests are part of
 * user and nice. */
static int take_cpu(struct host_counts *counts, const char *root, char *line)
{
        uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
        struct cpu_counts *cpu;
        unsigned number;

        if (sscanf(line,
                    "cpu%u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
                    " %" SCNu64 " %" SCNu64,
                    &number, &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 9)
                return 0;
        cpu = grow(&counts->cpus, &counts->n_cpus, sizeof *cpu);
        if (!cpu)
                return -ENOMEM;
        cpu->number = number;
        cpu->busy = user + nice + system + irq + softirq;
        cpu->steal = steal;
        cpu->total = cpu->busy + idle + iowait + steal;
        return 0;
}

/* ---- disks ---- */

/* A name with a '/' in it has a '!' there in /sys. */
static bool is_whole_disk(const char *root, const char *name)
{
        char relative[96], path[PATH_MAX];

        snprintf(relative, sizeof relative, "/sys/block/%.40s", name);
        for (char *p = relative + strlen("/sys/block/"); *p; p++)
                *p = *p == '/' ? '!' : *p;
        return strncmp(name, "ram", 3) != 0 && access(below(root, relative, path), F_OK) == 0;
}

/* "8 0 sda reads merged sectors ms writes merged sectors ms under-way busy-ms weighted-ms ..." */
static int take_disk(struct host_counts *counts, const char *root, char *line)
{
        uint64_t reads, read_sectors, read_ms, writes, written_sectors, write_ms, busy_ms;
        struct disk_counts *disk;
        char name[32];

        if (sscanf(line,
                    "%*u %*u %31s %" SCNu64 " %*u %" SCNu64 " %" SCNu64 " %" SCNu64 " %*u %" SCNu64
                    " %" SCNu64 " %*u %" SCNu64,
                    name, &reads, &read_sectors, &read_ms, &writes, &written_sectors, &write_ms,
                    &busy_ms) != 8)
                return 0;
        if (reads + writes == 0 || !is_whole_disk(root, name))
                return 0;
        disk = grow(&counts->disks, &counts->n_disks, sizeof *disk);
        if (!disk)
                return -ENOMEM;
        memcpy(disk->name, name, sizeof name);
        disk->operations = reads + writes;
        disk->read_bytes = read_sectors * SECTOR;
        disk->written_bytes = written_sectors * SECTOR;
        disk->wait_ms = (uint32_t)(read_ms + write_ms);
        disk->busy_ms = (uint32_t)busy_ms;
        return 0;
}

/* ---- network ---- */

static bool is_card(const char *root, const char *name)
{
        char relative[64], path[PATH_MAX];

        snprintf(relative, sizeof relative, "/sys/class/net/%.15s/device", name);
        return access(below(root, relative, path), F_OK) == 0;
}

/* In Mbit/s there; -1, or an error when it is read, for one that does not know. */
static uint64_t speed_of(const char *root, const char *name)
{
        char relative[64], path[PATH_MAX], text[32];
        long speed;

        snprintf(relative, sizeof relative, "/sys/class/net/%.15s/speed", name);
        if (textfile_read(below(root, relative, path), text, sizeof text) <= 0)
                return 0;
        speed = strtol(text, NULL, 10);
        return speed > 0 ? (uint64_t)speed * 1000000 : 0;
}

/* "eth0: bytes packets errors drops fifo frame compressed multicast bytes packets errors drops" */
static int take_card(struct host_counts *counts, const char *root, char *line)
{
        uint64_t received, received_drops, sent, sent_drops;
        struct card_counts *card;
        char name[16];

        if (sscanf(line,
                    " %15[^: ]: %" SCNu64 " %*u %*u %" SCNu64 " %*u %*u %*u %*u %" SCNu64
                    " %*u %*u %" SCNu64,
                    name, &received, &received_drops, &sent, &sent_drops) != 5)
                return 0;
        if (!is_card(root, name))
                return 0;
        card = grow(&counts->cards, &counts->n_cards, sizeof *card);
        if (!card)
                return -ENOMEM;
        memcpy(card->name, name, sizeof name);
        card->speed_bits_per_s = speed_of(root, name);
        card->received_bytes = received;
        card->sent_bytes = sent;
        card->drops = received_drops + sent_drops;
        return 0;
}

/* /proc/net/snmp and netstat come in pairs of lines: "Tcp: OutSegs ..." has the names, and the next
 * line, which begins alike, the values. */
static uint64_t find_value(const char *text, const char *group, const char *name)
{
        const char *names = strstr(text, group), *values;

        while (names && names != text && names[-1] != '\n')
                names = strstr(names + 1, group);
        values = names ? strstr(names + 1, group) : NULL;
        if (!values)
                return 0;
        while (*names && *names != '\n' && *values && *values != '\n') {
                size_t length = strcspn(names, " \n");

                if (length == strlen(name) && memcmp(names, name, length) == 0)
                        return strtoull(values, NULL, 10);
                names += length;
                names += *names == ' ';
                values += strcspn(values, " \n");
                values += *values == ' ';
        }
        return 0;
}

static void read_tcp(struct tcp_counts *tcp, const char *root)
{
        char path[PATH_MAX], text[16384];

        if (textfile_read(below(root, "/proc/net/snmp", path), text, sizeof text) > 0) {
                tcp->segments_sent = find_value(text, "Tcp: ", "OutSegs");
                tcp->retransmitted = find_value(text, "Tcp: ", "RetransSegs");
        }
        if (textfile_read(below(root, "/proc/net/netstat", path), text, sizeof text) > 0) {
                tcp->listen_overflows = find_value(text, "TcpExt: ", "ListenOverflows");
                tcp->listen_drops = find_value(text, "TcpExt: ", "ListenDrops");
        }
}

/* ---- memory ---- */

static void read_memory(struct host_counts *counts, const char *root)
{
        uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
        char path[PATH_MAX], text[32768];

        if (textfile_read(below(root, "/proc/meminfo", path), text, sizeof text) > 0)
                counts->memory_bytes = textfile_number(text, "MemTotal:") * 1024;
        if (textfile_read(below(root, "/proc/vmstat", path), text, sizeof text) > 0) {
                counts->swap_in_bytes = textfile_number(text, "pswpin ") * page;
                counts->swap_out_bytes = textfile_number(text, "pswpout ") * page;
        }
}

uint64_t host_memory_available(const char *root)
{
        char path[PATH_MAX], text[2048];

        if (textfile_read(below(root, "/proc/meminfo", path), text, sizeof text) <= 0)
                return 0;
        return textfile_number(text, "MemAvailable:") * 1024;
}

/* ---- all ---- */

int host_counts_read(struct host_counts *ret, const char *root)
{
        int r;

        *ret = (struct host_counts){0};
        read_memory(ret, root);
        read_tcp(&ret->tcp, root);
        r = each_line(ret, root, "/proc/stat", take_cpu);
        if (r == 0)
                r = each_line(ret, root, "/proc/diskstats", take_disk);
        if (r == 0)
                r = each_line(ret, root, "/proc/net/dev", take_card);
        return r;
}

void host_counts_fini(struct host_counts *counts)
{
        free(counts->cpus);
        free(counts->disks);
        free(counts->cards);
        *counts = (struct host_counts){0};
}
