/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tileload compare`: what one run has and another has not.
 */
#include "command.h"
#include "comparable.h"
#include "compare_outline.h"
#include "compare_words.h"
#include "option.h"
#include "report.h"
#include "run_role.h"

#include <errno.h>

enum compare_format {
        FORMAT_TEXT,
        FORMAT_JSON,
        FORMAT_MARKDOWN,
};

static const char *const format_names[] = {
        [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_MARKDOWN] = "markdown", NULL};

struct compare_options {
        char *conditions;
        bool allow_different;
        unsigned format;
        char *output;
};

#define COMPARE(member) offsetof(struct compare_options, member)

static const struct option own_options[] = {
        {"fail-if", OPTION_LIST, COMPARE(conditions), NULL, "CONDITION",
                "exit with 3 when it is met, as in 'web1.p99 > +10%'; any number of times"},
        {"allow-different", OPTION_BOOL, COMPARE(allow_different), "no", NULL,
                "compare runs that did not do the same work, too"},
        {"format", OPTION_CHOICE, COMPARE(format), "text", NULL, "how it is written", format_names},
        {"output", OPTION_STRING, COMPARE(output), NULL, "FILE",
                "where to, if not to standard output"},
};

static void fill_set(struct option_set *set, struct compare_options *options)
{
        *set = (struct option_set){"Compare", own_options, ARRAY_SIZE(own_options), options};
}

/* All that is compared. */
struct compare {
        const struct compare_options *options;
        struct fail_if_list conditions;
        struct compared_run *runs; /* the first is the baseline */
        size_t n_runs;
        struct comparison *comparisons; /* one less */
        size_t n_comparisons;
        struct fail_if_judgements judgements;
};

static void compare_fini(struct compare *compare)
{
        fail_if_judgements_free(&compare->judgements);
        for (size_t i = 0; i < compare->n_comparisons; i++)
                comparison_free(&compare->comparisons[i]);
        free(compare->comparisons);
        for (size_t i = 0; i < compare->n_runs; i++)
                compared_run_free(&compare->runs[i]);
        free(compare->runs);
        fail_if_free(&compare->conditions);
}

/* ---- comparing ---- */

static int read_runs(struct compare *compare, const char **paths, size_t n, struct why *why)
{
        compare->runs = calloc(n, sizeof *compare->runs);
        compare->comparisons = calloc(n, sizeof *compare->comparisons);
        if (!compare->runs || !compare->comparisons)
                return why_errno(why, -ENOMEM, "compare", NULL);
        for (; compare->n_runs < n; compare->n_runs++) {
                int r = compared_run_read(
                        &compare->runs[compare->n_runs], paths[compare->n_runs], why);

                if (r < 0)
                        return r;
        }
        return 0;
}

/* Can they be compared, and is there anything to compare? */
static int check(const struct compare *compare, const struct comparison *c, struct why *why)
{
        const char *path = c->after->run.path;
        char line[360];

        if (!compare->options->allow_different &&
                differences_count(&c->differences, DIFFERENCE_WORKLOAD))
                return why_set(why, -EINVAL, "compare", path,
                        "did not do the same work as the baseline: %s "
                        "(--allow-different compares them all the same)",
                        comparable_line(&c->differences, line, sizeof line));
        if (c->n_rows == 0)
                return why_set(why, -ENODATA, "compare", path,
                        "there is no number of tiles that both it and the baseline have measured");
        return 0;
}

static int make_comparisons(struct compare *compare, struct why *why)
{
        for (size_t i = 1; i < compare->n_runs; i++) {
                struct comparison *c = &compare->comparisons[compare->n_comparisons];
                int r = compare_make(c, &compare->runs[0], &compare->runs[i]);

                if (r < 0)
                        return why_errno(why, r, "compare", compare->runs[i].run.path);
                compare->n_comparisons++;
                r = check(compare, c, why);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* ---- telling ---- */

static int write_as(
        enum compare_format format, const struct compare_report *report, FILE *to, struct why *why)
{
        switch (format) {
        case FORMAT_TEXT:
                return compare_text(report, to, why);
        case FORMAT_JSON:
                return compare_json(report, to, why);
        case FORMAT_MARKDOWN:
                return compare_markdown(report, to, why);
        }
        return why_set(why, -EINVAL, "compare", NULL, "no such format");
}

/* Now, as the exit status may be one that says all has been told. */
static int print(const struct report *made, struct why *why)
{
        if (fwrite(made->text, 1, made->size, stdout) == made->size && fflush(stdout) == 0)
                return 0;
        return why_errno(why, -errno, "standard output", NULL);
}

static int tell(const struct compare *compare, struct why *why)
{
        const struct compare_report report = {.comparisons = compare->comparisons,
                .n = compare->n_comparisons,
                .judgements = &compare->judgements};
        struct report made = {0};
        FILE *to = open_memstream(&made.text, &made.size);
        int r;

        if (!to)
                return why_errno(why, -errno, "compare", NULL);
        r = write_as(compare->options->format, &report, to, why);
        if (fclose(to) != 0 && r == 0)
                r = why_errno(why, -ENOMEM, "compare", NULL);
        if (r == 0 && compare->options->output)
                r = report_save(&made, compare->options->output, why);
        else if (r == 0)
                r = print(&made, why);
        report_fini(&made);
        return r;
}

/* ---- the exit status ---- */

/* In one line: the first judgement with that outcome, and how many more there are. */
static void complain(const struct compare *compare, enum fail_if_outcome outcome, struct why *why)
{
        const struct fail_if_judgements *all = &compare->judgements;
        size_t others = fail_if_count(all, outcome) - 1;
        const struct fail_if_judgement *j = all->items;
        char found[COMPARE_WORDS_SIZE], tiles[32] = "", more[48] = "";

        while (j->outcome != outcome)
                j++;
        if (j->tiles)
                snprintf(
                        tiles, sizeof tiles, " with %u tile%s", j->tiles, j->tiles == 1 ? "" : "s");
        if (others)
                snprintf(more, sizeof more, "; %zu more", others);
        why_set(why, -EINVAL, "--fail-if", j->condition->text, "%s%s: %s (%.160s)%s",
                outcome == FAIL_IF_MET ? "is met" : "cannot be judged", tiles,
                compare_met(found, j), j->comparison->after->run.path, more);
}

static int status_of(const struct compare *compare, struct why *why)
{
        if (fail_if_count(&compare->judgements, FAIL_IF_MET)) {
                complain(compare, FAIL_IF_MET, why);
                return EXIT_FOUND;
        }
        if (fail_if_count(&compare->judgements, FAIL_IF_UNKNOWN)) {
                complain(compare, FAIL_IF_UNKNOWN, why);
                return EXIT_FAILED;
        }
        return EXIT_DONE;
}

/* ---- the command ---- */

static int compare_all(struct compare *compare, const char **paths, size_t n, struct why *why)
{
        int r = read_runs(compare, paths, n, why);

        if (r == 0)
                r = make_comparisons(compare, why);
        if (r == 0 && fail_if_judge(&compare->judgements, &compare->conditions,
                              compare->comparisons, compare->n_comparisons) < 0)
                r = why_errno(why, -ENOMEM, "compare", NULL);
        if (r == 0)
                r = tell(compare, why);
        return r < 0 ? EXIT_FAILED : status_of(compare, why);
}

static int parse(const struct option_set *set, struct compare *compare, int argc, char *argv[],
        const char **paths, size_t *ret_n, struct why *why)
{
        int r = option_sets_init(set, 1, why);

        if (r == 0)
                r = option_sets_argv_words(set, 1, argc - 1, argv + 1, paths, ret_n, why);
        if (r == 0)
                r = fail_if_parse(&compare->conditions, compare->options->conditions, why);
        if (r == 0 && *ret_n < 2)
                r = why_set(why, -EINVAL, "compare", *ret_n ? paths[0] : NULL,
                        "name two runs or more, the baseline first: their results directories or "
                        "run.json files");
        return r;
}

static int compare_main(int argc, char *argv[], struct why *why)
{
        _cleanup_free_ const char **paths = calloc((size_t)argc + 1, sizeof *paths);
        struct compare_options options = {0};
        struct compare compare = {.options = &options};
        struct option_set set;
        size_t n = 0;
        int status = EXIT_USAGE;

        if (!paths) {
                why_errno(why, -ENOMEM, "compare", NULL);
                return EXIT_FAILED;
        }
        fill_set(&set, &options);
        if (parse(&set, &compare, argc, argv, paths, &n, why) == 0)
                status = compare_all(&compare, paths, n, why);
        compare_fini(&compare);
        option_sets_fini(&set, 1);
        return status;
}

static void compare_help(FILE *to)
{
        struct compare_options options = {0};
        struct option_set set;

        fill_set(&set, &options);
        fputs("Usage: tileload compare [OPTIONS] BASELINE RUN...\n\n"
              "Puts runs (results directories or run.json files) beside the first of them: what\n"
              "differs in how they were made, and for each number of tiles by how much every\n"
              "figure has changed, and whether that stands out from the noise.\n\n"
              "A CONDITION is NAME.METRIC [@TILES] OPERATOR BOUND:\n"
              "  NAME      total, web1, external, web2, client, backend, cpu, disk, oltp, idle\n"
              "  METRIC    rate, average, p50, p95, p99, max, errors, cpu; total.tiles\n"
              "  OPERATOR  > >= < <=\n"
              "  BOUND     +10% or -10%: a change against the baseline, in which what does not\n"
              "            stand out counts as none; or a figure: 500ms, 900/s, 0.1%\n\n"
              "Exits with 3 if a condition is met, 1 if the runs or a condition cannot be "
              "judged.\n\n",
                to);
        option_sets_help(&set, 1, to);
}

extern const struct command command_compare;
const struct command command_compare = {
        .name = "compare",
        .summary = "say what differs between runs, and whether it is more than noise",
        .run = compare_main,
        .help = compare_help,
};
