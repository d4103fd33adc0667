/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tiles as processes of this machine.
 *
 *         tile_plan      who, in which order, where, with which arguments
 *         tiles          how tiles come and go
 *         process        one process of a tile: a child that says when it is ready
 *         child          a process tied to us, its output in a file
 *         notify_server  how it says that it is ready
 *         database       guest 7's own MariaDB server
 *         placement      who takes which nodes and CPUs
 *         cgroup         one CPU and 1 GiB for each guest, where that can be had
 *         workdir        the directory that they work in
 *
 * Nothing here sleeps or asks again and again: readiness is a message, an end makes a pidfd
 * readable, and one epoll has them all. Call from one thread, which must live until free(): the
 * kernel ends all children with it.
 */
#include "launch.h"

#include "fmt.h"
#include "tiles.h"

#include <assert.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/statfs.h>

/* What a guest is: one vCPU, 1 GiB. */
static const struct cgroup_limit guest_limits[] = {
        {"cpu", "cpu.max", "100000 100000"},
        {"memory", "memory.max", "1073741824"},
};

enum {
        MAX_NOTES = 5,
};

struct launcher {
        struct tiles tiles;
        struct targets targets;
        char texts[MAX_NOTES][4096]; /* the nodes of a large host are many */
        const char *notes[MAX_NOTES + 1];
        size_t n_notes;
};

/* A caller that ignores its children's ends would have us miss them as well. */
static void heed_children(void)
{
        struct sigaction action;

        if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
                signal(SIGCHLD, SIG_DFL);
}

static void note(struct launcher *launcher, const char *format, ...) _printf_(2, 3);

static void note(struct launcher *launcher, const char *format, ...)
{
        char *text = launcher->texts[launcher->n_notes];
        va_list ap;

        assert(launcher->n_notes < MAX_NOTES);
        va_start(ap, format);
        vsnprintf(text, sizeof launcher->texts[0], format, ap);
        va_end(ap);
        launcher->notes[launcher->n_notes++] = text;
}

static void limit_guests(struct launcher *launcher)
{
        struct why why = {0};
        char text[512];

        if (cgroup_init(&launcher->tiles.cgroup, NULL, guest_limits, ARRAY_SIZE(guest_limits),
                    &why) == 0)
                note(launcher, "each guest is limited to one CPU and 1 GiB of memory (cgroup v2)");
        else
                note(launcher, "guests are not limited to one CPU and 1 GiB of memory: %s",
                        why_format(&why, text, sizeof text));
}

static void note_memory_disk(struct launcher *launcher)
{
        const char *directory = launcher->tiles.config.directory;
        struct statfs fs;

        if (statfs(directory, &fs) == 0 && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC))
                note(launcher, "the results directory is in memory (tmpfs): so are guest 6's disk "
                               "and guest 7's database");
}

static void note_database(struct launcher *launcher)
{
        const struct database *database = &launcher->tiles.database;
        uint64_t given = launcher->tiles.config.database_memory;
        char size[FMT_SIZE];

        note(launcher,
                "guest 7's database is %s%s%s with a buffer pool of %s; its log is flushed to the "
                "disk at every commit",
                database->program, database->user[0] ? " as user " : "", database->user,
                fmt_size(size, given ? given : UINT64_C(64) << 20));
}

static int note_placement(struct launcher *launcher, struct why *why)
{
        const struct tiles *tiles = &launcher->tiles;
        _cleanup_free_ char *where = placement_here_note(&tiles->here);
        _cleanup_free_ char *idle =
                placement_idle_note(&tiles->placement, 1, tiles->config.last_tile);

        if (!where || !idle)
                return why_errno(why, -ENOMEM, "--placement", NULL);
        if (*where)
                note(launcher, "%s", where);
        if (*idle && tiles->config.last_tile)
                note(launcher, "%s", idle);
        return 0;
}

static int place_guests(struct launcher *launcher, struct why *why)
{
        struct tiles *tiles = &launcher->tiles;
        unsigned last = tiles->config.last_tile;
        int r = placement_init(&tiles->placement, tiles->config.placement, why);

        if (r == 0)
                r = placement_here_init(&tiles->here, &tiles->placement, HERE_TILES, why);
        if (r == 0)
                r = placement_here_check(&tiles->here, HERE_TILES, 1, last, why);
        return r == 0 ? note_placement(launcher, why) : r;
}

static int launcher_stop(struct launcher *launcher, struct why *why)
{
        int r = tiles_end(&launcher->tiles, 1, TILE_PLAN_MAX_TILE, why);

        targets_fini(&launcher->targets);
        return r;
}

static int launcher_end_above(struct launcher *launcher, unsigned keep, struct why *why)
{
        int r = tiles_end(&launcher->tiles, keep + 1, TILE_PLAN_MAX_TILE, why);

        targets_end_above(&launcher->targets, keep);
        return r;
}

static void launcher_free(struct launcher *launcher)
{
        struct tiles *tiles = &launcher->tiles;

        launcher_stop(launcher, NULL);
        cgroup_fini(&tiles->cgroup);
        placement_here_fini(&tiles->here);
        placement_fini(&tiles->placement);
        workdir_fini(&tiles->workdir);
        if (tiles->epoll_fd >= 0)
                close(tiles->epoll_fd);
        free(launcher);
}

static int launcher_new(const struct launch_config *config, int interrupt_fd, struct launcher **ret,
        struct why *why)
{
        struct launcher *launcher = calloc(1, sizeof *launcher);
        struct tiles *tiles;
        int r;

        if (!launcher)
                return why_errno(why, -ENOMEM, "launcher", NULL);
        tiles = &launcher->tiles;
        tiles->config = *config;
        tiles->workdir = (struct workdir){.fd = -1, .lock_fd = -1};
        tiles->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        r = tiles->epoll_fd < 0 ? why_errno(why, -errno, "epoll", NULL) : 0;
        if (r == 0)
                r = database_find(&tiles->database, why);
        if (r == 0 && config->database_memory)
                database_set_memory(&tiles->database, config->database_memory);
        if (r == 0)
                r = place_guests(launcher, why);
        if (r == 0)
                r = process_make_logs(config->directory, why);
        if (r == 0)
                r = workdir_init(&tiles->workdir, config->directory, why);
        if (r < 0) {
                launcher_free(launcher);
                return r;
        }
        heed_children();
        limit_guests(launcher);
        note_database(launcher);
        note_memory_disk(launcher);
        *ret = launcher;
        return 0;
}

static int add_target(struct launcher *launcher, unsigned tile, unsigned guest)
{
        const struct process *processes = launcher->tiles.by_number[tile]->processes;
        struct target target = {.tile = tile, .guest = guest};
        struct role_plan plan;
        int r = role_plan_init(&plan, &launcher->tiles.config, tile, guest);

        if (r < 0)
                return r;
        snprintf(target.role, sizeof target.role, "%s", guest_role(guest));
        target.url = plan.url;
        target.pids[target.n_pids++] = processes[guest].child.pid;
        if (guest == GUEST_OLTP)
                target.pids[target.n_pids++] = processes[PROCESS_DATABASE].child.pid;
        return targets_add(&launcher->targets, &target);
}

static int launcher_start(
        struct launcher *launcher, unsigned first, unsigned last, int interrupt_fd, struct why *why)
{
        int r = tiles_start(&launcher->tiles, first, last, interrupt_fd, why);

        if (r < 0)
                return r;
        for (unsigned t = first; r == 0 && t <= last; t++)
                for (unsigned g = 0; r == 0 && g <= TILE_GUESTS; g++)
                        r = add_target(launcher, t, g);
        if (r < 0) { /* out of memory: what was listed belongs to tiles that go with it */
                launcher_stop(launcher, NULL);
                return why_errno(why, r, "targets", NULL);
        }
        return 0;
}

static const struct targets *launcher_targets(struct launcher *launcher)
{
        return &launcher->targets;
}

static int launcher_fd(struct launcher *launcher)
{
        return launcher->tiles.epoll_fd;
}

static int launcher_check(struct launcher *launcher, struct why *why)
{
        struct tiles *tiles = &launcher->tiles;

        tiles_update(tiles);
        return tiles->failed
                       ? process_why_ended(tiles->failed, -ECHILD, tiles->config.directory, why)
                       : 0;
}

static const char *const *launcher_notes(struct launcher *launcher)
{
        return launcher->notes;
}

static const struct placement *launcher_placement(struct launcher *launcher)
{
        return &launcher->tiles.placement;
}

const struct launcher_ops launch_process = {
        .name = "process",
        .summary = "processes of this machine",
        .new = launcher_new,
        .free = launcher_free,
        .start = launcher_start,
        .stop = launcher_stop,
        .end_above = launcher_end_above,
        .targets = launcher_targets,
        .fd = launcher_fd,
        .check = launcher_check,
        .notes = launcher_notes,
        .placement = launcher_placement,
};
