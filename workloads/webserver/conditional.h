/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the client have it already? The two conditions of a GET that matter here (RFC 9110, 13.1.2
 * and 13.1.3), as pure functions of header values.
 */
#pragma once

#include <stdbool.h>
#include <time.h>

/* Does a value of If-None-Match name etag (with its quotes, without W/)? "*" names everything; the
 * comparison is the weak one, as the RFC wants it there. What is not well formed names nothing. */
bool conditional_names(const char *list, const char *etag);

/* An HTTP date in any of its three forms (RFC 9110, 5.6.7), in seconds since 1970. Returns 0 or
 * -EINVAL. */
int conditional_date(const char *text, time_t *ret_s);
