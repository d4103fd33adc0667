/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table describes a personality's options; argv, the kernel command line, --help and the
 * configuration shown in results all come from it.
 *
 * A table fills a plain struct by offset:
 *
 *         type              member           type              member
 *         OPTION_STRING     char *           OPTION_NUMBER     double
 *         OPTION_COUNT      uint64_t         OPTION_SHARE      double, 0 to 1
 *         OPTION_SIZE       uint64_t bytes   OPTION_BOOL       bool
 *         OPTION_DURATION   uint64_t ns      OPTION_CHOICE     unsigned, index into choices
 *         OPTION_LIST       char *, words with a space between
 *
 * A list may stand several times in argv: the words add up, and the first of them takes the place
 * of what was there before. Of any other option the last one counts.
 *
 * Strings are owned by the struct and freed by option_sets_fini().
 */
#pragma once

#include "cmdline.h"
#include "why.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
        OPTION_STRING,
        OPTION_COUNT,
        OPTION_SIZE,
        OPTION_DURATION,
        OPTION_NUMBER,
        OPTION_SHARE,
        OPTION_BOOL,
        OPTION_CHOICE,
        OPTION_LIST,
};

struct option {
        const char *name; /* lower case, words joined by '-' */
        enum option_type type;
        size_t offset;
        const char *fallback;       /* the default, as a user would write it; NULL: none */
        const char *argument;       /* its name in --help: "URL"; NULL: from the type */
        const char *help;           /* a phrase without full stop */
        const char *const *choices; /* OPTION_CHOICE: ends with NULL */
        uint64_t min, max;          /* COUNT, SIZE, DURATION, NUMBER: bounds; max 0 = none */
        bool secret;                /* never shown again: a password */
};

/* A table and the struct that it fills. A personality has several: the frame's and its own. */
struct option_set {
        const char *title; /* heading in --help; NULL: goes on below that of the set before */
        const struct option *options;
        size_t n_options;
        void *config;
};

/* Fills every config with its defaults (and clears the strings first). -EINVAL: a default in a
 * table is not valid, which is a bug. */
int option_sets_init(const struct option_set *sets, size_t n_sets, struct why *why);
void option_sets_fini(const struct option_set *sets, size_t n_sets);

/* Sets one option. key without prefix; value NULL means that none was given (a switch). prefix is
 * what to show before the key in *why: "--" or "tileload.". Returns -ENOENT for an unknown key
 * (with the nearest valid one in the reason), -EINVAL or -ERANGE for a bad value. */
int option_sets_apply(const struct option_set *sets, size_t n_sets, const char *prefix,
        const char *key, const char *value, struct why *why);

/* `--key value`, `--key=value`, `--switch`, from argv[0] on. Anything that is not an option is
 * -EINVAL. */
int option_sets_argv(const struct option_set *sets, size_t n_sets, int argc, char *const argv[],
        struct why *why);

/* The same for a personality that takes other words as well, in any order: they go to words, which
 * has room for argc of them and borrows from argv. What follows a "--" is words only. */
int option_sets_argv_words(const struct option_set *sets, size_t n_sets, int argc,
        char *const argv[], const char **words, size_t *ret_n_words, struct why *why);

/* Every tileload.KEY of a kernel command line, but `role`, which chooses the personality. */
int option_sets_cmdline(const struct option_set *sets, size_t n_sets, const struct cmdline *cmdline,
        struct why *why);

/* The whole help text of the sets' options, in aligned columns. */
void option_sets_help(const struct option_set *sets, size_t n_sets, FILE *to);

/* The present value as a user would write it, NULL for an unset string. Free it. */
char *option_text(const struct option *option, const void *config);
