/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's configuration files (libvirtd.conf and its kind), as far as numbers go: `key = 20`.
 * What stands behind # is a comment, so a default that is shown commented out is not set. Strings
 * and lists, which may go over several lines, are passed over. Pure.
 */
#pragma once

#include "why.h"

#include <stdbool.h>
#include <stdint.h>

/* Looks a setting up; of several with one key the first counts, as it does for libvirt. Returns 1
 * with *ret set, 0 when it is not set, -EBADMSG when the file is not of libvirt's form, -EINVAL
 * when the setting is no number; then with *why, the line's number in the reason. path is for *why.
 */
int libvirt_conf_number(
        const char *text, const char *key, const char *path, uint64_t *ret, struct why *why);
