/* SPDX-License-Identifier: Apache-2.0 */
#include "guestinfo.h"

#include "clock.h"
#include "macro.h"
#include "textfile.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

void guestinfo_read_cpu(struct guestinfo_cpu *ret)
{
        uint64_t *const to[] = {&ret->user_ns, &ret->nice_ns, &ret->system_ns, &ret->idle_ns,
                &ret->iowait_ns, &ret->irq_ns, &ret->softirq_ns, &ret->steal_ns};
        uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
        char text[256], *p = text + 3;

        memset(ret, 0, sizeof *ret);
        if (textfile_read("/proc/stat", text, sizeof text) < 0 || strncmp(text, "cpu ", 4) != 0)
                return;
        for (size_t i = 0; i < ARRAY_SIZE(to); i++)
                *to[i] = strtoull(p, &p, 10) * tick_ns;
}

/* "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\nfull ..." */
static bool read_pressure(const char *path, uint64_t *ret_some_us, uint64_t *ret_full_us)
{
        char text[256];
        const char *full;

        if (textfile_read(path, text, sizeof text) <= 0)
                return false;
        *ret_some_us = textfile_number(text, "total=");
        full = strstr(text, "full");
        if (ret_full_us && full)
                *ret_full_us = textfile_number(full, "total=");
        return true;
}

void guestinfo_read_psi(struct guestinfo_psi *ret)
{
        memset(ret, 0, sizeof *ret);
        ret->has =
                read_pressure("/proc/pressure/cpu", &ret->cpu_some_us, NULL) &&
                read_pressure("/proc/pressure/io", &ret->io_some_us, &ret->io_full_us) &&
                read_pressure("/proc/pressure/memory", &ret->memory_some_us, &ret->memory_full_us);
}

/* A thread's lines: run queue waiting from schedstat, switches from status. */
static void add_thread(const char *directory, const char *tid, struct guestinfo_process *to)
{
        char path[96], text[16384], *p; /* status lists a user's groups: it may be long */

        snprintf(path, sizeof path, "%s/%.20s/schedstat", directory, tid);
        if (textfile_read(path, text, sizeof text) > 0) {
                strtoull(text, &p, 10); /* time on the CPU: stat has it, in two parts */
                to->queued_ns += strtoull(p, NULL, 10);
        }
        snprintf(path, sizeof path, "%s/%.20s/status", directory, tid);
        if (textfile_read(path, text, sizeof text) > 0) {
                to->voluntary_switches += textfile_number(text, "voluntary_ctxt_switches:");
                to->involuntary_switches += textfile_number(text, "nonvoluntary_ctxt_switches:");
        }
}

static void add_threads(const char *directory, struct guestinfo_process *to)
{
        DIR *d = opendir(directory);
        struct dirent *entry;

        if (!d)
                return;
        while ((entry = readdir(d)))
                if (isdigit((unsigned char)entry->d_name[0]))
                        add_thread(directory, entry->d_name, to);
        closedir(d);
}

int guestinfo_read_process(pid_t pid, struct guestinfo_process *ret)
{
        uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
        char path[64], text[1024], *p;
        uint64_t user, system, threads, rss;

        memset(ret, 0, sizeof *ret);
        if (pid == 0)
                pid = getpid();
        snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
        if (textfile_read(path, text, sizeof text) <= 0)
                return -ESRCH;
        p = strrchr(text, ')'); /* a process may be called anything, but not past this */
        if (!p || sscanf(p + 1,
                          " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64
                          " %*d %*d %*d %*d %" SCNu64 " %*d %*u %*u %" SCNu64,
                          &user, &system, &threads, &rss) != 4)
                return -ESRCH;
        if (p[2] == 'Z')
                return -ESRCH;
        ret->user_ns = user * tick_ns;
        ret->system_ns = system * tick_ns;
        ret->threads = threads;
        ret->rss_bytes = rss * (uint64_t)sysconf(_SC_PAGESIZE);
        snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
        add_threads(path, ret);
        return 0;
}

static void read_word(const char *path, char *to, size_t size)
{
        if (textfile_read(path, to, size) <= 0)
                snprintf(to, size, "unknown");
}

void guestinfo_read(struct guestinfo *info)
{
        char text[2048];

        memset(info, 0, sizeof *info);
        info->vcpus = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
        if (textfile_read("/proc/meminfo", text, sizeof text) > 0) {
                info->memory_bytes = textfile_number(text, "MemTotal:") * 1024;
                info->memory_available_bytes = textfile_number(text, "MemAvailable:") * 1024;
        }
        read_word("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                info->clocksource, sizeof info->clocksource);
        guestinfo_read_cpu(&info->cpu);
        guestinfo_read_psi(&info->psi);
        guestinfo_read_process(0, &info->process);
}
