/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What systemd does on a host, from the files that it leaves: nothing is asked or started.
 */
#pragma once

#include "root.h"

/* Does systemd run this host (its own test, sd_booted(3): is /run/systemd/system there)? */
bool units_are_there(const struct root *root);

/* A service that has processes: it has a cgroup then. */
bool unit_has_processes(const struct root *root, const char *unit);

/* Is it pulled in at boot by a target: a link to it in some NAME.wants? That is also what is known
 * of timers and sockets, which have no processes. A unit that is masked is not. */
bool unit_is_enabled(const struct root *root, const char *unit);
