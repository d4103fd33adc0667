/* SPDX-License-Identifier: Apache-2.0 */
#include "rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

uint64_t rng_mix(uint64_t x)
{
        x += GOLDEN;
        x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
        return x ^ (x >> 31);
}

void rng_init(struct rng *rng, uint64_t seed, uint64_t stream)
{
        uint64_t x = seed ^ rng_mix(stream);

        for (int i = 0; i < 4; i++) {
                rng->s[i] = rng_mix(x);
                x += GOLDEN;
        }
}

static uint64_t rotl(uint64_t x, int k)
{
        return (x << k) | (x >> (64 - k));
}

uint64_t rng_u64(struct rng *rng)
{
        uint64_t *s = rng->s;
        uint64_t result = rotl(s[1] * 5, 7) * 9;
        uint64_t t = s[1] << 17;

        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = rotl(s[3], 45);
        return result;
}

uint64_t rng_below(struct rng *rng, uint64_t n)
{
        unsigned __int128 m = (unsigned __int128)rng_u64(rng) * n;

        if ((uint64_t)m < n) {
                uint64_t threshold = -n % n;

                while ((uint64_t)m < threshold)
                        m = (unsigned __int128)rng_u64(rng) * n;
        }
        return (uint64_t)(m >> 64);
}

double rng_unit(struct rng *rng)
{
        return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

double rng_exponential(struct rng *rng, double mean)
{
        return -mean * log1p(-rng_unit(rng));
}

int zipf_init(struct zipf *zipf, size_t n, double alpha)
{
        double sum = 0;

        if (n == 0)
                return -EINVAL;
        zipf->cumulative = malloc(n * sizeof *zipf->cumulative);
        if (!zipf->cumulative)
                return -ENOMEM;
        zipf->n = n;
        for (size_t i = 0; i < n; i++) {
                sum += pow((double)(i + 1), -alpha);
                zipf->cumulative[i] = sum;
        }
        for (size_t i = 0; i < n; i++)
                zipf->cumulative[i] /= sum;
        return 0;
}

void zipf_fini(struct zipf *zipf)
{
        free(zipf->cumulative);
        zipf->cumulative = NULL;
}

size_t zipf_draw(const struct zipf *zipf, struct rng *rng)
{
        double u = rng_unit(rng);
        size_t low = 0, high = zipf->n - 1;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (zipf->cumulative[middle] > u)
                        high = middle;
                else
                        low = middle + 1;
        }
        return low;
}
