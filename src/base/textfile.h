/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small text files, mostly of /proc and /sys.
 */
#pragma once

#include "why.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The file's text, NUL-terminated and without its last newline; cut at size - 1 bytes. Read in one
 * go, so that what a /proc file says belongs together. Returns its length or -errno. */
ssize_t textfile_read(const char *path, char *text, size_t size);

/* The whole of a text file that a user named by this option: at most 1 MiB, since what is larger is
 * something else, without NULs. Free *ret. Returns 0, or -errno with *why naming option and file.
 */
int textfile_load(char **ret, const char *option, const char *path, struct why *why);

/* The number after key at the start of a line or word, as in "VmRSS:   1234 kB" or "total=12"; 0
 * when it is not there. */
uint64_t textfile_number(const char *text, const char *key);
