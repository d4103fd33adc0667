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

/* Is interrupt_fd (-1: none) readable? *why is filled then. */
bool guests_interrupted(int interrupt_fd, struct why *why);
