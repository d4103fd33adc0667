/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "cmdline.h"
#include "kernel_words.h"
#include "rng.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Every tests/golden/cmdline/NAME.cmdline gives NAME.expected: a line for each key, or the error.
 */

static const char *golden_directory(void)
{
        const char *directory = getenv("TILELOAD_GOLDEN");

        return directory ? directory : "tests/golden";
}

static char *read_file(const char *path)
{
        _cleanup_fclose_ FILE *f = fopen(path, "re");
        char *text = NULL;
        size_t size;

        if (!f)
                return NULL;
        if (getdelim(&text, &size, '\0', f) < 0) { /* an empty file */
                free(text);
                text = strdup("");
        }
        return text;
}

static char *describe(int r, const struct cmdline *cmdline, const struct why *why)
{
        char *text = NULL, line[1024];
        size_t size;
        FILE *to = open_memstream(&text, &size);

        if (r < 0)
                fprintf(to, "error: %s\n", why_format(why, line, sizeof line));
        for (size_t i = 0; r == 0 && i < cmdline->n_entries; i++) {
                const struct cmdline_entry *entry = &cmdline->entries[i];

                fprintf(to, "%s%s%s\n", entry->key, entry->value ? "=" : "",
                        entry->value ? entry->value : "");
        }
        fclose(to);
        return text;
}

static int is_cmdline(const struct dirent *entry)
{
        const char *dot = strrchr(entry->d_name, '.');

        return dot && strcmp(dot, ".cmdline") == 0;
}

static void golden(void **state)
{
        struct dirent **list;
        char path[512];
        int n;

        snprintf(path, sizeof path, "%s/cmdline", golden_directory());
        n = scandir(path, &list, is_cmdline, alphasort);
        assert_true(n >= 20);
        for (int i = 0; i < n; i++) {
                struct cmdline cmdline = {};
                struct why why = {};
                char *text, *expected, *got;
                int r, length = (int)strlen(list[i]->d_name) - (int)strlen(".cmdline");

                snprintf(path, sizeof path, "%s/cmdline/%s", golden_directory(), list[i]->d_name);
                text = read_file(path);
                setenv("TILELOAD_CMDLINE", path, 1);
                snprintf(path, sizeof path, "%s/cmdline/%.*s.expected", golden_directory(), length,
                        list[i]->d_name);
                expected = read_file(path);
                assert_case(text && expected, "%s", path);

                r = cmdline_parse(&cmdline, text, &why);
                got = describe(r, &cmdline, &why);
                assert_case(strcmp(got, expected) == 0, "%s: expected\n%sgot\n%s", list[i]->d_name,
                        expected, got);
                assert_true(r == 0 || r == -EINVAL);
                cmdline_fini(&cmdline);
                free(got);

                /* The same through the file. */
                r = cmdline_read(&cmdline, &why);
                got = describe(r, &cmdline, &why);
                assert_string_equal(got, expected);
                cmdline_fini(&cmdline);
                free(got);
                free(text);
                free(expected);
                free(list[i]);
        }
        free(list);
        unsetenv("TILELOAD_CMDLINE");
}

static void get(void **state)
{
        struct cmdline cmdline = {};

        assert_null(cmdline_get(&cmdline, "rate")); /* an empty one */
        assert_int_equal(cmdline_parse(&cmdline,
                                 "tileload.max_in_flight=7 tileload.verbose tileload.empty= "
                                 "tileload.rate=1 rate=3 tileload.rate=2",
                                 NULL),
                0);
        assert_string_equal(cmdline_get(&cmdline, "max-in-flight"), "7");
        assert_string_equal(cmdline_get(&cmdline, "rate"), "2");
        assert_string_equal(cmdline_get(&cmdline, "empty"), "");
        assert_null(cmdline_get(&cmdline, "verbose")); /* there, but without a value */
        assert_null(cmdline_get(&cmdline, "rat"));
        assert_null(cmdline_get(&cmdline, "rates"));
        assert_null(cmdline_get(&cmdline, ""));
        assert_int_equal(cmdline.n_entries, 4);
        cmdline_fini(&cmdline);
        assert_int_equal(cmdline.n_entries, 0);
        cmdline_fini(&cmdline); /* once more does no harm */
}

static void failure_needs_no_cleanup(void **state)
{
        const struct cmdline before = {.entries = NULL, .n_entries = 4711};
        struct cmdline cmdline = before;

        assert_int_equal(cmdline_parse(&cmdline, "tileload.a=1 tileload.=2", NULL), -EINVAL);
        assert_memory_equal(&cmdline, &before, sizeof cmdline);
}

static void many_keys(void **state)
{
        static char text[64 * 1024];
        struct cmdline cmdline;
        size_t used = 0;

        for (int i = 0; i < 1000; i++)
                used += (size_t)snprintf(text + used, sizeof text - used,
                        "tileload.key_%d=%d foreign%d=\"x y\" ", i, i * 3, i);
        assert_int_equal(cmdline_parse(&cmdline, text, NULL), 0);
        assert_int_equal(cmdline.n_entries, 1000);
        for (size_t i = 0; i < cmdline.n_entries; i++) {
                char key[32], value[32];

                snprintf(key, sizeof key, "key-%zu", i);
                snprintf(value, sizeof value, "%zu", i * 3);
                assert_string_equal(cmdline.entries[i].key, key);
                assert_string_equal(cmdline_get(&cmdline, key), value);
        }
        cmdline_fini(&cmdline);
}

static void write_file(const char *path, const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

static void read_from_where_it_is_said(void **state)
{
        char directory[] = "/tmp/tileload-cmdline-XXXXXX", path[64], list[256];
        struct cmdline cmdline;
        struct why why;

        assert_non_null(mkdtemp(directory));
        snprintf(path, sizeof path, "%s/cmdline", directory);
        setenv("TILELOAD_CMDLINE", path, 1);

        /* Named, but not there: a typo that must not go unnoticed. */
        assert_int_equal(cmdline_read(&cmdline, &why), -ENOENT);
        assert_string_equal(why.value, path);

        write_file(path, "tileload.role=disk quiet\n");
        assert_int_equal(cmdline_read(&cmdline, &why), 0);
        assert_int_equal(cmdline.n_entries, 1);
        assert_string_equal(cmdline_get(&cmdline, "role"), "disk");
        cmdline_fini(&cmdline);

        /* The first of several that is there. */
        snprintf(list, sizeof list, "%s/none:%s:/proc/cmdline", directory, path);
        setenv("TILELOAD_CMDLINE", list, 1);
        assert_int_equal(cmdline_read(&cmdline, &why), 0);
        assert_string_equal(cmdline_get(&cmdline, "role"), "disk");
        cmdline_fini(&cmdline);
        snprintf(list, sizeof list, "%s:%s/none", directory, path); /* no file, but there */
        setenv("TILELOAD_CMDLINE", list, 1);
        assert_int_equal(cmdline_read(&cmdline, &why), -EISDIR);
        snprintf(list, sizeof list, "%s/none:%s/nor-this", directory, directory);
        setenv("TILELOAD_CMDLINE", list, 1);
        assert_int_equal(cmdline_read(&cmdline, &why), -ENOENT);
        assert_string_equal(strrchr(why.value, '/'), "/nor-this");
        setenv("TILELOAD_CMDLINE", path, 1);

        write_file(path, "");
        assert_int_equal(cmdline_read(&cmdline, &why), 0);
        assert_int_equal(cmdline.n_entries, 0);
        cmdline_fini(&cmdline);

        write_file(path, "tileload.=x");
        assert_int_equal(cmdline_read(&cmdline, &why), -EINVAL);

        setenv("TILELOAD_CMDLINE", directory, 1);
        assert_int_equal(cmdline_read(&cmdline, &why), -EISDIR);

        /* This machine's own: whatever it says, it is read. */
        setenv("TILELOAD_CMDLINE", "", 1);
        assert_int_equal(cmdline_read(&cmdline, &why), 0);
        cmdline_fini(&cmdline);
        unsetenv("TILELOAD_CMDLINE");
        assert_int_equal(cmdline_read(&cmdline, &why), 0);
        cmdline_fini(&cmdline);

        unlink(path);
        rmdir(directory);
}

/* The last word for a key, by the kernel's rules; true when there is one. */
static bool by_the_kernel(const char *text, const char *key, struct kernel_word *ret)
{
        size_t prefix = strlen(CMDLINE_PREFIX);
        struct kernel_word word;
        bool found = false;

        while (kernel_next_word(&text, &word)) {
                bool same = word.key_size == prefix + strlen(key) &&
                            memcmp(word.key, CMDLINE_PREFIX, prefix) == 0;

                for (size_t i = prefix; same && i < word.key_size; i++)
                        same = word.key[i] == key[i - prefix] ||
                               (word.key[i] == '_' && key[i - prefix] == '-');
                if (same)
                        *ret = word;
                found |= same;
        }
        return found;
}

static void as_the_kernel(const char *text)
{
        struct cmdline cmdline = {};
        struct kernel_word word = {};

        if (cmdline_parse(&cmdline, text, NULL) < 0)
                return; /* stricter than the kernel on purpose */
        for (size_t i = 0; i < cmdline.n_entries; i++) {
                const struct cmdline_entry *entry = &cmdline.entries[i];

                assert_case(by_the_kernel(text, entry->key, &word), "%s: %s", text, entry->key);
                assert_case(!word.value == !entry->value, "%s: %s", text, entry->key);
                if (entry->value)
                        assert_case(strlen(entry->value) == word.value_size &&
                                            memcmp(entry->value, word.value, word.value_size) == 0,
                                "%s: %s is %s, not %.*s", text, entry->key, entry->value,
                                (int)word.value_size, word.value);
        }
        for (const char *p = text; kernel_next_word(&p, &word);) {
                size_t prefix = strlen(CMDLINE_PREFIX);
                char key[256] = "";

                if (word.key_size <= prefix || memcmp(word.key, CMDLINE_PREFIX, prefix) != 0)
                        continue;
                for (size_t i = prefix; i < word.key_size; i++)
                        key[i - prefix] = word.key[i] == '_' ? '-' : word.key[i];
                for (size_t i = 0; i <= cmdline.n_entries; i++) {
                        assert_case(i < cmdline.n_entries, "%s: %s is missing", text, key);
                        if (strcmp(cmdline.entries[i].key, key) == 0)
                                break;
                }
        }
        cmdline_fini(&cmdline);
}

/* Words thrown together from the pieces that matter mean to us what they mean to the kernel. */
static void random_lines_as_the_kernel(void **state)
{
        static const char *const pieces[] = {"tileload.", " tileload.", " \"tileload.", "a", "b",
                "_", "-", "=", "=", "\"", "\"", "\"", " ", "\t", "quiet ", "=\"", "\" "};
        struct rng rng;

        rng_init(&rng, 1, 0);
        for (int i = 0; i < 200000; i++) {
                uint64_t n = 1 + rng_below(&rng, 14);
                char text[256] = "";

                while (n--)
                        strcat(text, pieces[rng_below(&rng, ARRAY_SIZE(pieces))]);
                as_the_kernel(text);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(golden),
                cmocka_unit_test(get),
                cmocka_unit_test(failure_needs_no_cleanup),
                cmocka_unit_test(many_keys),
                cmocka_unit_test(read_from_where_it_is_said),
                cmocka_unit_test(random_lines_as_the_kernel),
        };

        return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
