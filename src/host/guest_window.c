/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's window out of the readings at its ends, and its points out of those in between.
 */
#include "window.h"

#include "textfile.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static struct guestinfo_cpu read_cpu(const struct reading *r)
{
        return (struct guestinfo_cpu){
                .user_ns = reading_number(r, "guest.cpu", "user_ns"),
                .nice_ns = reading_number(r, "guest.cpu", "nice_ns"),
                .system_ns = reading_number(r, "guest.cpu", "system_ns"),
                .idle_ns = reading_number(r, "guest.cpu", "idle_ns"),
                .iowait_ns = reading_number(r, "guest.cpu", "iowait_ns"),
                .irq_ns = reading_number(r, "guest.cpu", "irq_ns"),
                .softirq_ns = reading_number(r, "guest.cpu", "softirq_ns"),
                .steal_ns = reading_number(r, "guest.cpu", "steal_ns"),
        };
}

static struct guestinfo_psi read_psi(const struct reading *r)
{
        return (struct guestinfo_psi){
                .has = json_is_true(json_object_get(
                        json_object_get(json_object_get(r->json, "guest"), "psi"), "available")),
                .cpu_some_us = reading_number(r, "guest.psi", "cpu_some_us"),
                .io_some_us = reading_number(r, "guest.psi", "io_some_us"),
                .io_full_us = reading_number(r, "guest.psi", "io_full_us"),
                .memory_some_us = reading_number(r, "guest.psi", "memory_some_us"),
                .memory_full_us = reading_number(r, "guest.psi", "memory_full_us"),
        };
}

static struct guestinfo_process read_process(const struct reading *r)
{
        return (struct guestinfo_process){
                .user_ns = reading_number(r, "process", "user_ns"),
                .system_ns = reading_number(r, "process", "system_ns"),
                .queued_ns = reading_number(r, "process", "queued_ns"),
                .rss_bytes = reading_number(r, "process", "rss_bytes"),
                .voluntary_switches = reading_number(r, "process", "voluntary_switches"),
                .involuntary_switches = reading_number(r, "process", "involuntary_switches"),
                .threads = reading_number(r, "process", "threads"),
        };
}

static void copy_text(char *to, size_t size, const char *from)
{
        snprintf(to, size, "%s", from ? from : "unknown");
}

/* The kernel's boot tells machines apart where host names and addresses may not. */
static bool is_this_machine(const struct reading *reading)
{
        const char *its = reading_text(reading, "identity", "boot_id");
        char ours[40];

        return its && textfile_read("/proc/sys/kernel/random/boot_id", ours, sizeof ours) > 0 &&
               strcmp(its, ours) == 0;
}

static void fill_system(
        struct guest_window *guest, const struct reading *start, const struct reading *end)
{
        guest->same_machine = is_this_machine(end);
        guest->cpu = cpu_difference(read_cpu(start), read_cpu(end));
        guest->psi = psi_difference(read_psi(start), read_psi(end));
        guest->process = process_difference(read_process(start), read_process(end));
        guest->vcpus = (unsigned)reading_number(end, "guest", "vcpus");
        guest->memory_bytes = reading_number(end, "guest", "memory_bytes");
        copy_text(guest->clocksource, sizeof guest->clocksource,
                reading_text(end, "guest", "clocksource"));
        copy_text(guest->version, sizeof guest->version, reading_text(end, "identity", "version"));
        guest->config = json_incref(json_object_get(end->json, "config"));
}

static _printf_(2, 3) bool problem(struct guest_window *guest, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        vsnprintf(guest->problem, sizeof guest->problem, format, ap);
        va_end(ap);
        return false;
}

/* Is what answers there what the target says, and is it at work? */
static bool is_expected(struct guest_window *guest, const struct reading *reading)
{
        const char *role = reading_text(reading, "identity", "role");
        const char *state = reading_text(reading, NULL, "state");
        uint64_t tile = reading_number(reading, "identity", "tile");
        uint64_t number = reading_number(reading, "identity", "guest");

        if (!role || strcmp(role, guest->role) != 0)
                return problem(guest, "%s answers as role %.15s, not %s", guest->url,
                        role ? role : "unknown", guest->role);
        if ((tile && tile != guest->tile) || (number && number != guest->guest))
                return problem(guest, "%s says that it is guest %u of tile %u", guest->url,
                        (unsigned)number, (unsigned)tile);
        if (!state || strcmp(state, "ready") != 0)
                return problem(guest, "was %.15s instead of ready", state ? state : "unknown");
        return true;
}

/* A process here has our clock: its own stamps are exact, ours only somewhere between request and
 * answer. */
static void fill_times(
        struct guest_window *guest, const struct reading *start, const struct reading *end)
{
        double guest_s = (double)reading_number(end, NULL, "clock_ns") / 1e9 -
                         (double)reading_number(start, NULL, "clock_ns") / 1e9;

        guest->seconds = (double)(end->taken_ns - start->taken_ns) / 1e9;
        if (guest->same_machine)
                guest->seconds = guest_s;
        guest->clock_ratio = guest->seconds > 0 ? guest_s / guest->seconds : 0;
        guest->clock_error = guest->seconds > 0
                                     ? (double)(start->taken_error_ns + end->taken_error_ns) / 1e9 /
                                               guest->seconds
                                     : 0;
}

/* A pid may long be somebody else's: believed only if the role says that it is its own. */
static void check_local(struct guest_window *guest, const struct reading *end, pid_t expected)
{
        guest->local = guest->local && guest->same_machine &&
                       reading_number(end, "identity", "pid") == (uint64_t)expected;
}

void guest_window_fill(struct guest_window *guest, const struct scraped *start,
        const struct scraped *end, pid_t pid)
{
        const struct scraped *silent = !start->answered ? start : !end->answered ? end : NULL;
        const char *start_id;
        struct why why = {0};
        int r;

        if (silent) {
                problem(guest, "%s at the window's %s: %.180s",
                        silent->refused ? "gave no figures" : "did not answer",
                        silent == start ? "start" : "end", silent->problem);
                return;
        }
        if (!is_expected(guest, &start->reading) || !is_expected(guest, &end->reading))
                return;
        if (!reading_same_start(&start->reading, &end->reading)) {
                guest->restarted = true;
                problem(guest, "was started again in the window");
                return;
        }
        start_id = reading_text(&end->reading, "identity", "start_id");
        snprintf(guest->start_id, sizeof guest->start_id, "%s", start_id);
        r = reading_counts(&start->reading, &end->reading, &guest->counts, &guest->n_counts, &why);
        if (r == 0)
                r = reading_latencies(&start->reading, &end->reading, &guest->latencies,
                        &guest->n_latencies, &why);
        if (r < 0) {
                why_format(&why, guest->problem, sizeof guest->problem);
                return;
        }
        fill_system(guest, &start->reading, &end->reading);
        fill_times(guest, &start->reading, &end->reading);
        check_local(guest, &end->reading, pid);
        if (!(guest->seconds > 0) || !(guest->clock_ratio > 0))
                problem(guest, "its clock stands still");
}

/* A console may print anything; results hold plain text. */
static void make_plain(char *text)
{
        for (; text && *text; text++)
                if ((*text < ' ' && *text != '\n') || *text > '~')
                        *text = '?';
}

void guest_window_trouble(struct guest_window *guest, struct guest_trouble *trouble)
{
        char found[sizeof guest->problem];

        snprintf(found, sizeof found, "%s", guest->problem);
        problem(guest, "%.200s%s%.150s", trouble->text, found[0] ? "; " : "", found);
        free(guest->console);
        guest->console = trouble->console;
        trouble->console = NULL;
        make_plain(guest->console);
}

int guest_window_point(
        struct guest_window *guest, const struct scraped *start, const struct scraped *now)
{
        uint64_t count0, sum0, count1, sum1;
        struct point *points;

        guest->polls++;
        guest->last_poll_answered =
                now->answered && now->reading.taken_error_ns * 2 <= WINDOW_POLL_TIMEOUT_NS;
        guest->polls_answered += guest->last_poll_answered;
        if (!now->answered)
                return 0;
        if (!start->answered || !reading_same_start(&start->reading, &now->reading))
                return 0;
        points = reallocarray(guest->points, guest->n_points + 1, sizeof *points);
        if (!points)
                return -ENOMEM;
        guest->points = points;
        reading_latency(&start->reading, &count0, &sum0);
        reading_latency(&now->reading, &count1, &sum1);
        points[guest->n_points++] = (struct point){
                .t_s = (double)grown(now->reading.taken_ns, start->reading.taken_ns) / 1e9,
                .work = grown(reading_sum(&now->reading, COUNTER_WORK),
                        reading_sum(&start->reading, COUNTER_WORK)),
                .errors = grown(reading_sum(&now->reading, COUNTER_ERROR) +
                                        reading_sum(&now->reading, COUNTER_WRONG),
                        reading_sum(&start->reading, COUNTER_ERROR) +
                                reading_sum(&start->reading, COUNTER_WRONG)),
                .latency_count = grown(count1, count0),
                .latency_sum_ns = grown(sum1, sum0),
        };
        return 0;
}
