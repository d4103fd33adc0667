/* SPDX-License-Identifier: Apache-2.0 */
#include "mix.h"

#include <string.h>

/* Keeps the users' generators apart from whatever else is drawn with the same seed ("webclien"). */
#define MIX_STREAM UINT64_C(0x776562636c69656e)

#define DYNAMIC_PATH "/dynamic?"

int mix_init(struct mix *mix, unsigned dirs, double dynamic_share, double verify_share,
        double zipf_alpha)
{
        *mix = (struct mix){
                .dynamic_share = dynamic_share,
                .verify_share = verify_share,
        };
        return zipf_init(&mix->dirs, dirs, zipf_alpha);
}

void mix_fini(struct mix *mix)
{
        zipf_fini(&mix->dirs);
}

void mix_user(struct rng *rng, uint64_t seed, unsigned user)
{
        rng_init(rng, seed, MIX_STREAM + user);
}

static unsigned draw_class(struct rng *rng)
{
        uint64_t per_cent = rng_below(rng, 100);
        unsigned class = 0;

        while (class < FILESET_CLASSES - 1 && per_cent >= fileset_class_share[class])
                per_cent -= fileset_class_share[class ++];
        return class;
}

struct mix_request mix_draw(const struct mix *mix, struct rng *rng)
{
        struct mix_request request = {0};

        /* One after the other: an initializer list would leave the order to the compiler. */
        request.dynamic = rng_unit(rng) < mix->dynamic_share;
        request.verify = rng_unit(rng) < mix->verify_share;

        if (request.dynamic) {
                /* Customer numbers of a natural length; two requests hardly ever share a key, so
                 * nobody can answer from a cache. */
                request.key = (unsigned long)(rng_u64(rng) >> 32);
                return request;
        }
        request.file.class = draw_class(rng);
        request.file.file = 1 + (unsigned)rng_below(rng, FILESET_FILES_PER_CLASS);
        request.file.dir = (unsigned)zipf_draw(&mix->dirs, rng);
        return request;
}

char *mix_target(char target[static MIX_TARGET_SIZE], const struct mix_request *request)
{
        if (!request->dynamic)
                return fileset_path(target, request->file);
        memcpy(target, DYNAMIC_PATH, sizeof DYNAMIC_PATH);
        besim_query(request->key, target + sizeof DYNAMIC_PATH - 1);
        return target;
}
