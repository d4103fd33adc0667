/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain of a given name, with what its definition says: for the files of this room.
 */
#pragma once

#include "calls.h"
#include "hosts.h"
#include "mark.h"

struct found {
        virDomainPtr domain;
        const char *uri;
        char *xml; /* its definition for the next start */
        struct mark mark;
};

/* One of ours. Returns 0 or -errno: -ENOENT (there is none), -EEXIST (it is somebody else's). */
int found_init(
        struct found *ret, struct hosts *hosts, size_t host, const char *name, struct why *why);
void found_fini(struct found *found);

/* Removes its definition with all that libvirt keeps for it: saved states, what it knows of
 * snapshots. 0 also when it went meanwhile. */
int found_undefine(const struct found *found, struct why *why);
