/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting tiles, and waiting for what happens to them.
 */
#include "tiles.h"

#include "clock.h"

#include <errno.h>
#include <fcntl.h>

/* The external client stands for a machine outside: it has no limits. *ret is -1 then. */
static int open_group(struct tiles *tiles, const struct process *p, int *ret, struct why *why)
{
        char name[64];
        int fd;

        *ret = -1;
        if (p->number == GUEST_EXTERNAL || !tiles->cgroup.group)
                return 0;
        tiles_group_name(p->tile, p->number, name, sizeof name);
        fd = cgroup_add(&tiles->cgroup, name, why);
        if (fd < 0)
                return fd;
        *ret = fd;
        return 0;
}

static int make_directory(struct tiles *tiles, const struct process *p, char **ret, struct why *why)
{
        char name[64];
        int r;

        snprintf(name, sizeof name, "tile%u/%s%s", p->tile, guest_name(process_guest(p->number)),
                p->number == PROCESS_DATABASE ? "/" DATABASE_DIRECTORY : "");
        r = workdir_make(&tiles->workdir, name, why);
        if (r < 0)
                return r;
        if (asprintf(ret, "%s/%s", tiles->workdir.path, name) < 0) {
                *ret = NULL;
                return why_errno(why, -ENOMEM, "work directory", name);
        }
        return 0;
}

static int start_role(
        struct tiles *tiles, struct process *p, struct process_config *config, struct why *why)
{
        struct role_plan plan;
        int r = role_plan_init(&plan, &tiles->config, p->tile, p->number);

        if (r < 0)
                return why_set(why, r, "--rate", NULL, "no load generator can have this rate");
        config->program = tiles->config.program;
        config->argv = plan.argv;
        return process_start(p, config, why);
}

static int start_database(
        struct tiles *tiles, struct process *p, struct process_config *config, struct why *why)
{
        const char *argv[DATABASE_ARGUMENTS];
        _cleanup_close_ int fd =
                open(config->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int r;

        if (fd < 0)
                return why_errno(why, -errno, "database directory", config->directory);
        r = database_prepare(&tiles->database, fd, why);
        if (r < 0)
                return r;
        database_arguments(&tiles->database, argv);
        config->program = tiles->database.program;
        config->argv = (char *const *)argv;
        config->enter = database_enter;
        config->context = &tiles->database;
        return process_start(p, config, why);
}

static int start_process(struct tiles *tiles, struct process *p, struct why *why)
{
        _cleanup_free_ char *directory = NULL;
        _cleanup_close_ int cgroup_fd = -1;
        struct affinity affinity;
        struct process_config config = {
                .results = tiles->config.directory,
                .epoll_fd = tiles->epoll_fd,
        };
        int r = make_directory(tiles, p, &directory, why);

        if (r == 0)
                r = open_group(tiles, p, &cgroup_fd, why);
        if (r == 0)
                r = placement_here_guest(
                        &tiles->here, p->tile, process_guest(p->number), &affinity, why);
        if (r < 0)
                return r;
        config.affinity = r > 0 ? &affinity : NULL;
        config.directory = directory;
        config.cgroup_fd = cgroup_fd;
        return p->number == PROCESS_DATABASE ? start_database(tiles, p, &config, why)
                                             : start_role(tiles, p, &config, why);
}

static int start_stage(
        struct tiles *tiles, unsigned first, unsigned last, enum start_stage stage, struct why *why)
{
        int r = 0;

        for (unsigned t = first; r == 0 && t <= last; t++)
                for (unsigned n = 0; r == 0 && n < TILE_PROCESSES; n++)
                        if (process_start_stage(n) == stage)
                                r = start_process(tiles, &tiles->by_number[t]->processes[n], why);
        return r;
}

static struct process *find_unready(
        struct tiles *tiles, unsigned first, unsigned last, enum start_stage stage)
{
        for (unsigned t = first; t <= last; t++)
                for (unsigned n = 0; n < TILE_PROCESSES; n++)
                        if (process_start_stage(n) == stage &&
                                !tiles->by_number[t]->processes[n].ready)
                                return &tiles->by_number[t]->processes[n];
        return NULL;
}

static int await_stage(struct tiles *tiles, unsigned first, unsigned last, enum start_stage stage,
        uint64_t deadline_ns, int interrupt_fd, struct why *why)
{
        const struct process *unready;

        while ((unready = find_unready(tiles, first, last, stage)) || tiles->failed) {
                int r = 0;

                if (tiles->failed)
                        return process_why_ended(
                                tiles->failed, -ECHILD, tiles->config.directory, why);
                r = tiles_wait(tiles, deadline_ns, interrupt_fd);
                if (r == -ETIMEDOUT)
                        return process_why_late(unready, r, tiles->config.directory,
                                tiles->config.ready_timeout_ns, why);
                if (r == -EINTR)
                        return why_set(why, r, "start", NULL, "interrupted");
                if (r < 0)
                        return why_errno(why, r, "poll", NULL);
        }
        return 0;
}

static int make_tiles(struct tiles *tiles, unsigned first, unsigned last)
{
        for (unsigned t = first; t <= last; t++) {
                struct tile *tile = calloc(1, sizeof *tile);

                if (!tile)
                        return -ENOMEM;
                for (unsigned n = 0; n < TILE_PROCESSES; n++)
                        tile->processes[n] = (struct process){
                                .tile = t,
                                .number = n,
                                .child = CHILD_NONE,
                                .notify.fd = -1,
                        };
                tiles->by_number[t] = tile;
        }
        return 0;
}

static int check_range(const struct tiles *tiles, unsigned first, unsigned last, struct why *why)
{
        if (first < 1 || last > TILE_PLAN_MAX_TILE || first > last)
                return why_set(why, -ERANGE, "tiles", NULL,
                        "from %u to %u: there are tiles 1 to %d on one machine", first, last,
                        TILE_PLAN_MAX_TILE);
        for (unsigned t = first; t <= last; t++)
                if (tiles->by_number[t])
                        return why_set(
                                why, -EEXIST, "tiles", NULL, "tile %u is running already", t);
        return 0;
}

int tiles_start(
        struct tiles *tiles, unsigned first, unsigned last, int interrupt_fd, struct why *why)
{
        uint64_t deadline_ns = clock_now_ns() + tiles->config.ready_timeout_ns;
        int r = check_range(tiles, first, last, why);

        if (r < 0)
                return r;
        r = make_tiles(tiles, first, last);
        if (r < 0)
                why_errno(why, r, "tiles", NULL);
        for (unsigned stage = 0; r == 0 && stage < N_START_STAGES; stage++) {
                r = start_stage(tiles, first, last, stage, why);
                if (r == 0)
                        r = await_stage(tiles, first, last, stage, deadline_ns, interrupt_fd, why);
        }
        if (r < 0)
                tiles_end(tiles, first, last, NULL);
        return r;
}
