/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu's floating-point operations, in double. Without -ffast-math a compiler keeps their order, and
 * so their dependences; where it may fuse a product with a sum, the tolerance allows for it. Every
 * expected answer here is checked by answers.py, which computes with rational numbers or 60 digits.
 */
#include "operation.h"

#include <errno.h>
#include <math.h>

#define REAL_ADD_STEPS      131072
#define REAL_MULTIPLY_STEPS 131072
#define REAL_DIVIDE_STEPS   32768
#define REAL_STEP           0x1p-20
#define NEWTON_ROOTS        2048
#define NEWTON_ITERATIONS   20
#define SERIES_TERMS        100000
#define MATRIX_SIDE         64
#define TRIGONOMETRY_ANGLES 8192

struct floating_parts {
        double a[MATRIX_SIDE][MATRIX_SIDE], b[MATRIX_SIDE][MATRIX_SIDE],
                c[MATRIX_SIDE][MATRIX_SIDE];
};

int floating_parts_new(struct floating_parts **ret)
{
        struct floating_parts *parts = calloc(1, sizeof *parts);

        if (!parts)
                return -ENOMEM;
        for (size_t i = 0; i < MATRIX_SIDE; i++) {
                for (size_t k = 0; k < MATRIX_SIDE; k++) {
                        parts->a[i][k] = (double)((3 * i + 7 * k) % 101);
                        parts->b[i][k] = (double)((5 * i + 11 * k) % 103);
                }
        }
        *ret = parts;
        return 0;
}

void floating_parts_free(struct floating_parts *parts)
{
        free(parts);
}

/* The sum of k REAL_STEP, k from 0 to REAL_ADD_STEPS - 1: 33 bits at most, so it is exact. */
const struct expected op_real_add_answer = {.real = 8191.9375};

int op_real_add(struct workbench *bench, struct answer *answer)
{
        double sum = opaque_real(0), term = opaque_real(0), step = opaque_real(REAL_STEP);

        for (unsigned i = 0; i < REAL_ADD_STEPS; i++) {
                sum += term;
                term += step;
        }
        answer->real = sum;
        return 0;
}

/* (1 + REAL_STEP) ^ REAL_MULTIPLY_STEPS; each step rounds by 2^-53 at most. */
const struct expected op_real_multiply_answer = {.real = 1.1331483855259603, .tolerance = 2e-11};

int op_real_multiply(struct workbench *bench, struct answer *answer)
{
        double power = opaque_real(1), base = opaque_real(1 + REAL_STEP);

        for (unsigned i = 0; i < REAL_MULTIPLY_STEPS; i++)
                power *= base;
        answer->real = power;
        return 0;
}

/* (1 + REAL_STEP) ^ -REAL_DIVIDE_STEPS; rounding as above. */
const struct expected op_real_divide_answer = {.real = 0.9692332489190356, .tolerance = 5e-12};

int op_real_divide(struct workbench *bench, struct answer *answer)
{
        double power = opaque_real(1), base = opaque_real(1 + REAL_STEP);

        for (unsigned i = 0; i < REAL_DIVIDE_STEPS; i++)
                power /= base;
        answer->real = power;
        return 0;
}

/* The sum of the cube roots of 1 to NEWTON_ROOTS. From x = n, the steps first take a third off each
 * time, then double the digits that are right: for these n, 17 steps get to the last one. Rounding:
 * two units in a root's last place, one in each addition. */
const struct expected op_newton_answer = {.real = 19512.056559989305, .tolerance = 1e-12};

int op_newton(struct workbench *bench, struct answer *answer)
{
        double sum = 0;

        for (unsigned n = 1; n <= NEWTON_ROOTS; n++) {
                double cube = opaque_real(n), x = cube;

                for (unsigned i = 0; i < NEWTON_ITERATIONS; i++)
                        x -= (x - cube / (x * x)) * (1.0 / 3.0);
                sum += x;
        }
        answer->real = sum;
        return 0;
}

/* 1 + 1/2 + ... + 1/SERIES_TERMS. answers.py: by the formula of Euler and Maclaurin. */
const struct expected op_series_answer = {.real = 12.090146129863427, .tolerance = 2e-11};

int op_series(struct workbench *bench, struct answer *answer)
{
        double sum = 0, one = opaque_real(1);

        for (unsigned n = 1; n <= SERIES_TERMS; n++)
                sum += one / n;
        answer->real = sum;
        return 0;
}

/* The sum of c[i][k] (i + 2k + 1) over the product c. All numbers are whole and below 2^53: exact
 * in any order. */
const struct expected op_matrix_answer = {.real = 64047783495.0};

int op_matrix(struct workbench *bench, struct answer *answer)
{
        struct floating_parts *parts = bench->floating;
        double sum = 0;

        opaque_memory(parts);
        for (size_t i = 0; i < MATRIX_SIDE; i++) {
                double *row = parts->c[i];

                for (size_t k = 0; k < MATRIX_SIDE; k++)
                        row[k] = 0;
                for (size_t j = 0; j < MATRIX_SIDE; j++)
                        for (size_t k = 0; k < MATRIX_SIDE; k++)
                                row[k] += parts->a[i][j] * parts->b[j][k];
        }
        opaque_memory(parts);
        for (size_t i = 0; i < MATRIX_SIDE; i++)
                for (size_t k = 0; k < MATRIX_SIDE; k++)
                        sum += parts->c[i][k] * (double)(i + 2 * k + 1);
        answer->real = sum;
        return 0;
}

/* Two identities. sin^2 + cos^2 is 1, TRIGONOMETRY_ANGLES times over. And the sums of sin n and
 * cos n have closed forms (Lagrange): they stay below 2, so rounding is bounded by 2^-52 a term. */
const struct expected op_trigonometry_answer = {
        .integer = TRIGONOMETRY_ANGLES,
        .real = 3.855364326950199,
        .tolerance = 2e-11,
};

int op_trigonometry(struct workbench *bench, struct answer *answer)
{
        double squares = 0, sines = 0, cosines = 0;

        for (unsigned n = 1; n <= TRIGONOMETRY_ANGLES; n++) {
                double angle = opaque_real(n), s = sin(angle), c = cos(angle);

                squares += s * s + c * c;
                sines += s;
                cosines += c;
        }
        answer->integer = (uint64_t)llround(squares);
        answer->real = sines - 3 * cosines;
        return 0;
}
