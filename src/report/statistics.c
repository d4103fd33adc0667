/* SPDX-License-Identifier: Apache-2.0 */
#include "statistics.h"

double jain_index(const double *values, size_t n)
{
        double sum = 0, squares = 0;

        for (size_t i = 0; i < n; i++) {
                sum += values[i];
                squares += values[i] * values[i];
        }
        return squares > 0 ? sum * sum / ((double)n * squares) : 1;
}
