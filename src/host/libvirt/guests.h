/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guests of some tiles as domains, and what becomes of each from its start to its end: ready,
 * or in trouble, which is said at once with the tail of its console.
 */
#pragma once

#include "hosts.h"
#include "targets.h"

#include <stdbool.h>

struct progress;

struct guest {
        size_t host;
        unsigned tile, guest;
        char name[64];                /* of its domain */
        char url[TARGET_URL_MAX + 1]; /* of its control endpoint */
        bool running;                 /* as far as is known */
        bool ready;                   /* was, once */
        bool ending;                  /* by us: that it stops is no trouble */
        bool started;                 /* by us */
        bool start_heard;             /* an end that is heard of before is one of an earlier life */
        int asked;                    /* its index while it is waited for */
        char trouble[200];            /* completes "tile 1 disk ..."; "": none */
        char *console;                /* what it wrote before its trouble; NULL: none to be had */
};

enum guests_link {
        LINK_FINE,
        LINK_LOST, /* the connection ended */
        LINK_GONE, /* and could not be made again */
};

struct guests {
        struct hosts *hosts;
        struct progress *progress; /* where to say what happens */
        const char *results;       /* whole consoles go to logs/ in it; NULL: nowhere */
        enum guests_link *links;   /* by host */
        struct guest *items;
        size_t n_items;
};

enum {
        GUEST_CONSOLE_MAX = 64 << 10, /* bytes that are kept of a console */
        GUEST_CONSOLE_LINES = 12,     /* that are shown of it */
};

/* An empty list. Returns 0 or -ENOMEM; to be given to guests_fini in any case. */
int guests_init(
        struct guests *guests, struct hosts *hosts, struct progress *progress, const char *results);

/* Returns 0 or -ENOMEM. */
int guests_add(struct guests *guests, size_t host, unsigned tile, unsigned guest, const char *name,
        const char *address, bool running);

struct guest *guests_find(const struct guests *guests, unsigned tile, unsigned guest);

/* Forgets those of tiles first..last, or all. */
void guests_forget(struct guests *guests, unsigned first, unsigned last);
void guests_fini(struct guests *guests);

struct guests_start {
        unsigned first, last;
        uint64_t timeout_ns;
        bool wait;       /* until each is ready, or in trouble */
        bool whole_tile; /* -ECHILD when no tile at all can be whole any more */
        bool alone;      /* -EBUSY when one runs already: somebody else has started it */
        int interrupt_fd;
};

/* Starts them, whom others need first, and waits. A guest that does not start, ends, says that its
 * role failed or is late is in trouble, and the others go on: that is no error. Returns 0; -EINTR;
 * -ECHILD or -EBUSY with *why naming a guest; or another -errno. */
int guests_start(struct guests *guests, const struct guests_start *start, struct why *why);

/* How many of them are in trouble; *ret_first: the first, or NULL. */
size_t guests_in_trouble(
        const struct guests *guests, unsigned first, unsigned last, const struct guest **ret_first);

/* Takes in what happened, without waiting. */
void guests_take_events(struct guests *guests);

/* The last GUEST_CONSOLE_LINES lines of the guest's console now, and the whole of it into logs/.
 * NULL: none to be had. Free it. */
char *guests_console_tail(struct guests *guests, struct guest *guest);

/* Asks those that run to shut down, waits, and powers off what is left (and says so). Returns 0,
 * -ETIME with *why naming the first that had to be powered off, -EINTR, or another -errno: the
 * first; the others are ended in any case. */
int guests_shut_down(struct guests *guests, unsigned first, unsigned last, uint64_t timeout_ns,
        int interrupt_fd, struct why *why);

/* Removes their domains with all that belongs to them, whether they run or not. Goes on after an
 * error and returns the first. */
int guests_remove(struct guests *guests, unsigned first, unsigned last, struct why *why);
