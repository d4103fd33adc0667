/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A comparison in one sentence.
 */
#include "compare_outline.h"
#include "compare_words.h"

#include <errno.h>
#include <math.h>

/* The most tiles that the baseline carried and both have measured; else the fewest. */
static const struct compare_row *headline(const struct comparison *c)
{
        const struct compare_row *row = c->n_rows ? &c->rows[0] : NULL;

        for (size_t i = 0; i < c->n_rows; i++)
                if (c->rows[i].before->valid)
                        row = &c->rows[i];
        return row;
}

static void put_valid_tiles(FILE *to, const struct comparison *c)
{
        unsigned before = c->before->scaling.valid_tiles, after = c->after->scaling.valid_tiles;

        fprintf(to, "%u tile%s valid", after, after == 1 ? "" : "s");
        if (before == after)
                fputs(" as in the baseline", to);
        else
                fprintf(to, ", %u in the baseline", before);
}

static const char *validity(const struct compare_row *row)
{
        if (row->before->valid && row->after->valid)
                return "";
        if (row->before->valid)
                return ", no longer valid,";
        return row->after->valid ? ", not valid in the baseline," : ", valid in neither,";
}

static void put_row(FILE *to, const struct compare_row *row)
{
        static const struct {
                size_t name, metric;
                const char *text;
        } figures[] = {{COMPARE_TOTAL, COMPARE_RATE, "throughput"},
                {COMPARE_WEB1, COMPARE_AVERAGE, "average response"},
                {COMPARE_WEB1, COMPARE_P99, "p99"}};
        char text[COMPARE_WORDS_SIZE];

        fprintf(to, "; with %u tile%s%s", row->tiles, row->tiles == 1 ? "" : "s", validity(row));
        for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
                fprintf(to, "%s %s %s", i ? "," : "", figures[i].text,
                        compare_finding(text, &row->figures[figures[i].name][figures[i].metric]));
}

/* Guests that are not seen from outside, as far as their work stands out. */
static void put_roles(FILE *to, const struct compare_row *row)
{
        char text[COMPARE_WORDS_SIZE];
        const char *before = "; work of";

        for (size_t name = 0; name <= RUN_MAX_GUEST; name++) {
                const struct compare_figure *rate = &row->figures[name][COMPARE_RATE];

                if (!compare_is_shown(name, COMPARE_RATE) || compare_verdict(rate) < COMPARE_MAYBE)
                        continue;
                fprintf(to, "%s %s %s%s %%", before, compare_names[name], compare_perhaps(rate),
                        compare_change(text, rate->ratio.estimate));
                before = ",";
        }
}

char *compare_answer(const struct comparison *comparison)
{
        const struct compare_row *row = headline(comparison);
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        bool failed;

        if (!to)
                return NULL;
        if (differences_count(&comparison->differences, DIFFERENCE_WORKLOAD))
                fputs("NOT the same workload; ", to);
        put_valid_tiles(to, comparison);
        if (row) {
                put_row(to, row);
                put_roles(to, row);
        }
        failed = ferror(to);
        if (fclose(to) == 0 && !failed)
                return text;
        free(text);
        return NULL;
}
