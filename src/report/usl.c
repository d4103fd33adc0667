/* SPDX-License-Identifier: Apache-2.0 */
#include "usl.h"

#include "macro.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
        LAMBDA,
        SIGMA,
        KAPPA,
        PARAMETERS,
};

struct data {
        const double *n, *x;
        size_t points;
};

/* A set of parameters, and how far the data are off. */
struct fit {
        double p[PARAMETERS];
        double squares;
};

/* X(n) for lambda = 1. */
static double shape(double sigma, double kappa, double n)
{
        return n / (1 + sigma * (n - 1) + kappa * n * (n - 1));
}

static double squares_of(const struct data *data, const double p[PARAMETERS])
{
        double squares = 0;

        for (size_t i = 0; i < data->points; i++) {
                double off = p[LAMBDA] * shape(p[SIGMA], p[KAPPA], data->n[i]) - data->x[i];

                squares += off * off;
        }
        return squares;
}

/* X is linear in lambda: for given sigma and kappa the best one is known. */
static struct fit with_best_lambda(const struct data *data, double sigma, double kappa)
{
        struct fit fit = {.p = {0, sigma, kappa}};
        double products = 0, squares = 0;

        for (size_t i = 0; i < data->points; i++) {
                double s = shape(sigma, kappa, data->n[i]);

                products += s * data->x[i];
                squares += s * s;
        }
        fit.p[LAMBDA] = products / squares;
        fit.squares = squares_of(data, fit.p);
        return fit;
}

/* Where to begin: the best point of a coarse grid over what either parameter can be. */
static struct fit best_of_grid(const struct data *data, bool has_sigma, bool has_kappa)
{
        struct fit best = with_best_lambda(data, 0, 0);

        for (int i = 0; i <= (has_sigma ? 24 : 0); i++)
                for (int j = 0; j <= (has_kappa ? 40 : 0); j++) {
                        double sigma = i > 0 ? pow(10, (i - 20) / 4.0) : 0;
                        double kappa = j > 0 ? pow(10, (j - 36) / 4.0) : 0;
                        struct fit fit = with_best_lambda(data, sigma, kappa);

                        if (fit.squares < best.squares)
                                best = fit;
                }
        return best;
}

/* ---- from there to the minimum ---- */

/* Normal equations at p: half the gradient of the squares, and about half its second derivatives.
 */
static void normal_equations(const struct data *data, const double p[PARAMETERS],
        double gradient[PARAMETERS], double matrix[PARAMETERS][PARAMETERS])
{
        memset(gradient, 0, sizeof(double[PARAMETERS]));
        memset(matrix, 0, sizeof(double[PARAMETERS][PARAMETERS]));
        for (size_t i = 0; i < data->points; i++) {
                double n = data->n[i], s = shape(p[SIGMA], p[KAPPA], n);
                double slope = -p[LAMBDA] * s * s / n * (n - 1);
                double by[PARAMETERS] = {s, slope, slope * n};
                double off = p[LAMBDA] * s - data->x[i];

                for (int j = 0; j < PARAMETERS; j++) {
                        gradient[j] += by[j] * off;
                        for (int k = 0; k < PARAMETERS; k++)
                                matrix[j][k] += by[j] * by[k];
                }
        }
}

/* Solves matrix * step = -gradient by elimination, the matrix being positive definite and scaled to
 * a diagonal near 1. False: it is not, by rounding. */
static bool solve(
        double matrix[PARAMETERS][PARAMETERS], const double *gradient, double step[PARAMETERS])
{
        for (int i = 0; i < PARAMETERS; i++)
                step[i] = -gradient[i];
        for (int i = 0; i < PARAMETERS; i++) {
                if (!(matrix[i][i] > DBL_EPSILON))
                        return false;
                for (int j = i + 1; j < PARAMETERS; j++) {
                        double factor = matrix[j][i] / matrix[i][i];

                        for (int k = i; k < PARAMETERS; k++)
                                matrix[j][k] -= factor * matrix[i][k];
                        step[j] -= factor * step[i];
                }
        }
        for (int i = PARAMETERS - 1; i >= 0; i--) {
                for (int k = i + 1; k < PARAMETERS; k++)
                        step[i] -= matrix[i][k] * step[k];
                step[i] /= matrix[i][i];
        }
        return true;
}

/* One damped step from `at`, of those that vary. False: it cannot be worked out. */
static bool try_step(const struct data *data, const struct fit *at, const bool varies[PARAMETERS],
        double damping, struct fit *ret)
{
        double gradient[PARAMETERS], matrix[PARAMETERS][PARAMETERS], scale[PARAMETERS],
                step[PARAMETERS];

        normal_equations(data, at->p, gradient, matrix);
        for (int i = 0; i < PARAMETERS; i++) {
                /* At its bound, and better off beyond it. */
                bool held = !varies[i] || (i != LAMBDA && at->p[i] <= 0 && gradient[i] >= 0);

                scale[i] = held || !(matrix[i][i] > 0) ? 0 : 1 / sqrt(matrix[i][i]);
        }
        for (int i = 0; i < PARAMETERS; i++) {
                gradient[i] *= scale[i];
                for (int k = 0; k < PARAMETERS; k++)
                        matrix[i][k] *= scale[i] * scale[k];
                matrix[i][i] = 1 + damping;
        }
        if (!solve(matrix, gradient, step))
                return false;
        *ret = *at;
        for (int i = 0; i < PARAMETERS; i++)
                ret->p[i] = MAX(at->p[i] + step[i] * scale[i], 0);
        ret->squares = squares_of(data, ret->p);
        return true;
}

static bool same(const struct fit *a, const struct fit *b)
{
        for (int i = 0; i < PARAMETERS; i++)
                if (fabs(a->p[i] - b->p[i]) > 1e-13 * fabs(a->p[i]))
                        return false;
        return true;
}

/* Levenberg and Marquardt's way, kept within the bounds by cutting steps off. It never gets worse,
 * so whatever it ends by, *fit is at least as good as before. */
static void refine(const struct data *data, struct fit *fit, const bool varies[PARAMETERS])
{
        double damping = 1e-3;

        for (int i = 0; i < 1000 && damping < 1e12; i++) {
                struct fit next;

                if (try_step(data, fit, varies, damping, &next) && next.squares <= fit->squares) {
                        bool done = same(fit, &next);

                        *fit = next;
                        if (done)
                                break;
                        damping = MAX(damping / 8, 1e-15);
                } else {
                        damping *= 4;
                }
        }
}

/* The simplest curve that is as good as any: a parameter that only rounding keeps from 0 would put
 * the peak somewhere by chance. */
static struct fit best_fit(const struct data *data)
{
        static const bool sets[][PARAMETERS] = {
                {true, false, false}, {true, true, false}, {true, false, true}, {true, true, true}};
        struct fit fits[ARRAY_SIZE(sets)];
        double least = INFINITY, all = 0;
        size_t i;

        for (i = 0; i < data->points; i++)
                all += data->x[i] * data->x[i];
        for (i = 0; i < ARRAY_SIZE(sets); i++) {
                fits[i] = best_of_grid(data, sets[i][SIGMA], sets[i][KAPPA]);
                refine(data, &fits[i], sets[i]);
                least = MIN(least, fits[i].squares);
        }
        for (i = 0; fits[i].squares > least + 1e-14 * all; i++)
                ;
        return fits[i];
}

/* ---- what it says ---- */

static bool is_before(const struct data *data, size_t point)
{
        for (size_t i = 0; i < point; i++)
                if (data->n[i] == data->n[point])
                        return true;
        return false;
}

static double r_squared(const struct data *data, double squares)
{
        double mean = 0, total = 0;
        bool differ = false;

        for (size_t i = 0; i < data->points; i++)
                mean += data->x[i] / (double)data->points;
        for (size_t i = 0; i < data->points; i++) {
                total += (data->x[i] - mean) * (data->x[i] - mean);
                differ = differ || data->x[i] != data->x[0];
        }
        return differ && total > 0 ? 1 - squares / total : NAN;
}

/* X rises as long as kappa n^2 < 1 - sigma. */
static void find_peak(struct usl *usl)
{
        usl->peak_n = usl->peak_x = NAN;
        if (usl->kappa > 0 || usl->sigma > 1) {
                usl->peak_n = usl->sigma < 1 ? MAX(sqrt((1 - usl->sigma) / usl->kappa), 1) : 1;
                usl->peak_x = usl_at(usl, usl->peak_n);
        } else if (usl->sigma > 0) {
                usl->bounded = true;
                usl->peak_x = usl->lambda / usl->sigma;
        }
}

double usl_at(const struct usl *usl, double n)
{
        return usl->lambda * shape(usl->sigma, usl->kappa, n);
}

int usl_fit(struct usl *ret, const double *n, const double *x, size_t points)
{
        struct data data = {.n = n, .points = points};
        _cleanup_free_ double *scaled = calloc(points + 1, sizeof *scaled);
        double largest_x = 0, largest_n = 0;
        size_t distinct = 0;
        struct fit fit;

        if (!scaled)
                return -ENOMEM;
        for (size_t i = 0; i < points; i++) {
                if (!isfinite(n[i]) || !isfinite(x[i]) || n[i] < 1 || x[i] < 0)
                        return -EINVAL;
                largest_x = MAX(largest_x, x[i]);
                largest_n = MAX(largest_n, n[i]);
                distinct += !is_before(&data, i);
        }
        if (distinct < 3 || !(largest_x > 0))
                return -ENODATA;
        for (size_t i = 0; i < points; i++)
                scaled[i] = x[i] / largest_x;
        data.x = scaled;
        fit = best_fit(&data);
        *ret = (struct usl){
                .lambda = fit.p[LAMBDA] * largest_x,
                .sigma = fit.p[SIGMA],
                .kappa = fit.p[KAPPA],
                .r_squared = r_squared(&data, fit.squares),
                .n_distinct = distinct,
                .largest_n = largest_n,
        };
        find_peak(ret);
        return 0;
}
