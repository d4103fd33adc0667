/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "why.h"

#include <errno.h>
#include <string.h>

static void says_what_value_and_reason(void **state)
{
        struct why why;
        char text[256];

        assert_int_equal(
                why_set(&why, -EINVAL, "--rate", "fast", "not a %s, try %d", "number", 7), -EINVAL);
        assert_string_equal(why.what, "--rate");
        assert_string_equal(why.value, "fast");
        assert_string_equal(why.reason, "not a number, try 7");
        assert_ptr_equal(why_format(&why, text, sizeof text), text);
        assert_string_equal(text, "--rate \"fast\": not a number, try 7");
}

static void leaves_out_an_empty_value(void **state)
{
        struct why why;
        char text[256];

        why_set(&why, -EINVAL, "--rate", NULL, "needs a value");
        assert_string_equal(why_format(&why, text, sizeof text), "--rate: needs a value");
        why_set(&why, -EINVAL, "--rate", "", "needs a value");
        assert_string_equal(why_format(&why, text, sizeof text), "--rate: needs a value");
}

/* The later one replaces the earlier one whole. */
static void holds_the_last_one(void **state)
{
        struct why why;
        char text[256];

        why_set(&why, -EINVAL, "--listen", "127.0.0.1:99999999", "a long reason for it");
        assert_int_equal(why_set(&why, -EIO, "disk", NULL, "gone"), -EIO);
        assert_string_equal(why_format(&why, text, sizeof text), "disk: gone");
}

static void nobody_asks(void **state)
{
        assert_int_equal(why_set(NULL, -ENOENT, "a", "b", "c %d", 1), -ENOENT);
        assert_int_equal(why_errno(NULL, -ENOENT, "a", "b"), -ENOENT);
}

static void errno_gives_its_text(void **state)
{
        struct why why;
        char text[256];

        assert_int_equal(why_errno(&why, -ENOENT, "--data", "/no/such"), -ENOENT);
        assert_string_equal(why_format(&why, text, sizeof text),
                "--data \"/no/such\": No such file or directory");
}

/* What users type is shown as it is, never taken as a format; the too long is cut, not overrun. */
static void any_text_is_safe(void **state)
{
        static char long_text[2000];
        struct why why;
        char text[1024], small[8];

        memset(long_text, '%', sizeof long_text - 1);
        why_set(&why, -EINVAL, long_text, long_text, "%s", long_text);
        assert_int_equal(strlen(why.what), sizeof why.what - 1);
        assert_int_equal(strlen(why.value), sizeof why.value - 1);
        assert_int_equal(strlen(why.reason), sizeof why.reason - 1);
        why_format(&why, text, sizeof text);
        assert_int_equal(strlen(text),
                sizeof why.what + sizeof why.value + sizeof why.reason - 3 + strlen(" \"\": "));

        why_set(&why, -EINVAL, "%s%n", "%d", "%%s");
        assert_string_equal(why_format(&why, text, sizeof text), "%s%n \"%d\": %s");
        assert_string_equal(why_format(&why, small, sizeof small), "%s%n \"%");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(says_what_value_and_reason),
                cmocka_unit_test(leaves_out_an_empty_value),
                cmocka_unit_test(holds_the_last_one),
                cmocka_unit_test(nobody_asks),
                cmocka_unit_test(errno_gives_its_text),
                cmocka_unit_test(any_text_is_safe),
        };

        return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
