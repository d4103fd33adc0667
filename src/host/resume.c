/* SPDX-License-Identifier: Apache-2.0 */
#include "resume.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/utsname.h>

#define WHAT "--resume"

int resume_lock(FILE *summary)
{
        if (flock(fileno(summary), LOCK_EX | LOCK_NB) == 0)
                return 0;
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

/* ---- is it one that can go on? ---- */

static int open_summary(struct resume *resume, struct why *why)
{
        char path[4096];
        int fd, r;

        snprintf(path, sizeof path, "%s/run.json", resume->directory);
        if (access(path, F_OK) < 0)
                return why_set(why, -errno, WHAT, resume->directory,
                        errno == ENOENT ? "not the results of a run: there is no run.json in it"
                                        : "run.json in it cannot be reached");
        snprintf(path, sizeof path, "%s/summary.txt", resume->directory);
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
        resume->summary = fd >= 0 ? fdopen(fd, "a") : NULL;
        if (!resume->summary) {
                r = -errno;
                if (fd >= 0)
                        close(fd);
                return why_set(
                        why, r, WHAT, resume->directory, "cannot be written to: %s", strerror(-r));
        }
        r = resume_lock(resume->summary);
        if (r == -EBUSY)
                return why_set(why, r, WHAT, resume->directory,
                        "that run is still going on: there is nothing to go on with yet");
        return r < 0 ? why_errno(why, r, WHAT, path) : 0;
}

static const char *host_fact(const struct resume *resume, const char *key)
{
        const char *text = json_string_value(
                json_object_get(json_object_get(resume->run.manifest, "host"), key));

        return text ? text : "";
}

/* Windows of one run are compared with each other: all of them must be of one program on one host.
 */
static int check_same(const struct resume *resume, struct why *why)
{
        const char *version =
                json_string_value(json_object_get(resume->run.manifest, "tileload_version"));
        struct utsname here;

        if (!version || strcmp(version, TILELOAD_VERSION) != 0)
                return why_set(why, -EXDEV, WHAT, resume->directory,
                        "was begun by tileload %s, and this is %s: start a new run",
                        version ? version : "of unknown version", TILELOAD_VERSION);
        uname(&here);
        if (strcmp(host_fact(resume, "hostname"), here.nodename) != 0)
                return why_set(why, -EXDEV, WHAT, resume->directory,
                        "was begun on the host %s, and this is %s: start a new run",
                        host_fact(resume, "hostname"), here.nodename);
        if (strcmp(host_fact(resume, "kernel"), here.release) != 0)
                return why_set(why, -EXDEV, WHAT, resume->directory,
                        "was begun with the kernel %s, and this is %s: start a new run",
                        host_fact(resume, "kernel"), here.release);
        return 0;
}

static int check_run(const struct resume *resume, struct why *why)
{
        if (resume->run.complete)
                return why_set(why, -EALREADY, WHAT, resume->directory,
                        "that run is complete: nothing is left to be measured");
        if (strcmp(resume->run.launch, "none") == 0)
                return why_set(why, -EINVAL, WHAT, resume->directory,
                        "was made by `tileload measure`, which has nothing to go on with");
        return check_same(resume, why);
}

/* ---- its command line ---- */

static int take_words(struct resume *resume, struct why *why)
{
        const json_t *words = json_object_get(resume->run.manifest, "command_line");
        size_t n = json_array_size(words);

        resume->words = calloc(n + 2, sizeof *resume->words);
        if (!resume->words)
                return why_errno(why, -ENOMEM, WHAT, resume->directory);
        if (n == 0 || n > 10000)
                return why_set(
                        why, -EINVAL, WHAT, resume->directory, "its run.json has no command line");
        while (resume->n_words < (int)n) {
                const char *word =
                        json_string_value(json_array_get(words, (size_t)resume->n_words));

                resume->words[resume->n_words] = strdup(word ? word : "");
                if (!resume->words[resume->n_words++])
                        return why_errno(why, -ENOMEM, WHAT, resume->directory);
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

static int read_document(struct resume *resume, struct why *why)
{
        char path[4096];
        json_error_t error;

        snprintf(path, sizeof path, "%s/run.json", resume->directory);
        resume->document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
        if (!resume->document)
                return why_set(why, -EINVAL, WHAT, path, "not readable: %s", error.text);
        return 0;
}

int resume_open(struct resume *resume, const char *directory, struct why *why)
{
        struct run_file run;
        int r;

        *resume = (struct resume){.directory = strdup(directory)};
        if (!resume->directory)
                return why_errno(why, -ENOMEM, WHAT, directory);
        r = open_summary(resume, why);
        if (r == 0) {
                r = run_file_read(&run, directory, why);
                if (r == 0)
                        resume->run = run;
        }
        if (r == 0)
                r = check_run(resume, why);
        if (r == 0)
                r = take_words(resume, why);
        if (r == 0)
                r = read_document(resume, why);
        if (r < 0)
                resume_fini(resume);
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
        if (resume->summary)
                fclose(resume->summary);
        free(resume->directory);
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
                        return why_set(why, -EINVAL, WHAT, resume->directory,
                                "step %zu in its run.json (%u tiles) does not follow from its "
                                "options",
                                i + 1, s->tiles);
                sweep_add(sweep, tiles, &window);
                kept++;
        }
        return kept;
}
