/* SPDX-License-Identifier: Apache-2.0 */
#include "sweep.h"

#include "macro.h"

#include <assert.h>
#include <math.h>

/* Standard errors that tell two figures apart. */
#define SURELY 2.0

void sweep_init(struct sweep *sweep, const struct sweep_config *config)
{
        assert(config->first >= 1 && config->first <= config->last);
        assert(config->last <= SWEEP_MAX_TILES && config->step >= 1 && config->repeat >= 1);
        *sweep = (struct sweep){.config = *config};
}

void sweep_add(struct sweep *sweep, unsigned tiles, const struct sweep_window *window)
{
        struct sweep_step *step = &sweep->steps[tiles];

        assert(tiles >= 1 && tiles <= SWEEP_MAX_TILES);
        if (step->windows == 0)
                sweep->order[sweep->n_order++] = tiles;
        step->windows++;
        step->valid += window->valid;
        step->broken |= window->broken;
        step->rates += window->rate;
        step->rate_squares += window->rate * window->rate;
        step->requests += window->requests;
}

bool sweep_step_valid(const struct sweep_step *step)
{
        return !step->broken && step->valid * 2 > step->windows;
}

unsigned sweep_valid_tiles(const struct sweep *sweep)
{
        unsigned valid = 0;

        for (unsigned n = 1; n <= SWEEP_MAX_TILES; n++) {
                if (sweep->steps[n].windows == 0)
                        continue;
                if (!sweep_step_valid(&sweep->steps[n]))
                        break;
                valid = n;
        }
        return valid;
}

double sweep_rate(const struct sweep_step *step, double *ret_error)
{
        double n = step->windows, mean = n > 0 ? step->rates / n : 0, scatter = 0, count = 0;

        if (n > 1)
                scatter = fmax(0, step->rate_squares - n * mean * mean) / (n - 1) / n;
        if (step->requests > 0)
                count = mean * mean / (double)step->requests;
        *ret_error = sqrt(fmax(scatter, count));
        return mean;
}

double sweep_gain(const struct sweep *sweep, unsigned from, unsigned to, double *ret_error)
{
        unsigned first = sweep->config.first;
        double first_error, from_error, to_error;
        double one = sweep_rate(&sweep->steps[first], &first_error) / first;
        double added = -sweep_rate(&sweep->steps[from], &from_error);
        double tiles = (double)to - (double)from;

        added += sweep_rate(&sweep->steps[to], &to_error);
        *ret_error = NAN;
        if (!(one > 0))
                return NAN;
        *ret_error = hypot(from_error, to_error) / tiles / one;
        return added / tiles / one;
}

static bool falls_short(const struct sweep *sweep, unsigned from, unsigned to)
{
        double error, gain = sweep_gain(sweep, from, to, &error);

        return gain < sweep->config.min_gain && gain + SURELY * error < 1;
}

/* ---- one after the other ---- */

static enum sweep_end linear_end(const struct sweep *sweep, unsigned *ret_tiles)
{
        const unsigned *last = &sweep->order[sweep->n_order - 1];

        *ret_tiles = *last;
        if (sweep->config.stop_at_invalid && !sweep_step_valid(&sweep->steps[*last]))
                return SWEEP_INVALID;
        if (*last == sweep->config.last)
                return SWEEP_LAST_STEP;
        if (sweep->n_order > 2 && falls_short(sweep, last[-2], last[-1]) &&
                falls_short(sweep, last[-2], *last))
                return SWEEP_NO_GAIN;
        return SWEEP_GOES_ON;
}

/* ---- search ---- */

struct bounds {
        unsigned carried; /* the largest that is; 0: none */
        unsigned over;    /* the smallest that is not; 0: none */
};

static struct bounds search_bounds(const struct sweep *sweep)
{
        struct bounds b = {0};

        for (unsigned i = 0; i < sweep->n_order; i++) {
                unsigned n = sweep->order[i];

                if (sweep_step_valid(&sweep->steps[n]) &&
                        (b.carried == 0 || !falls_short(sweep, b.carried, n)))
                        b.carried = n;
                else
                        b.over = n;
        }
        return b;
}

static enum sweep_end search_end(const struct sweep *sweep, unsigned *ret_tiles)
{
        struct bounds b = search_bounds(sweep);

        *ret_tiles = b.over ? b.over : b.carried;
        if (b.carried == 0)
                return SWEEP_INVALID;
        if (b.carried == sweep->config.last)
                return SWEEP_LAST_STEP;
        return b.over && b.over - b.carried <= sweep->config.step ? SWEEP_FOUND : SWEEP_GOES_ON;
}

static unsigned search_next(const struct sweep *sweep)
{
        struct bounds b = search_bounds(sweep);

        return b.over ? b.carried + (b.over - b.carried) / 2
                      : MIN(b.carried * 2, sweep->config.last);
}

/* ---- both ---- */

enum sweep_end sweep_ended(const struct sweep *sweep, unsigned *ret_tiles)
{
        enum sweep_end end;
        unsigned tiles;

        if (sweep->n_order == 0 ||
                sweep->steps[sweep->order[sweep->n_order - 1]].windows < sweep->config.repeat)
                return SWEEP_GOES_ON;
        end = sweep->config.search ? search_end(sweep, &tiles) : linear_end(sweep, &tiles);
        if (end != SWEEP_GOES_ON)
                *ret_tiles = tiles;
        return end;
}

bool sweep_next(const struct sweep *sweep, unsigned *ret_tiles, unsigned *ret_repeat)
{
        const struct sweep_config *c = &sweep->config;
        unsigned decided, now = sweep->n_order ? sweep->order[sweep->n_order - 1] : 0;

        if (sweep_ended(sweep, &decided) != SWEEP_GOES_ON)
                return false;
        if (now == 0)
                now = c->first;
        else if (sweep->steps[now].windows >= c->repeat)
                now = c->search ? search_next(sweep) : MIN(now + c->step, c->last);
        *ret_tiles = now;
        *ret_repeat = sweep->steps[now].windows + 1;
        return true;
}
