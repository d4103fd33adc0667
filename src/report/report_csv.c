/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row for each guest of each tile in each window: what a spreadsheet makes its own tables from.
 * Quoted as in RFC 4180, units in the header, an empty cell where something is not known.
 */
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* A row, or the header: then cells are named only, and what they would have is not looked at. */
struct row {
        const struct run_file *run;
        const struct run_step *step;
        const struct run_tile *tile;
        const struct run_guest *guest;
        FILE *to;
        bool header;
        bool begun;
};

static void put_text(struct row *row, const char *text)
{
        /* A spreadsheet takes these for the beginning of a formula. */
        const char *apostrophe = text[0] && strchr("=+-@", text[0]) ? "'" : "";

        if (!strpbrk(text, ",\"\n\r")) {
                fprintf(row->to, "%s%s", apostrophe, text);
                return;
        }
        fprintf(row->to, "\"%s", apostrophe);
        for (; *text; text++) {
                if (*text == '"')
                        fputc('"', row->to);
                fputc(*text, row->to);
        }
        fputc('"', row->to);
}

/* Is there a value to be written? */
static bool begin_cell(struct row *row, const char *name)
{
        if (row->begun)
                fputc(',', row->to);
        row->begun = true;
        if (row->header)
                fputs(name, row->to);
        return !row->header;
}

static void text(struct row *row, const char *name, const char *value)
{
        if (begin_cell(row, name) && value)
                put_text(row, value);
}

/* Nine digits: more than is known of anything measured. */
static void number(struct row *row, const char *name, double value)
{
        if (begin_cell(row, name) && isfinite(value))
                fprintf(row->to, "%.9g", value);
}

static void count(struct row *row, const char *name, bool known, uint64_t value)
{
        if (begin_cell(row, name) && known)
                fprintf(row->to, "%" PRIu64, value);
}

static void flag(struct row *row, const char *name, bool value)
{
        if (begin_cell(row, name))
                fputs(value ? "true" : "false", row->to);
}

/* ---- the columns ---- */

static void step_columns(struct row *row)
{
        const struct run_step *step = row->step;

        text(row, "run", row->run->path);
        count(row, "tiles", true, step->tiles);
        count(row, "repeat", true, step->repeat);
        text(row, "started", step->started);
        number(row, "warm-up (s)", step->warmup_s);
        flag(row, "step valid", step->valid);
        flag(row, "cut short", step->interrupted);
        flag(row, "settled", step->settled);
        number(row, "host CPU (%)", step->host_cpu_busy_percent);
}

/* What only the external client has, as the tile's result comes from it. */
static void client_columns(struct row *row)
{
        const struct run_tile *tile = row->tile;
        bool known = row->guest->guest == 0 && !row->guest->problem;

        number(row, "offered (1/s)", known ? tile->offered_per_s : NAN);
        number(row, "achieved (%)", known ? tile->achieved_share * 100 : NAN);
        number(row, "fair share (1 is fair)", known ? tile->fair_share : NAN);
        count(row, "sent late", known, tile->late);
        count(row, "dropped", known, tile->dropped);
}

static void time_columns(struct row *row)
{
        const struct run_quantiles *q = &row->guest->corrected, *raw = &row->guest->raw;

        number(row, "mean (ms)", q->count ? q->mean_ms : NAN);
        number(row, "p50 (ms)", q->count ? q->p50_ms : NAN);
        number(row, "p90 (ms)", q->count ? q->p90_ms : NAN);
        number(row, "p95 (ms)", q->count ? q->p95_ms : NAN);
        number(row, "p99 (ms)", q->count ? q->p99_ms : NAN);
        number(row, "p99.9 (ms)", q->count ? q->p999_ms : NAN);
        number(row, "max (ms)", q->count ? q->max_ms : NAN);
        number(row, "raw mean (ms)", raw->count ? raw->mean_ms : NAN);
        number(row, "raw p99 (ms)", raw->count ? raw->p99_ms : NAN);
}

/* A guest that could not be measured has no figures, rather than zeros. */
static void guest_columns(struct row *row)
{
        const struct run_guest *guest = row->guest;
        bool known = !guest->problem;

        count(row, "guest", true, guest->guest);
        text(row, "name", guest->name);
        text(row, "role", guest->role);
        text(row, "problem", guest->problem);
        number(row, "window (s)", known ? guest->seconds : NAN);
        count(row, "work", known, guest->work);
        text(row, "unit of work", guest->work_unit);
        number(row, "rate (1/s)", known ? guest->rate_per_s : NAN);
        count(row, "errors", known, guest->errors);
        client_columns(row);
        time_columns(row);
        number(row, "CPU (% of one)", guest->cpu_share * 100);
        number(row, "queued (% of time)", guest->queued_share * 100);
        number(row, "memory (MiB)", guest->rss_bytes / 0x1p20);
        number(row, "steal (%)", guest->steal_percent);
}

static void put_row(struct row *row)
{
        row->begun = false;
        step_columns(row);
        count(row, "tile", true, row->tile->tile);
        flag(row, "tile valid", row->tile->valid);
        guest_columns(row);
        fputc('\n', row->to);
}

void report_csv_header(FILE *to)
{
        static const struct run_file run;
        static const struct run_step step;
        static const struct run_tile tile;
        static const struct run_guest guest;
        struct row row = {&run, &step, &tile, &guest, to, .header = true};

        put_row(&row);
}

int report_csv(const struct run_file *run, const struct scaling *scaling, FILE *to, struct why *why)
{
        struct row row = {.run = run, .to = to};

        for (size_t s = 0; s < run->n_steps; s++) {
                row.step = &run->steps[s];
                for (size_t t = 0; t < row.step->n_tile_results; t++) {
                        row.tile = &row.step->tile_results[t];
                        for (size_t g = 0; g < row.tile->n_guests; g++) {
                                row.guest = &row.tile->guests[g];
                                put_row(&row);
                        }
                }
        }
        return 0;
}
