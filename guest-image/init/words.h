/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What init itself takes from the kernel command line: usrhash= and the host name in ip=.
 */
#pragma once

#include "why.h"

#include <stddef.h>

#define WORDS_HOST_SIZE    65 /* Linux takes names of up to 64 characters */
#define WORDS_HOST_DEFAULT "tileload-guest"

/* The value of the last KEY=VALUE among words that blanks separate. Returns 0, -ENOENT, or -ERANGE
 * when it does not fit into size. */
int words_get(const char *cmdline, const char *key, char *value, size_t size);

/* The fifth field of ip=ADDRESS:PEER:GATEWAY:NETMASK:HOST:..., where addresses of IPv6 stand in
 * brackets; WORDS_HOST_DEFAULT when there is none. Returns 0, or -EINVAL for what cannot be the
 * name of a host. */
int words_host_name(const char *cmdline, char name[WORDS_HOST_SIZE], struct why *why);
