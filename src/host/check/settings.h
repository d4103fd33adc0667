/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How this host is set up, for the manifest of a run: what tileload host-check finds there, without
 * its judgement. So two runs before and after a tuning tell what was tuned.
 */
#pragma once

#include <jansson.h>

/* {"net.core.somaxconn": "4096", "io-scheduler sda": "none", ...}: an item's name, with what it is
 * about if that is not the host as a whole. What cannot be told here is not there, nor is what
 * varies from minute to minute without being a setting. The caller owns it; NULL: no memory. */
json_t *check_settings(void);
