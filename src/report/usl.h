/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Universal Scalability Law (N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007,
 * chapters 4 to 6), in its form with three parameters:
 *
 *         X(n) = lambda n / (1 + sigma (n - 1) + kappa n (n - 1))
 *
 * lambda is the throughput of one, sigma the part that waits its turn (contention), kappa what it
 * costs to keep each in step with every other (coherency), which makes throughput fall in the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct usl {
        double lambda, sigma, kappa; /* sigma and kappa are 0 or more */
        double peak_n;               /* n >= 1 with the largest X(n); NAN: it never falls */
        double peak_x;               /* X there; without a peak the bound that X comes near: */
        bool bounded;                /* lambda / sigma; when not even that, peak_x is NAN */
        double r_squared;            /* NAN: all x are the same */
        size_t n_distinct;           /* different n in the fit; a curve may well meet three */
        double largest_n;            /* in the fit: what lies beyond is worked out, not seen */
};

/* Least squares of X (not of its inverse), all points alike; several may have the same n. Where a
 * parameter makes no difference it is 0. Returns 0, -ENODATA (fewer than three different n, or all
 * x are 0), -EINVAL (an n below 1, an x below 0, or one that is not finite) or -ENOMEM. */
int usl_fit(struct usl *ret, const double *n, const double *x, size_t points);

double usl_at(const struct usl *usl, double n);
