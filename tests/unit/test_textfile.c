/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "textfile.h"

#include <errno.h>
#include <string.h>

static char directory[] = "/tmp/tileload-textfile-XXXXXX", path[64];

static int make_directory(void **state)
{
        if (!mkdtemp(directory))
                return -1;
        snprintf(path, sizeof path, "%s/file", directory);
        return 0;
}

static int remove_directory(void **state)
{
        unlink(path);
        return rmdir(directory);
}

static void write_file(const char *text)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        fputs(text, f);
        assert_int_equal(fclose(f), 0);
}

static void read_gives_text_without_its_last_newline(void **state)
{
        static const struct {
                const char *in, *out;
        } cases[] = {
                {"", ""},
                {"\n", ""},
                {"kvm-clock\n", "kvm-clock"},
                {"kvm-clock", "kvm-clock"},
                {"a\nb\n", "a\nb"},
                {"a\n\n", "a\n"},
                {" a \n", " a "},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char text[64];

                memset(text, '#', sizeof text);
                write_file(cases[i].in);
                assert_int_equal(textfile_read(path, text, sizeof text), strlen(cases[i].out));
                assert_string_equal(text, cases[i].out);
        }
}

static void read_cuts_what_does_not_fit(void **state)
{
        char text[10];

        memset(text, '#', sizeof text);
        write_file("0123456789");
        assert_int_equal(textfile_read(path, text, 5), 4);
        assert_string_equal(text, "0123");
        assert_int_equal(text[5], '#');
        assert_int_equal(textfile_read(path, text, 1), 0);
        assert_string_equal(text, "");
}

static void read_says_why_not(void **state)
{
        char text[10] = "before";

        assert_int_equal(textfile_read("/no/such/file", text, sizeof text), -ENOENT);
        assert_int_equal(textfile_read(directory, text, sizeof text), -EISDIR);
        assert_string_equal(text, "before");
}

static void number_behind_its_key(void **state)
{
        static const char status[] = "Name:\tVmRSS:\nVmRSSx:\t 7 kB\nVmRSS:\t  1234 kB\n"
                                     "nonvoluntary:\t5\nvoluntary:\t6\n"
                                     "some avg10=0.25 total=99 xtotal=98\nempty:\nlast:3";

        assert_int_equal(textfile_number("a=1", "a="), 1);
        assert_int_equal(textfile_number(status, "VmRSSx:"), 7);
        assert_int_equal(textfile_number(status, "voluntary:"), 6);
        assert_int_equal(textfile_number(status, "nonvoluntary:"), 5);
        assert_int_equal(textfile_number(status, "total="), 99);
        assert_int_equal(textfile_number(status, "avg10="), 0); /* whole part only */
        assert_int_equal(textfile_number(status, "last:"), 3);
        assert_int_equal(textfile_number(status, "absent:"), 0);
        assert_int_equal(textfile_number("", "x"), 0);
        assert_true(textfile_number("x 18446744073709551615\n", "x") == UINT64_MAX);
}

static void write_bytes(size_t n, char byte)
{
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        for (size_t i = 0; i < n; i++)
                putc(byte, f);
        assert_int_equal(fclose(f), 0);
}

static void load_takes_whole_texts(void **state)
{
        char *text = NULL;
        struct why why;

        write_file("one\ntwo\n");
        assert_int_equal(textfile_load(&text, "--file", path, &why), 0);
        assert_string_equal(text, "one\ntwo\n");
        free(text);
        write_bytes(1 << 20, 'x');
        assert_int_equal(textfile_load(&text, "--file", path, &why), 0);
        assert_int_equal(strlen(text), 1 << 20);
        free(text);
}

static void load_refuses_what_is_none(void **state)
{
        char *text = (char *)"untouched";
        struct why why;

        write_bytes((1 << 20) + 1, 'x');
        assert_int_equal(textfile_load(&text, "--file", path, &why), -EFBIG);
        assert_string_equal(why.what, "--file");
        assert_string_equal(why.value, path);
        write_bytes(1, '\0');
        assert_int_equal(textfile_load(&text, "--file", path, &why), -EINVAL);
        assert_string_equal(why.reason, "not a text file");
        assert_int_equal(textfile_load(&text, "--file", directory, &why), -EISDIR);
        unlink(path);
        assert_int_equal(textfile_load(&text, "--file", path, NULL), -ENOENT);
        assert_string_equal(text, "untouched");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(read_gives_text_without_its_last_newline),
                cmocka_unit_test(read_cuts_what_does_not_fit),
                cmocka_unit_test(read_says_why_not),
                cmocka_unit_test(number_behind_its_key),
                cmocka_unit_test(load_takes_whole_texts),
                cmocka_unit_test(load_refuses_what_is_none),
        };

        return cmocka_run_group_tests_name("textfile", tests, make_directory, remove_directory);
}
