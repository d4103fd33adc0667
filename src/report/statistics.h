/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statistics on plain arrays of figures. What cannot be told from so few of them is NAN.
 */
#pragma once

#include <stddef.h>

/* NAN: no values. */
double mean_of(const double *values, size_t n);

/* Sample standard deviation (divided by n - 1). NAN: fewer than two values. */
double deviation_of(const double *values, size_t n);

/* The least first. */
void sort_values(double *values, size_t n);

/* Sorts the values. The mean of the middle two if there are an even number; NAN: none. */
double median_of(double *values, size_t n);

struct line {
        double slope, intercept;
        double slope_error; /* standard error of the slope; NAN with two points */
};

/* Least squares, every point with an error of its own in y. Returns 0 or -ENODATA: fewer than two
 * different x. */
int line_fit(struct line *ret, const double *x, const double *y, size_t n);

/* Jain's fairness index (R. Jain, D.-M. Chiu, W. Hawe, "A Quantitative Measure of Fairness and
 * Discrimination for Resource Allocation in Shared Computer Systems", DEC-TR-301, 1984):
 * (sum x)^2 / (n sum x^2), 1 when all are equal. 1 if all are 0. */
double jain_index(const double *values, size_t n);

/* The value that Student's t stays within, up or down, with the given probability: student_t(0.95,
 * 9) is 2.262. The number of degrees of freedom need not be whole. NAN: it is below 1, or the
 * probability is not between 0 and 1. */
double student_t(double probability, double degrees_of_freedom);
