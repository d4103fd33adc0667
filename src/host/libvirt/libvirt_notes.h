/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader of the results must know about how libvirt's guests were run.
 */
#pragma once

#include "guest_maker.h"

struct libvirt_notes {
        const char **lines; /* ends with NULL */
};

/* Asks the hosts. Returns 0 or -ENOMEM. */
int libvirt_notes_init(struct libvirt_notes *notes, struct guest_maker *maker, struct why *why);

/* Returns 0 or -ENOMEM. */
int libvirt_notes_add(struct libvirt_notes *notes, const char *format, ...) _printf_(2, 3);
void libvirt_notes_fini(struct libvirt_notes *notes);
