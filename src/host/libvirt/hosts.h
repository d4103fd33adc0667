/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts that guests run on: a connection of libvirt for each URI, and what happens to their
 * domains, as events to poll for.
 *
 * There is one struct hosts in a process at a time, used by one thread. libvirt's own event loop
 * runs in another, which ends with hosts_free(); no signal is delivered to it.
 */
#pragma once

#include "why.h"

#include <stddef.h>
#include <stdint.h>

struct hosts;

enum host_event_what {
        HOST_DOMAIN_STARTED,
        HOST_DOMAIN_STOPPED, /* is off: shut down, powered off or rebooted (as after a panic) */
        HOST_DOMAIN_CRASHED, /* its kernel's panic was seen by a device, or QEMU itself ended */
        HOST_DOMAIN_PAUSED,  /* does not run any more, but is not off either: no space for a disk */
        HOST_LOST,           /* the connection: nothing more is heard of its domains */
};

struct host_event {
        size_t host;
        enum host_event_what what;
        char domain[64]; /* not always one of ours; "" for HOST_LOST */
        char text[128];  /* how it came about, to follow a name: "was powered off" */
        uint64_t at_ns;  /* CLOCK_MONOTONIC, when it was heard of */
};

/* Connects to each of the URIs, which have spaces between them. Nothing is ever asked on the
 * terminal: where a password is needed, that is an error. Returns 0, or -errno with *why naming the
 * URI: -ELIBACC (no libvirt), -EACCES, -EINVAL (none given, or one twice), -ETIMEDOUT, -EIO...;
 * -EINTR as soon as interrupt_fd (-1: none) is readable. */
int hosts_open(struct hosts **ret, const char *uris, int interrupt_fd, struct why *why);

/* Closes the connections and ends the event loop. hosts may be NULL. */
void hosts_free(struct hosts *hosts);

size_t hosts_count(const struct hosts *hosts);

/* As it was given. */
const char *hosts_uri(const struct hosts *hosts, size_t host);

/* The host that a tile (1...) lives on: one after the other, so that every step of a run spreads
 * evenly. */
size_t hosts_of_tile(const struct hosts *hosts, unsigned tile);

/* Readable when an event waits. Belongs to hosts. */
int hosts_fd(struct hosts *hosts);

/* Takes the next event: 1 with *ret filled, 0 when there is none now. Domains of all kinds are
 * heard of from hosts_open() on, so that also what the caller itself did comes up here. */
int hosts_next_event(struct hosts *hosts, struct host_event *ret);

/* The connection, for the files of this room; it stays with hosts. One that was lost is made anew,
 * so that a host that came back can be cleaned up. Returns 0 or -errno; within half a minute. */
struct _virConnect;
int hosts_connection(struct hosts *hosts, size_t host, struct _virConnect **ret, struct why *why);
