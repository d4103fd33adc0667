/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of guests.h share.
 */
#pragma once

#include "guests.h"
#include "why.h"

/* Notes it, reads the guest's console, and says both. */
void guest_in_trouble(struct guests *guests, struct guest *guest, const char *format, ...)
        _printf_(3, 4);

/* May the host be asked? A connection that was lost is made again at the first time that somebody
 * wants to know, and if that fails never more: it may take minutes. 0 or -ENOTCONN. */
int guests_reach(struct guests *guests, size_t host, struct why *why);

/* Is interrupt_fd (-1: none) readable? *why is filled then. */
bool guests_interrupted(int interrupt_fd, struct why *why);

/* Its domain with all that belongs to it. Returns 0 or -errno. */
int guest_remove(struct guests *guests, struct guest *guest, struct why *why);
