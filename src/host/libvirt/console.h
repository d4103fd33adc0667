/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest last wrote on its serial console, read through libvirt (and so from a remote host as
 * well): the log file lies in the directory of a storage pool.
 */
#pragma once

#include "hosts.h"

#include <stddef.h>

struct mark;

/* The last `max` bytes or less of the domain's console log, from the beginning of a line on, fit to
 * be printed (console_clean()): malloc'd; NULL when none is to be had. It lasts until the domain's
 * next start, also when it is off. */
char *domains_console(struct hosts *hosts, size_t host, const char *name, size_t max);

/* Removes the domain's console log, with those that were put aside as ".0", ".1"...; 0 also when
 * there is none. Only a file that is named after the domain is removed. */
int console_remove(struct hosts *hosts, size_t host, const struct mark *mark, struct why *why);

/* Makes n bytes of terminal output into lines of text, in place and NUL-terminated (text has room
 * for n + 1): escape sequences and control characters go, as does what is not UTF-8. Returns the
 * new length. */
size_t console_clean(char *text, size_t n);
