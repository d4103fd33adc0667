/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a kernel command line: parsed, compared with the kernel's own rules, written out and
 * parsed again, and given to option tables.
 */
#include "cmdline.h"
#include "every_type.h"
#include "fuzz.h"
#include "kernel_words.h"

#include <errno.h>
#include <string.h>

static bool has_prefix(const struct kernel_word *word)
{
        return word->key_size >= strlen(CMDLINE_PREFIX) &&
               memcmp(word->key, CMDLINE_PREFIX, strlen(CMDLINE_PREFIX)) == 0;
}

/* Is this the entry's key? '_' in the text is '-' in the entry. */
static bool same_key(const struct kernel_word *word, const char *key)
{
        size_t prefix = strlen(CMDLINE_PREFIX);

        if (word->key_size != prefix + strlen(key))
                return false;
        for (size_t i = prefix; i < word->key_size; i++)
                if ((word->key[i] == '_' ? '-' : word->key[i]) != key[i - prefix])
                        return false;
        return true;
}

static const struct cmdline_entry *find(
        const struct cmdline *cmdline, const struct kernel_word *word)
{
        const struct cmdline_entry *found = NULL;

        for (size_t i = 0; i < cmdline->n_entries; i++) {
                if (!same_key(word, cmdline->entries[i].key))
                        continue;
                CHECK(!found); /* each key once */
                found = &cmdline->entries[i];
        }
        return found;
}

/* Nothing is there that the kernel does not see, nothing is missing, and the last value counts. */
static void check_against_the_kernel(const struct cmdline *cmdline, const char *text)
{
        size_t n = 0;
        char *last = calloc(cmdline->n_entries + 1, sizeof *last);
        struct kernel_word word;

        CHECK(last);
        for (const char *p = text; kernel_next_word(&p, &word);) {
                const struct cmdline_entry *entry;
                bool same;

                if (!has_prefix(&word))
                        continue;
                CHECK(word.key_size > strlen(CMDLINE_PREFIX) && !word.open);
                entry = find(cmdline, &word);
                CHECK(entry);
                same = !word.value == !entry->value &&
                       (!word.value ||
                               (strlen(entry->value) == word.value_size &&
                                       memcmp(entry->value, word.value, word.value_size) == 0));
                last[entry - cmdline->entries] = same ? 2 : 1;
        }
        for (size_t i = 0; i < cmdline->n_entries; i++)
                n += last[i] == 2;
        CHECK(n == cmdline->n_entries);
        free(last);
}

static void check_same(const struct cmdline *a, const struct cmdline *b)
{
        CHECK(a->n_entries == b->n_entries);
        for (size_t i = 0; i < a->n_entries; i++) {
                const char *x = a->entries[i].value, *y = b->entries[i].value;

                CHECK(strcmp(a->entries[i].key, b->entries[i].key) == 0);
                CHECK(!x == !y && (!x || strcmp(x, y) == 0));
        }
}

/* One of these ways to quote gives any entry back. */
static bool write_entry(const struct cmdline_entry *entry, FILE *to)
{
        static const char *const ways[][3] = {/* before the key, before the value, behind */
                {"", "", ""}, {"", "\"", "\""}, {"\"", "", "\""}, {"", "\"", ""}, {"\"", "", ""},
                {"\"", "\"", "\""}, {"\"", "\"", ""}};

        for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
                struct cmdline one = {};
                char *word = NULL;
                bool same;

                CHECK(asprintf(&word, "%s" CMDLINE_PREFIX "%s%s%s%s%s", ways[i][0], entry->key,
                              entry->value ? "=" : "", entry->value ? ways[i][1] : "",
                              entry->value ? entry->value : "", ways[i][2]) >= 0);
                same = cmdline_parse(&one, word, NULL) == 0 && one.n_entries == 1 &&
                       strcmp(one.entries[0].key, entry->key) == 0 &&
                       !one.entries[0].value == !entry->value &&
                       (!entry->value || strcmp(one.entries[0].value, entry->value) == 0);
                if (same)
                        fprintf(to, " %s\n", word);
                free(word);
                cmdline_fini(&one);
                if (same)
                        return true;
        }
        return false;
}

static void check_written_and_read(const struct cmdline *cmdline)
{
        struct cmdline again = {};
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        CHECK(to);
        for (size_t i = 0; i < cmdline->n_entries; i++)
                CHECK(write_entry(&cmdline->entries[i], to));
        CHECK(fclose(to) == 0);
        CHECK(cmdline_parse(&again, text, NULL) == 0);
        check_same(cmdline, &again);
        cmdline_fini(&again);
        free(text);
}

static void check_options(const struct cmdline *cmdline)
{
        struct every_type every;
        struct why why = {};
        int r;

        every_type_init(&every);
        r = option_sets_cmdline(every.sets, ARRAY_SIZE(every.sets), cmdline, &why);
        if (r < 0)
                every_type_check_failure(r, &why);
        every_type_check(&every); /* also after a failure: what was set up to it is sound */
        every_type_fini(&every);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char *text = strndup((const char *)data, size);
        struct cmdline cmdline = {};
        struct why why = {};
        int r;

        CHECK(text);
        r = cmdline_parse(&cmdline, text, &why);
        if (r < 0) {
                CHECK(r == -EINVAL);
                every_type_check_failure(r, &why);
        } else {
                check_against_the_kernel(&cmdline, text);
                check_written_and_read(&cmdline);
                check_options(&cmdline);
                cmdline_fini(&cmdline);
        }
        free(text);
        return 0;
}
