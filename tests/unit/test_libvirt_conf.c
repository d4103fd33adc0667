/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "libvirt_conf.h"

#include <errno.h>
#include <string.h>

static void numbers(void **state)
{
        static const struct {
                const char *text;
                int r;
                uint64_t value;
        } cases[] = {
                {"max_workers = 20\n", 1, 20},
                {"max_workers=20", 1, 20},
                {"\t max_workers\t=\t0 # few", 1, 0},
                {"max_workers = 20#few\r\n", 1, 20},
                {"", 0, 0},
                {"\n\n  \n", 0, 0},
                {"#max_workers = 20\n", 0, 0},
                {"# max_workers = 20", 0, 0},
                {"max_worker = 1\nmax_workers_too = 2\nadmin_max_workers = 3\n", 0, 0},
                {"max_workers = 1\nmax_workers = 2\n", 1, 1}, /* the first counts */
                {"a = \"max_workers = 1\"\nmax_workers = 2\n", 1, 2},
                {"a = 'max_workers = 1'\n", 0, 0},
                {"a = \"\"\"\nmax_workers = 1\n\"\"\"\nmax_workers = 2\n", 1, 2},
                {"a = [ \"x\",\n  'y', # max_workers = 1\n  3,\n]\nmax_workers = 2", 1, 2},
                {"a = [\nmax_workers\n", -EBADMSG, 0},
                {"a = []\nb = [ \"]\" ]\nmax_workers = 2\n", 1, 2},
                {"a = -1\nmax_workers = 2\n", 1, 2},
                {"a = \"#\" # \"\nmax_workers = 2\n", 1, 2},
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                uint64_t value = 77;
                struct why why = {0};
                int r = libvirt_conf_number(cases[i].text, "max_workers", "f", &value, &why);

                assert_case(r == cases[i].r, "%s: %d %s", cases[i].text, r, why.reason);
                assert_int_equal(value, r == 1 ? cases[i].value : 77);
        }
}

static void complaints(void **state)
{
        static const struct {
                const char *text;
                int r;
                const char *reason;
        } cases[] = {
                {"max_workers\n", -EBADMSG, "line 1: a setting without ="},
                {"# x\n\nmax_workers 20\n", -EBADMSG, "line 3: a setting without ="},
                {"max_workers =\n", -EBADMSG, "line 1: no value behind the ="},
                {"max_workers = many\n", -EBADMSG, "line 1: no value behind the ="},
                {"max_workers = 20 20\n", -EBADMSG, "line 1: more than one value"},
                {"= 20\n", -EBADMSG, "line 1: neither a setting nor a comment"},
                {"a = 1\n[section]\n", -EBADMSG, "line 2: neither a setting nor a comment"},
                {"a = \"x\nb = 1\n", -EBADMSG, "line 1: a quoted text does not end on its line"},
                {"a = 'x\"\n", -EBADMSG, "line 1: a quoted text does not end on its line"},
                {"a = \"\"\"x\ny\n\"\"", -EBADMSG, "line 3: a text that begins with \"\"\""},
                {"a = [ \"x\"\n", -EBADMSG, "line 2: a list that libvirt"},
                {"a = [ x ]\n", -EBADMSG, "line 1: a list that libvirt"},
                {"max_workers = 1\na = 99999999999999999999999999999999\n", -EBADMSG,
                        "line 2: no value behind the ="},
                {"a = 1\nmax_workers = \"20\"\n", -EINVAL, "line 2: not a number"},
                {"max_workers = \"20\"\nb\n", -EBADMSG, "line 2: a setting without ="},
                {"max_workers = [ 20 ]\n", -EINVAL, "line 1: not a number"},
                {"max_workers = -1\n", -EINVAL, "line 1: not a number"},
                {"max_workers = 1-2\n", -EINVAL, "line 1: not a number"},
                {"max_workers = 18446744073709551616\n", -EINVAL, "line 1: not a number"},
        };

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                uint64_t value = 77;
                struct why why = {0};

                assert_case(libvirt_conf_number(cases[i].text, "max_workers", "some/file", &value,
                                    &why) == cases[i].r,
                        "%s", cases[i].text);
                assert_string_equal(why.what, "some/file");
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s is not %s", why.reason, cases[i].reason);
                assert_int_equal(value, 77);
                assert_int_equal(libvirt_conf_number(
                                         cases[i].text, "max_workers", "some/file", &value, NULL),
                        cases[i].r);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(numbers),
                cmocka_unit_test(complaints),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
