/* SPDX-License-Identifier: Apache-2.0 */
#include "resume.h"

#include "option_json.h"
#include "resume_same.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define WHAT "--resume"

/* ---- is it one that can go on? ---- */

static int check_run(const struct resume *resume, struct why *why)
{
        const json_t *manifest = json_object_get(resume->document, "manifest");
        const char *directory = resume->directory.path;
        int r;

        if (resume->run.complete)
                return why_set(why, -EALREADY, WHAT, directory,
                        "that run is complete: nothing is left to be measured");
        if (strcmp(resume->run.launch, "none") == 0)
                return why_set(why, -EINVAL, WHAT, directory,
                        "was made by `tileload measure`, which has nothing to go on with");
        r = resume_same_program(manifest, directory, why);
        if (r == 0)
                r = resume_same_host(manifest, directory, why);
        return r == 0 ? resume_same_files(manifest, directory, why) : r;
}

/* ---- its command line ---- */

static int take_words(struct resume *resume, struct why *why)
{
        const json_t *words =
                json_object_get(json_object_get(resume->document, "manifest"), "command_line");
        size_t n = json_array_size(words);

        resume->words = calloc(n + 2, sizeof *resume->words);
        if (!resume->words)
                return why_errno(why, -ENOMEM, WHAT, resume->directory.path);
        if (n == 0 || n > 10000)
                return why_set(why, -EINVAL, WHAT, resume->directory.path,
                        "its run.json has no command line");
        while (resume->n_words < (int)n) {
                const char *word =
                        json_string_value(json_array_get(words, (size_t)resume->n_words));

                resume->words[resume->n_words] = strdup(word ? word : "");
                if (!resume->words[resume->n_words++])
                        return why_errno(why, -ENOMEM, WHAT, resume->directory.path);
        }
        return 0;
}

char **resume_argv(const struct resume *resume, int argc, char *argv[], int *ret_argc)
{
        char **list = calloc((size_t)(resume->n_words + argc + 1), sizeof *list);
        int n = 0;

        if (!list)
                return NULL;
        while (n < resume->n_words) {
                list[n] = resume->words[n];
                n++;
        }
        for (int i = 1; i < argc; i++) {
                if (strncmp(argv[i], "--resume", 8) == 0) {
                        i += argv[i][8] != '='; /* its value is a word of its own */
                        continue;
                }
                list[n++] = argv[i];
        }
        *ret_argc = n;
        return list;
}

/* ---- all ---- */

/* As it is: what resume.run has is made for eyes. */
static int read_document(struct resume *resume, struct why *why)
{
        char path[PATH_MAX];
        json_error_t error;

        snprintf(path, sizeof path, "%s/run.json", resume->directory.path);
        resume->document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
        if (!resume->document)
                return why_set(why, -EINVAL, WHAT, path, "not readable: %s", error.text);
        return 0;
}

int resume_open(struct resume *resume, const char *directory, struct why *why)
{
        struct run_file run;
        int r;

        *resume = (struct resume){0};
        r = results_directory_open(&resume->directory, directory, why);
        if (r == 0) {
                r = run_file_read(&run, directory, why);
                if (r == 0)
                        resume->run = run;
        }
        if (r == 0)
                r = read_document(resume, why);
        if (r == 0)
                r = check_run(resume, why);
        if (r == 0)
                r = take_words(resume, why);
        if (r < 0)
                resume_fini(resume);
        return r;
}

int resume_check_options(
        const struct resume *resume, const struct run_options *options, struct why *why)
{
        struct option_set sets[RUN_SETS];
        json_t *now;
        int r;

        if (options->resume)
                return why_set(why, -EINVAL, WHAT, resume->directory.path,
                        "its command line is not that of a run of its own");
        now = option_sets_json(sets, run_options_in_force(options, sets));
        if (!now)
                return why_errno(why, -ENOMEM, WHAT, NULL);
        r = resume_same_options(
                json_object_get(resume->document, "manifest"), now, resume->directory.path, why);
        json_decref(now);
        return r;
}

void resume_fini(struct resume *resume)
{
        for (int i = 0; i < resume->n_words; i++)
                free(resume->words[i]);
        free(resume->words);
        if (resume->run.json)
                run_file_free(&resume->run);
        json_decref(resume->document);
        results_directory_fini(&resume->directory);
        *resume = (struct resume){0};
}

/* ---- what was found ---- */

/* Not in the plain values. */
static bool is_broken(const struct resume *resume, size_t step)
{
        const json_t *steps = json_object_get(resume->document, "steps");

        return json_is_true(json_object_get(json_array_get(steps, step), "broken"));
}

int resume_replay(const struct resume *resume, struct sweep *sweep, struct why *why)
{
        int kept = 0;

        for (size_t i = 0; i < resume->run.n_steps; i++) {
                const struct run_step *s = &resume->run.steps[i];
                const struct sweep_window window = {
                        .valid = s->valid,
                        .broken = is_broken(resume, i),
                        .rate = s->rate_per_s,
                        .requests = s->requests,
                };
                unsigned tiles = 0, repeat = 0;

                if (s->interrupted)
                        continue;
                if (!sweep_next(sweep, &tiles, &repeat) || s->tiles != tiles || s->repeat != repeat)
                        return why_set(why, -EINVAL, WHAT, resume->directory.path,
                                "step %zu in its run.json (%u tiles) does not follow from its "
                                "options",
                                i + 1, s->tiles);
                sweep_add(sweep, tiles, &window);
                kept++;
        }
        return kept;
}
