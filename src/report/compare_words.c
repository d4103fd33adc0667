/* SPDX-License-Identifier: Apache-2.0 */
#include "compare_words.h"

#include "fmt.h"

#include <math.h>

const char *const compare_verdicts[COMPARE_VERDICTS] = {[COMPARE_UNJUDGED] = "?",
        [COMPARE_NO] = "no",
        [COMPARE_MAYBE] = "maybe",
        [COMPARE_YES] = "yes"};

static bool is_share(size_t metric)
{
        return metric == COMPARE_ERRORS || metric == COMPARE_CPU;
}

char *compare_title(char text[static COMPARE_WORDS_SIZE], size_t metric, const char *work_unit)
{
        static const char *const titles[COMPARE_METRICS] = {[COMPARE_AVERAGE] = "average ms",
                [COMPARE_P50] = "p50 ms",
                [COMPARE_P95] = "p95 ms",
                [COMPARE_P99] = "p99 ms",
                [COMPARE_MAX] = "longest ms",
                [COMPARE_ERRORS] = "failed %",
                [COMPARE_CPU] = "CPU %"};

        if (metric == COMPARE_RATE)
                snprintf(text, COMPARE_WORDS_SIZE, "%s/s", *work_unit ? work_unit : "work");
        else
                snprintf(text, COMPARE_WORDS_SIZE, "%s", titles[metric]);
        return text;
}

char *compare_value(char text[static COMPARE_WORDS_SIZE], size_t metric, double value)
{
        double shown = is_share(metric) ? value * 100 : value;
        char number[FMT_SIZE];
        int decimals = 0;

        for (double bound = 99.95; shown > 0 && shown < bound && decimals < 4; bound /= 10)
                decimals++;
        snprintf(text, COMPARE_WORDS_SIZE, "%s",
                isfinite(shown) ? fmt_number(number, shown, decimals) : "-");
        return text;
}

char *compare_change(char text[static COMPARE_WORDS_SIZE], double ratio)
{
        double percent = (ratio - 1) * 100;
        char number[FMT_SIZE];

        if (isinf(percent))
                snprintf(text, COMPARE_WORDS_SIZE, "any");
        else if (isnan(percent))
                snprintf(text, COMPARE_WORDS_SIZE, "-");
        else if (fabs(percent) < 0.05)
                snprintf(text, COMPARE_WORDS_SIZE, "0.0");
        else
                snprintf(text, COMPARE_WORDS_SIZE, "%s%s", percent > 0 ? "+" : "",
                        fmt_number(number, percent, fabs(percent) < 999.95));
        return text;
}

char *compare_low(char text[static COMPARE_WORDS_SIZE], const struct interval *ratio)
{
        bool open = ratio->low <= 0 && ratio->estimate > 0;

        return compare_change(text, open ? INFINITY : ratio->low);
}

const char *compare_perhaps(const struct compare_figure *figure)
{
        return compare_verdict(figure) == COMPARE_MAYBE ? "perhaps " : "";
}

char *compare_finding(char text[static COMPARE_WORDS_SIZE], const struct compare_figure *figure)
{
        const struct interval *ratio = &figure->ratio;
        char change[COMPARE_WORDS_SIZE], low[COMPARE_WORDS_SIZE], high[COMPARE_WORDS_SIZE];

        compare_change(change, ratio->estimate);
        if (ratio->missing) {
                snprintf(text, COMPARE_WORDS_SIZE, "%.20s %% (no interval: %.100s)", change,
                        ratio->missing);
                return text;
        }
        compare_low(low, ratio);
        compare_change(high, ratio->high);
        if (compare_verdict(figure) == COMPARE_NO)
                snprintf(text, COMPARE_WORDS_SIZE,
                        "no difference beyond the noise (%.30s to %.30s %%)", low, high);
        else
                snprintf(text, COMPARE_WORDS_SIZE, "%s%.30s %% (%.30s to %.30s)",
                        compare_perhaps(figure), change, low, high);
        return text;
}

static char *met_by_tiles(
        char text[static COMPARE_WORDS_SIZE], const struct fail_if_judgement *judgement)
{
        snprintf(text, COMPARE_WORDS_SIZE, "%u valid, %u in the baseline",
                judgement->comparison->after->scaling.valid_tiles,
                judgement->comparison->before->scaling.valid_tiles);
        return text;
}

char *compare_met(char text[static COMPARE_WORDS_SIZE], const struct fail_if_judgement *judgement)
{
        const struct fail_if *condition = judgement->condition;
        char value[COMPARE_WORDS_SIZE];

        if (judgement->reason)
                snprintf(text, COMPARE_WORDS_SIZE, "%s", judgement->reason);
        else if (condition->metric == FAIL_IF_TILES)
                met_by_tiles(text, judgement);
        else if (condition->is_change)
                compare_finding(text, judgement->figure);
        else
                snprintf(text, COMPARE_WORDS_SIZE, "%.100s%s",
                        compare_value(value, condition->metric, judgement->figure->after),
                        is_share(condition->metric)         ? " %"
                        : condition->metric == COMPARE_RATE ? "/s"
                                                            : " ms");
        return text;
}
