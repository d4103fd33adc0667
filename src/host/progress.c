/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "fmt.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/ioctl.h>

void progress_init(struct progress *progress, FILE *to, double total_s)
{
        *progress = (struct progress){
                .to = to,
                .terminal = isatty(fileno(to)),
                .total_s = total_s,
        };
}

/* What the last interval brought to one guest. */
struct recent {
        double rate;
        uint64_t errors;
        uint64_t latency_count, latency_sum_ns;
};

static struct recent recent_of(const struct guest_window *g)
{
        struct point last = {0}, now;
        double s;

        if (g->n_points == 0 || !g->last_poll_answered)
                return (struct recent){0};
        now = g->points[g->n_points - 1];
        if (g->n_points > 1)
                last = g->points[g->n_points - 2];
        s = now.t_s - last.t_s;
        return (struct recent){
                .rate = s > 0 ? (double)(now.work - last.work) / s : 0,
                .errors = now.errors - last.errors,
                .latency_count = now.latency_count - last.latency_count,
                .latency_sum_ns = now.latency_sum_ns - last.latency_sum_ns,
        };
}

/* What users see: all external clients together. */
static void print_line(struct progress *progress, const struct step_window *w, double elapsed_s)
{
        char rate[FMT_SIZE], mean[FMT_SIZE] = "-";
        struct recent sum = {0};
        uint64_t guest_errors = 0;
        unsigned silent = 0;

        for (size_t i = 0; i < w->n_guests; i++) {
                struct recent r = recent_of(&w->guests[i]);

                silent += !w->guests[i].last_poll_answered;
                if (w->guests[i].guest != GUEST_EXTERNAL) {
                        guest_errors += r.errors;
                        continue;
                }
                sum.rate += r.rate;
                sum.errors += r.errors;
                sum.latency_count += r.latency_count;
                sum.latency_sum_ns += r.latency_sum_ns;
        }
        if (sum.latency_count)
                fmt_duration(mean, sum.latency_sum_ns / sum.latency_count);
        fprintf(progress->to,
                "[%3.0f/%.0f s] %u tile%s: %s requests/s, average %s, %" PRIu64 " errors",
                elapsed_s, progress->total_s, w->n_tiles, w->n_tiles == 1 ? "" : "s",
                fmt_number(rate, sum.rate, 1), mean, sum.errors);
        if (guest_errors)
                fprintf(progress->to, ", %" PRIu64 " errors in guests", guest_errors);
        if (silent)
                fprintf(progress->to, ", %u guest%s did not answer", silent,
                        silent == 1 ? "" : "s");
        fputc('\n', progress->to);
}

static unsigned terminal_height(FILE *to)
{
        struct winsize size;

        return ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_row ? size.ws_row : 24;
}

static const struct guest_window *find(const struct step_window *w, unsigned tile, unsigned guest)
{
        for (size_t i = 0; i < w->n_guests; i++)
                if (w->guests[i].tile == tile && w->guests[i].guest == guest)
                        return &w->guests[i];
        return NULL;
}

static void print_row(struct progress *progress, const struct step_window *w, unsigned tile)
{
        fprintf(progress->to, "\n\033[K %4u", tile);
        for (unsigned guest = GUEST_EXTERNAL; guest <= GUEST_OLTP; guest++) {
                const struct guest_window *g = find(w, tile, guest);
                char rate[FMT_SIZE] = "-";

                if (g && g->last_poll_answered)
                        fmt_number(rate, recent_of(g).rate, 1);
                fprintf(progress->to, " %10s", rate);
        }
}

/* One row a tile: what each guest does a second. */
static unsigned print_table(struct progress *progress, const struct step_window *w)
{
        unsigned lines = 1, height = terminal_height(progress->to);

        fprintf(progress->to, "\033[K tile");
        for (unsigned guest = GUEST_EXTERNAL; guest <= GUEST_OLTP; guest++)
                fprintf(progress->to, " %10s", guest_name(guest));
        for (size_t i = 0; i < w->n_guests; i++) {
                if (i > 0 && w->guests[i - 1].tile == w->guests[i].tile)
                        continue;
                if (lines + 3 > height) {
                        fprintf(progress->to, "\n\033[K  ...");
                        lines++;
                        break;
                }
                print_row(progress, w, w->guests[i].tile);
                lines++;
        }
        fputc('\n', progress->to);
        return lines;
}

/* What a warm-up is prolonged for. */
static void print_warm_up(
        struct progress *progress, const struct step_window *window, double elapsed_s)
{
        const struct settling *s = &window->settling;

        fprintf(progress->to, "[%3.0f s] warming up", elapsed_s);
        if (s->what[0])
                fprintf(progress->to, ": %s changed by %+.1f %% in %.0f s", s->what,
                        s->change_percent, s->window_s);
        fputc('\n', progress->to);
}

void progress_show(void *context, const struct step_window *window, double elapsed_s)
{
        struct progress *progress = context;

        /* What is too wide is cut off: a line that wraps could not be drawn over. */
        if (progress->terminal)
                fputs("\033[?7l", progress->to);
        if (progress->terminal && progress->table_lines)
                fprintf(progress->to, "\033[%uA\033[K", progress->table_lines);
        if (elapsed_s < 0)
                print_warm_up(progress, window, elapsed_s);
        else
                print_line(progress, window, elapsed_s);
        if (progress->terminal)
                progress->table_lines = 1 + (elapsed_s >= 0 ? print_table(progress, window) : 0);
        if (progress->terminal)
                fputs("\033[?7h", progress->to);
        fflush(progress->to);
}

void progress_say(struct progress *progress, const char *format, ...)
{
        va_list ap;

        if (!progress)
                return;
        progress->table_lines = 0;
        va_start(ap, format);
        vfprintf(progress->to, format, ap);
        va_end(ap);
        fputc('\n', progress->to);
        fflush(progress->to);
}
