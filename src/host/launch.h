/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A launcher turns "tile 3" into eight endpoints (and the external client's) and takes it down
 * again. It knows nothing of measuring.
 */
#pragma once

#include "targets.h"
#include "why.h"
#include "window.h"

#include <stdbool.h>
#include <stdint.h>

struct libvirt_config;
struct placement;
struct progress;

/* What a tile is made with; the same for every tile. Strings belong to the caller. */
struct launch_config {
        const char *program;    /* absolute path of the tileload binary */
        const char *directory;  /* results directory: logs/ and work/ are made in it */
        double rate_per_s;      /* of each tile's external client */
        const char *arrival;    /* "uniform" or "poisson" */
        uint64_t max_in_flight; /* of each tile's external client */
        uint64_t seed;
        uint64_t ready_timeout_ns;            /* for one call of start() */
        unsigned last_tile;                   /* that there will be, for checks; 0: not known */
        const char *placement;                /* of --placement; NULL: none */
        struct progress *progress;            /* where to say what happens; NULL: nowhere */
        const struct libvirt_config *libvirt; /* launch_libvirt only */

        /* Sizes and loads of the tile's guests, as option values; NULL: the role's default. */
        const char *dirs;           /* webservers and clients */
        const char *cpu_memory;     /* cpu --memory */
        const char *cpu_threads;    /* cpu --threads */
        const char *cpu_operations; /* cpu --operations */
        const char *cpu_think;      /* cpu --think */
        const char *disk_size;      /* disk --size */
        const char *disk_max_rate;  /* disk --max-rate */
        const char *oltp_rows;      /* oltp --table-size */
        const char *oltp_threads;   /* oltp --threads */
        const char *oltp_think;     /* oltp --think */
        const char *users;          /* webclient (guest 3) --users */
        const char *think;          /* webclient (guest 3) --think */

        /* launch_process only: buffer pool and log file of guest 7's database server, in bytes; 0:
         * as in systemd/database-options. */
        uint64_t database_memory;
};

struct launcher;

struct launcher_ops {
        const char *name;        /* --launch NAME */
        const char *summary;     /* one line for --list */
        const char *unavailable; /* why not in this build; NULL: it can be used */
        /* Why not on this machine, in one line, or NULL. NULL: nothing is needed. */
        const char *(*missing)(void);

        /* Makes ready to launch; starts nothing. interrupt_fd: as for start(). */
        int (*new)(const struct launch_config *config, int interrupt_fd, struct launcher **ret,
                struct why *why);
        /* Ends whatever still runs, waits for it, removes its work files. */
        void (*free)(struct launcher *launcher);

        /* Starts tiles first..last, all at once, and returns when every role has said that it is
         * ready: 0, or -errno with *why filled and everything that this call started ended again.
         * interrupt_fd becomes readable when the user wants to end: -EINTR. */
        int (*start)(struct launcher *launcher, unsigned first, unsigned last, int interrupt_fd,
                struct why *why);
        /* Ends every tile, politely first: 0, or -ETIME when something had to be killed (named in
         * *why). */
        int (*stop)(struct launcher *launcher, struct why *why);
        /* Ends the tiles above `keep` in the same way; the others do not notice. They may be
         * started again. 0, -ETIME as for stop(), or another -errno: the tiles that are left are
         * not to be measured then. */
        int (*end_above)(struct launcher *launcher, unsigned keep, struct why *why);

        /* The endpoints of all running tiles. Valid until the next start or stop. */
        const struct targets *(*targets)(struct launcher *launcher);

        /* Readable when something may have happened to a guest; then check() says what: 0, or
         * -ECHILD with *why naming the guest that ended, how, and its last words. */
        int (*fd)(struct launcher *launcher);
        int (*check)(struct launcher *launcher, struct why *why);

        /* What the launcher knows of a guest's trouble: returns 1 with *ret filled, or 0. problem
         * is what the measurer found, "" for nothing; a guest that was in trouble is so all the
         * same. NULL: knows nothing more. */
        int (*trouble)(struct launcher *launcher, unsigned tile, unsigned guest,
                const char *problem, struct guest_trouble *ret);

        /* Counters of the machines that guests run on, where that is not this one. Returns how
         * many, at most `max`, were filled; what a machine does not tell is left 0. NULL: guests
         * are on this machine. */
        size_t (*remotes)(struct launcher *launcher, struct remote_counts *ret, size_t max);

        /* What a reader of the results must know about how the guests were run ("no cgroup v2
         * controllers: guests are not limited to one CPU"): lines, NULL at the end. */
        const char *const *(*notes)(struct launcher *launcher);

        /* Where the guests were placed that were started so far. */
        const struct placement *(*placement)(struct launcher *launcher);
};

extern const struct launcher_ops launch_process;
extern const struct launcher_ops *const launcher_table[]; /* ends with NULL */
extern const char *const launcher_names[];                /* of --launch, in that order */

/* Why this launcher cannot be used here: one line, or NULL. */
const char *launcher_unavailable(const struct launcher_ops *ops);
