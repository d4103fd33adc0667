/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --target: which web server, http://HOST[:PORT][/]. Without a port it is 8080, on which the web
 * servers of a tile listen.
 */
#pragma once

#include "why.h"

#include <curl/curl.h>

/* *ret is freed by curl_url_cleanup(). Returns 0, -EINVAL with *why filled, or -ENOMEM. */
int target_parse(const char *text, CURLU **ret, struct why *why);
