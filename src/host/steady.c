/* SPDX-License-Identifier: Apache-2.0 */
#include "steady.h"

#include "macro.h"
#include "statistics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* How sure it must be that a slope is none by chance. */
#define LEVEL 0.99

static struct steady_series *series_of(struct steady *steady, const char *what)
{
        for (size_t i = 0; i < steady->n_series; i++)
                if (strcmp(steady->series[i].what, what) == 0)
                        return &steady->series[i];
        assert(steady->n_series < STEADY_MAX_SERIES);
        assert(strlen(what) < sizeof steady->series[0].what);
        strcpy(steady->series[steady->n_series].what, what);
        return &steady->series[steady->n_series++];
}

void steady_add(struct steady *steady, const char *what, double t_s, double value)
{
        struct steady_series *s = series_of(steady, what);

        s->readings[s->n++ % STEADY_READINGS] = (struct steady_reading){t_s, value};
}

/* Those of the window, in order. Returns how many. */
static size_t take_window(const struct steady_series *s, double from_s,
        double t_s[static STEADY_READINGS], double values[static STEADY_READINGS])
{
        size_t first = s->n > STEADY_READINGS ? s->n - STEADY_READINGS : 0, n = 0;

        for (size_t i = first; i < s->n; i++) {
                const struct steady_reading *r = &s->readings[i % STEADY_READINGS];

                if (r->t_s <= from_s)
                        continue;
                t_s[n] = r->t_s;
                values[n++] = r->value;
        }
        return n;
}

/* Change over the window as a share of the mean; 0 when it may be chance. */
static double change(const double *t_s, const double *values, size_t n, double window_s)
{
        double mean = mean_of(values, n);
        struct line line;

        if (!(mean > 0) || line_fit(&line, t_s, values, n) < 0)
                return 0;
        if (fabs(line.slope) <= student_t(LEVEL, (double)n - 2) * line.slope_error)
                return 0;
        return line.slope * window_s / mean;
}

enum steady_answer steady_check(const struct steady *steady, double now_s, double window_s,
        double bound, struct steady_change *ret)
{
        enum steady_answer answer = STEADY_TOO_EARLY;
        double worst = bound;

        *ret = (struct steady_change){0};
        for (size_t i = 0; i < steady->n_series; i++) {
                const struct steady_series *s = &steady->series[i];
                double t_s[STEADY_READINGS], values[STEADY_READINGS], its;
                size_t n = take_window(s, now_s - window_s, t_s, values);

                if (n < STEADY_MIN_READINGS)
                        continue;
                answer = answer == STEADY_TOO_EARLY ? STEADY_SETTLED : answer;
                its = change(t_s, values, n, window_s);
                if (fabs(its) <= worst)
                        continue;
                worst = fabs(its);
                answer = STEADY_CHANGING;
                *ret = (struct steady_change){s->what, its * 100};
        }
        return answer;
}
