/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer in one sentence, and what is noisy in a few words.
 */
#include "fmt.h"
#include "macro.h"
#include "scaling.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Two digits at least, as it is meant to be said aloud. */
static char *figure(char text[static FMT_SIZE], double value)
{
        int decimals = 0;

        for (double bound = 9.95; value < bound && decimals < 6; bound /= 10)
                decimals++;
        return fmt_number(text, value, value > 0 ? decimals : 0);
}

/* ---- noise ---- */

static double rate_of(const struct run_step *step)
{
        return step->rate_per_s;
}

static double mean_ms_of(const struct run_step *step)
{
        return step->response.mean_ms;
}

/* Adds what it is and how noisy, and, of several windows, the least and the most. */
static void add_noise(char text[static SCALING_NOISE_SIZE], const struct scaling_row *row,
        const struct interval *interval, double (*of)(const struct run_step *), const char *what,
        const char *unit)
{
        size_t n = strlen(text);
        double low = INFINITY, high = 0;
        char percent[FMT_SIZE], from[FMT_SIZE], to[FMT_SIZE];

        n += (size_t)snprintf(text + n, SCALING_NOISE_SIZE - n, "%s%s wavers by %s %%",
                n ? ", " : "", what, figure(percent, interval_noise(interval) * 100));
        for (size_t i = 0; i < row->n_steps; i++) {
                low = MIN(low, of(row->steps[i]));
                high = MAX(high, of(row->steps[i]));
        }
        if (row->n_steps > 1 && n < SCALING_NOISE_SIZE)
                snprintf(text + n, SCALING_NOISE_SIZE - n, " (%s to %s %s in %zu windows)",
                        figure(from, low), figure(to, high), unit, row->n_steps);
}

char *scaling_noise(const struct scaling_row *row, char text[static SCALING_NOISE_SIZE])
{
        text[0] = '\0';
        if (row->noisy_rate)
                add_noise(text, row, &row->rate_per_s, rate_of, "throughput", "requests/s");
        if (row->noisy_response)
                add_noise(text, row, &row->mean_ms, mean_ms_of, "average response", "ms");
        return text;
}

/* ---- the answer ---- */

static void put_tiles(FILE *to, const struct run_file *run, const struct scaling *scaling)
{
        const struct scaling_row *row = scaling->headline;

        fprintf(to, "%u tile%s (%u guest%s) ", row->tiles, row->tiles == 1 ? "" : "s", row->guests,
                row->guests == 1 ? "" : "s");
        if (row->cut_short)
                fputs("cut short", to);
        else
                fputs(row->valid ? "valid" : "NOT valid", to);
        if (row->valid_steps > 0 && row->valid_steps < row->n_steps)
                fprintf(to, " in %zu of %zu windows",
                        row->valid ? row->valid_steps : row->n_steps - row->valid_steps,
                        row->n_steps);
        if (row->valid && !run->complete)
                fputs(" so far", to);
}

/* In one unit, which the first of the three names. */
static void put_response(FILE *to, const struct run_quantiles *q)
{
        char mean[FMT_SIZE], p95[FMT_SIZE], p99[FMT_SIZE];
        double unit = q->mean_ms < 999.5 ? 1 : 1000;

        if (q->count == 0) {
                fputs("; no response times", to);
                return;
        }
        fprintf(to, "; average response %s %s", figure(mean, q->mean_ms / unit),
                unit > 1 ? "s" : "ms");
        if (isfinite(q->p95_ms) && isfinite(q->p99_ms))
                fprintf(to, " (p95 %s, p99 %s)", figure(p95, q->p95_ms / unit),
                        figure(p99, q->p99_ms / unit));
}

/* NULL: all are valid. */
static const struct run_tile *bad_tile(const struct scaling_row *row, bool broken)
{
        for (size_t i = 0; i < row->n_steps; i++)
                for (size_t j = 0; j < row->steps[i]->n_tile_results; j++) {
                        const struct run_tile *tile = &row->steps[i]->tile_results[j];

                        if (tile->n_reasons && row->steps[i]->broken == broken)
                                return tile;
                }
        return NULL;
}

/* Why the first tile that is not valid is not, and rather one of a broken window: even if all
 * others were valid, that one counts. */
static void put_reason(FILE *to, const struct scaling_row *row)
{
        const struct run_tile *tile = bad_tile(row, true);

        if (!tile)
                tile = bad_tile(row, false);
        if (tile)
                fprintf(to, "; tile %u: %s", tile->tile, tile->reasons[0]);
}

/* Where no resource was at its limit, it is for such a reason that the run has ended. */
static bool ended_by_reason(const struct run_file *run)
{
        return run->complete && run->ended_by && run->ended_resource[0] == '\0' &&
               strcmp(run->ended_kind, "invalid") == 0;
}

/* What one has to know before one believes the figures. */
static void put_doubts(FILE *to, const struct scaling_row *row)
{
        char noise[SCALING_NOISE_SIZE];
        const char *unsettled = NULL;

        if (row->noisy)
                fprintf(to, "; NOISY: %s", scaling_noise(row, noise));
        if (row->settled)
                return;
        for (size_t i = 0; i < row->n_steps && !unsettled; i++)
                unsettled = row->steps[i]->unsettled;
        fprintf(to, "; NOT settled%s%s", unsettled ? ": " : "", unsettled ? unsettled : "");
}

static void put_end(FILE *to, const struct run_file *run)
{
        static const struct {
                const char *kind, *text;
        } ends[] = {
                {"last step", "the last step that was asked for"},
                {"invalid", "a step that was not valid"},
                {"no gain", "steps that added too little"},
                {"search", "a search for the largest number"},
        };
        const char *end = run->ended_by;

        if (!run->complete) {
                fprintf(to, "; INCOMPLETE: %s",
                        run->incomplete_reason ? run->incomplete_reason : "no reason is given");
                return;
        }
        for (size_t i = 0; i < ARRAY_SIZE(ends) && !end; i++)
                if (strcmp(run->ended_kind, ends[i].kind) == 0)
                        end = ends[i].text;
        if (end)
                fprintf(to, "; ended by: %s", end);
}

static void put_answer(FILE *to, const struct run_file *run, const struct scaling *scaling)
{
        const struct scaling_row *row = scaling->headline;
        char rate[FMT_SIZE];

        if (!row) {
                fputs("nothing was measured", to);
                put_end(to, run);
                return;
        }
        put_tiles(to, run, scaling);
        fprintf(to, "; %s requests/s",
                fmt_number(rate, row->rate_per_s.estimate, row->rate_per_s.estimate < 100 ? 1 : 0));
        put_response(to, &row->response);
        if (row->tiles > 1)
                fprintf(to, "; fairness %.3f", row->jain);
        /* The first is as linear as itself. */
        if (row->valid && row != scaling->base && scaling->linear_to)
                fprintf(to, "; linear to %u", scaling->linear_to);
        if (!row->valid && !row->cut_short && !ended_by_reason(run))
                put_reason(to, row);
        put_doubts(to, row);
        if (!run->complete || scaling->n_rows > 1 || !row->valid)
                put_end(to, run);
}

char *scaling_answer(const struct run_file *run, const struct scaling *scaling)
{
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        bool failed;

        if (!to)
                return NULL;
        put_answer(to, run, scaling);
        failed = ferror(to);
        if (fclose(to) == 0 && !failed)
                return text;
        free(text);
        return NULL;
}
