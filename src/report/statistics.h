/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics on plain arrays of figures.
 */
#pragma once

#include <stddef.h>

/* Jain's fairness index (R. Jain, D.-M. Chiu, W. Hawe, "A Quantitative Measure of Fairness and
 * Discrimination for Resource Allocation in Shared Computer Systems", DEC-TR-301, 1984):
 * (sum x)^2 / (n sum x^2), 1 when all are equal. 1 if all are 0. */
double jain_index(const double *values, size_t n);
