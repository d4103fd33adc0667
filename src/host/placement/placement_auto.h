/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auto, spread and pack: a guest's place, from the topology alone. Pure.
 */
#pragma once

#include "placement.h"

/* How many places there are to choose from; with one, a choice makes no difference. */
unsigned placement_auto_places(const struct topology *topology);

/* mode: one of these three. turn: the tile's number on this host, from 1; guest: 1 to 8. Returns
 * 0, -ENOENT (no node has both memory and CPUs near it) or -ENOMEM. */
int placement_auto(struct place *ret, enum placement_mode mode, const struct topology *topology,
        unsigned turn, unsigned guest);
