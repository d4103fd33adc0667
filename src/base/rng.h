/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seeded pseudo-random numbers: the same seed and stream give the same requests on every machine.
 *
 * The generator is xoshiro256** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
 * Generators", ACM TOMS 2021), its state filled by splitmix64 as its authors advise.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct rng {
        uint64_t s[4];
};

/* stream keeps generators of one seed apart: one for each worker, user or purpose. */
void rng_init(struct rng *rng, uint64_t seed, uint64_t stream);

uint64_t rng_u64(struct rng *rng);

/* Uniform in [0, n), without bias (Lemire's multiplication method). n must not be 0. */
uint64_t rng_below(struct rng *rng, uint64_t n);

/* Uniform in [0, 1), 53 bits. */
double rng_unit(struct rng *rng);

/* Exponential with the given mean: inter-arrival times of a Poisson process, think times. */
double rng_exponential(struct rng *rng, double mean);

/* One step of splitmix64: a good 64-bit mix of x, also used to derive content from a key. */
uint64_t rng_mix(uint64_t x);

/* Zipf: rank r in [0, n) with probability proportional to 1 / (r+1)^alpha. */
struct zipf {
        size_t n;
        double *cumulative;
};

/* Returns 0, -EINVAL for n == 0, -ENOMEM. */
int zipf_init(struct zipf *zipf, size_t n, double alpha);
void zipf_fini(struct zipf *zipf);
size_t zipf_draw(const struct zipf *zipf, struct rng *rng);
