/* SPDX-License-Identifier: Apache-2.0 */
#include "tiles.h"

#include "clock.h"
#include "fmt.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

/* A role ends within a second (run_role.h); twice that, for a host that is busy. A database writes
 * out what it holds. Killed processes may still wait for a disk. */
static const uint64_t patience_ns[N_END_STAGES] = {
        [END_LOADS] = 2 * NS_PER_S,
        [END_SERVERS] = 2 * NS_PER_S,
        [END_DATABASES] = 10 * NS_PER_S,
};
#define KILLED_PATIENCE_NS (10 * NS_PER_S)

char *tiles_group_name(unsigned tile, unsigned process, char *text, size_t size)
{
        snprintf(text, size, "tile%u-%s", tile, guest_name(process_guest(process)));
        return text;
}

/* ---- events ---- */

void tiles_update(struct tiles *tiles)
{
        struct epoll_event events[64];
        int n = epoll_wait(tiles->epoll_fd, events, ARRAY_SIZE(events), 0);

        for (int i = 0; i < n; i++) {
                struct process *p = events[i].data.ptr;

                process_update(p);
                if (!p->ending && !process_is_running(p) && !tiles->failed)
                        tiles->failed = p;
        }
}

int tiles_wait(struct tiles *tiles, uint64_t deadline_ns, int interrupt_fd)
{
        struct pollfd fds[] = {
                {.fd = tiles->epoll_fd, .events = POLLIN},
                {.fd = interrupt_fd, .events = POLLIN},
        };
        uint64_t now = clock_now_ns();

        if (now >= deadline_ns)
                return -ETIMEDOUT;
        if (poll(fds, ARRAY_SIZE(fds), clock_poll_timeout_ms(now, deadline_ns)) < 0)
                return errno == EINTR ? 0 : -errno;
        if (fds[1].revents)
                return -EINTR;
        tiles_update(tiles);
        return 0;
}

/* ---- ends ---- */

/* The first process of a stage that still runs, from tile `first` on; signal (0: none) goes to all
 * of them. */
static const struct process *signal_stage(
        struct tiles *tiles, unsigned first, unsigned last, enum end_stage stage, int signal)
{
        const struct process *running = NULL;

        for (unsigned t = first; t <= last; t++)
                for (unsigned n = 0; tiles->by_number[t] && n < TILE_PROCESSES; n++) {
                        const struct process *p = &tiles->by_number[t]->processes[n];

                        if (process_end_stage(n) != stage || !process_is_running(p))
                                continue;
                        running = running ? running : p;
                        if (signal)
                                child_signal(&p->child, signal);
                }
        return running;
}

/* Sends the signal and waits until all ended: NULL, or the first one that did not. */
static const struct process *end_by(struct tiles *tiles, unsigned first, unsigned last,
        enum end_stage stage, int signal, uint64_t within_ns)
{
        uint64_t deadline_ns = clock_now_ns() + within_ns;
        const struct process *running = signal_stage(tiles, first, last, stage, signal);

        while (running && tiles_wait(tiles, deadline_ns, -1) == 0)
                running = signal_stage(tiles, first, last, stage, 0);
        return running;
}

static int end_stage(
        struct tiles *tiles, unsigned first, unsigned last, enum end_stage stage, struct why *why)
{
        char title[sizeof why->what], patience[FMT_SIZE];
        const struct process *late;

        late = end_by(tiles, first, last, stage, SIGTERM, patience_ns[stage]);
        if (!late)
                return 0;
        process_title(late, title, sizeof title);
        fmt_duration(patience, patience_ns[stage]);
        late = end_by(tiles, first, last, stage, SIGKILL, KILLED_PATIENCE_NS);
        if (late)
                return why_set(why, -ETIME, process_title(late, title, sizeof title), NULL,
                        "still runs, as process %d, although it was killed", (int)late->child.pid);
        return why_set(why, -ETIME, title, NULL, "did not end within %s and was killed", patience);
}

static void forget_tile(struct tiles *tiles, unsigned t)
{
        struct tile *tile = STEAL_PTR(tiles->by_number[t]);
        char name[64];

        for (unsigned n = 0; n < TILE_PROCESSES; n++) {
                if (tiles->failed == &tile->processes[n])
                        tiles->failed = NULL;
                process_fini(&tile->processes[n]);
                tiles_group_name(t, n, name, sizeof name);
                cgroup_remove(&tiles->cgroup, name);
        }
        free(tile);
        snprintf(name, sizeof name, "tile%u", t);
        workdir_remove(&tiles->workdir, name);
}

/* All of them at once, whoever asks before whoever answers. The first trouble goes into *why. */
int tiles_end(struct tiles *tiles, unsigned first, unsigned last, struct why *why)
{
        int result = 0;

        for (unsigned t = first; t <= last; t++)
                for (unsigned n = 0; tiles->by_number[t] && n < TILE_PROCESSES; n++)
                        tiles->by_number[t]->processes[n].ending = true;
        for (unsigned stage = 0; stage < N_END_STAGES; stage++) {
                int r = end_stage(tiles, first, last, stage, result < 0 ? NULL : why);

                result = result < 0 ? result : r;
        }
        for (unsigned t = first; t <= last; t++)
                if (tiles->by_number[t])
                        forget_tile(tiles, t);
        return result;
}
