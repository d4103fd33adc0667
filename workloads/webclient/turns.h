/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closed loop: whose turn is it? A heap of the users that are thinking, by when they are done.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct turn {
        uint64_t due_ns;
        unsigned user;
};

struct turns {
        struct turn *heap; /* [n_users], of which the first n are in use */
        size_t n, size;
};

/* Room for n_users turns at a time. Returns 0 or -ENOMEM. */
int turns_init(struct turns *turns, size_t n_users);
void turns_fini(struct turns *turns);

/* A user has one turn at a time, so that there is always room. */
void turns_push(struct turns *turns, uint64_t due_ns, unsigned user);

/* When the next turn is due; CLOCK_NEVER when nobody waits for one. */
uint64_t turns_look(const struct turns *turns);

/* Takes the next turn: the earliest due, of several the lowest user's. There must be one. */
struct turn turns_take(struct turns *turns);
