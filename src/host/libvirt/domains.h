/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests as domains of libvirt: made, started, stopped, removed. A domain is named by its host
 * (struct hosts) and its name.
 *
 * What is ours is marked in the domain's own definition (mark.h), with the volumes that belong to
 * it. A domain without the mark is somebody else's, whatever its name, and so is a volume that no
 * mark lists: neither is ever changed. Beside libvirt's definitions there is no state.
 *
 * All return 0 or -errno with *why naming the domain (or pool, or volume) and the URI; in common:
 * -ENOENT (no such domain), -EEXIST (somebody else's), -EACCES, -EIO (libvirt's own words).
 */
#pragma once

#include "hosts.h"
#include "why.h"

#include <stdbool.h>
#include <stddef.h>

struct domain_xml;

struct domain_info {
        size_t host;
        unsigned tile, guest;
        char name[64];    /* of the domain: "tileload-t3-web1" */
        char address[64]; /* "10.77.3.1" */
        char state[32];   /* "running", "shut off", "paused", "crashed"... */
        bool running;     /* is not off; a paused one is not off either */
};

/* All of ours on all hosts, sorted by tile and guest. *ret: free(). */
int domains_list(struct hosts *hosts, struct domain_info **ret, size_t *ret_n, struct why *why);

/* One of ours; -ENOENT also when the domain of that name is not. */
int domains_state(struct hosts *hosts, size_t host, const char *name, struct domain_info *ret,
        struct why *why);

/* Defines the domain, then makes its volumes. *ret_made: there was none. One of ours that is there
 * is defined again, so that a changed template takes effect (at its next start, if it runs), and
 * its volumes stay as they are; -EEXIST if they would have to be other ones or of another size, or
 * if a volume is somebody else's. What fails is undone; what was cut off is finished by another
 * call, or undone by domains_remove(). */
int domains_create(struct hosts *hosts, size_t host, const char *name, const struct domain_xml *xml,
        bool *ret_made, struct why *why);

/* Boots it: a state that somebody saved is not resumed. 1 when it runs already; -EBUSY when it is
 * paused. */
int domains_start(struct hosts *hosts, size_t host, const char *name, struct why *why);

/* Asks the guest to shut down and does not wait: by the ACPI power button, or its guest agent if
 * the template gives it one. 0 also when it is off. */
int domains_shut_down(struct hosts *hosts, size_t host, const char *name, struct why *why);

/* At once, without asking the guest. 0 also when it is off. */
int domains_power_off(struct hosts *hosts, size_t host, const char *name, struct why *why);

/* Powers it off, then removes its volumes, its console log and last its definition. 0 also when
 * there is none; -ENOENT when the pool of a volume is gone or not active: what is in it would stay,
 * and nobody would know any more whose it is. */
int domains_remove(struct hosts *hosts, size_t host, const char *name, struct why *why);
