/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening addresses: "127.1.1.1:9477", "[::1]:9477", ":9477" or "9477" (every IPv4 address).
 */
#pragma once

#include "why.h"

#include <sys/socket.h>

/* Returns 0 or -EINVAL. */
int net_parse(const char *text, struct sockaddr_storage *ret, socklen_t *ret_size);

/* Is it such an address? 0, or -EINVAL with *why filled. what names the option ("--listen"). */
int net_check(const char *text, const char *what, struct why *why);

/* A listening, non-blocking, close-on-exec socket. what names the option in *why ("--listen").
 * Returns the descriptor or -errno. */
int net_listen(const char *text, const char *what, struct why *why);
