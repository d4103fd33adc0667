/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which request comes next. Pure: a generator goes in, a request comes out, so that one seed gives
 * the same requests in the same order on every machine and at every speed.
 *
 * The shares are SPECweb96's and 99's: 35, 50, 14 and 1 % of static requests to classes 0 to 3,
 * directories by Zipf, and (from SPECweb99) a share of dynamic pages. Both of them favour files of
 * some sizes within a class; here the nine are equally likely, which has the same mean size as
 * SPECweb96's distribution around the fifth (14.7 KB a static request) with one table less.
 */
#pragma once

#include "besim.h"
#include "fileset.h"
#include "rng.h"

#include <stdbool.h>
#include <stdint.h>

/* Enough for any request target with its NUL: "/dynamic?" and a query, or a file's path. */
#define MIX_TARGET_SIZE (BESIM_QUERY_SIZE + 16)

struct mix {
        double dynamic_share;
        double verify_share;
        struct zipf dirs;
};

struct mix_request {
        bool verify;              /* compare the body byte by byte */
        bool dynamic;             /* then key says which page, else file says which file */
        unsigned long key;        /* for besim_query() */
        struct fileset_name file; /* for fileset_path() */
};

/* Returns 0, -EINVAL for dirs == 0, -ENOMEM. */
int mix_init(struct mix *mix, unsigned dirs, double dynamic_share, double verify_share,
        double zipf_alpha);
void mix_fini(struct mix *mix);

/* The generator of one user. Closed loop: each user has its own, so that who is answered first does
 * not change what anyone asks. Open loop: all requests are user 0's. */
void mix_user(struct rng *rng, uint64_t seed, unsigned user);

/* The next request. How many numbers it draws, and so all that follows, does not depend on
 * verify_share: another share checks other bodies of the same requests. */
struct mix_request mix_draw(const struct mix *mix, struct rng *rng);

/* What stands in the request line. Returns target. */
char *mix_target(char target[static MIX_TARGET_SIZE], const struct mix_request *request);
