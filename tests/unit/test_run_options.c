/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "run_options.h"

#include <errno.h>
#include <string.h>

/* words: "run --tiles 1-4", taken apart at blanks. */
static int parse(struct run_options *options, const char *words, struct why *why)
{
        static char text[512];
        char *argv[64], *save = NULL;
        int argc = 0;

        snprintf(text, sizeof text, "%s", words);
        for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
                argv[argc++] = w;
        argv[argc] = NULL;
        *why = (struct why){0};
        return run_options_parse(options, argc, argv, why);
}

static void refuse(const char *words, int error, const char *line)
{
        struct run_options options;
        char text[1024];
        struct why why;

        assert_int_equal(parse(&options, words, &why), error);
        assert_case(
                strcmp(why_format(&why, text, sizeof text), line) == 0, "%s: \"%s\"", words, text);
        run_options_fini(&options);
}

static void defaults(void **state)
{
        struct run_options o;
        struct option_set sets[RUN_SETS];
        struct why why;

        assert_int_equal(parse(&o, "run", &why), 0);
        assert_int_equal(o.sweep.first, 1);
        assert_int_equal(o.sweep.last, 1);
        assert_int_equal(o.sweep.step, 1);
        assert_int_equal(o.sweep.repeat, 1);
        assert_false(o.sweep.search);
        assert_true(o.sweep.stop_at_invalid);
        assert_near(o.sweep.min_gain, 0.1, 1e-12);
        assert_near(o.rate_per_s, 200, 0);
        assert_int_equal(o.database_memory, 64 << 20);
        assert_int_equal(o.loads.cpu_memory, 0); /* the role's own */
        assert_null(o.resume);
        assert_int_equal(run_options_in_force(&o, sets), RUN_COMMON_SETS + RUN_PROCESS_SETS);
        run_options_fini(&o);
        assert_int_equal(parse(&o, "run --launch libvirt", &why), 0);
        assert_int_equal(run_options_in_force(&o, sets), RUN_COMMON_SETS + RUN_LIBVIRT_SETS);
        run_options_fini(&o);
}

static void a_sweep(void **state)
{
        struct run_options o;
        struct why why;

        assert_int_equal(
                parse(&o, "run --tiles 2-32 --step 5 --search --repeat 3 --min-gain 25%", &why), 0);
        assert_int_equal(o.sweep.first, 2);
        assert_int_equal(o.sweep.last, 32);
        assert_int_equal(o.sweep.step, 5);
        assert_int_equal(o.sweep.repeat, 3);
        assert_true(o.sweep.search);
        assert_near(o.sweep.min_gain, 0.25, 1e-12);
        run_options_fini(&o);
}

static void a_profile_is_weaker_than_what_is_given(void **state)
{
        struct run_options o;
        struct why why;

        assert_int_equal(parse(&o, "run --profile small", &why), 0);
        assert_near(o.rate_per_s, 5, 0);
        assert_int_equal(o.loads.dirs, 1);
        assert_int_equal(o.database_memory, 16 << 20);
        run_options_fini(&o);
        /* Whichever comes first. */
        assert_int_equal(parse(&o, "run --rate 77 --profile small --dirs 3", &why), 0);
        assert_near(o.rate_per_s, 77, 0);
        assert_int_equal(o.loads.dirs, 3);
        assert_int_equal(o.loads.users, 1);
        run_options_fini(&o);
        assert_int_equal(parse(&o, "run --profile small --profile standard --dirs 2", &why), 0);
        assert_near(o.rate_per_s, 200, 0);
        assert_int_equal(o.loads.dirs, 2);
        assert_int_equal(o.loads.users, 0);
        run_options_fini(&o);
        /* Words add up once, not twice, though argv is read twice. */
        assert_int_equal(parse(&o,
                                 "run --profile small --launch libvirt --connect test:///a "
                                 "--connect test:///b",
                                 &why),
                0);
        assert_string_equal(o.libvirt.connect, "test:///a test:///b");
        assert_near(o.rate_per_s, 5, 0);
        run_options_fini(&o);
}

static void what_does_not_go_together(void **state)
{
        refuse("run --tiles 0", -EINVAL,
                "--tiles \"0\": not a number of tiles: write 4, or 1-4 for steps from 1 to 4");
        refuse("run --tiles 1-251", -ERANGE, "--tiles \"1-251\": at most 250 tiles");
        refuse("run --rate 0", -ERANGE, "--rate: must be above 0");
        refuse("run --search --stop-at-invalid=no", -EINVAL,
                "--stop-at-invalid \"no\": goes without --search only: that looks for where steps "
                "are not valid");
        refuse("run --pool fast", -EINVAL, "--pool \"fast\": goes with --launch libvirt only");
        refuse("run --launch libvirt --database-memory 1G", -EINVAL,
                "--database-memory \"1G\": goes with --launch process only");
}

static void resume_goes_with_little(void **state)
{
        static const char tail[] = ": cannot be given with --resume, which goes on with the "
                                   "options that the run had";
        struct run_options o;
        struct why why;
        char line[256];

        assert_int_equal(parse(&o, "run --resume results --ready-timeout 5m", &why), 0);
        assert_string_equal(o.resume, "results");
        run_options_fini(&o);
        assert_int_equal(parse(&o, "run --ready_timeout=5m --resume=results", &why), 0);
        run_options_fini(&o);
        snprintf(line, sizeof line, "--rate%s", tail);
        refuse("run --resume results --rate 3", -EINVAL, line);
        refuse("run --rate=3 --resume=results", -EINVAL, line);
        snprintf(line, sizeof line, "--output%s", tail);
        refuse("run --resume results --output other", -EINVAL, line);
        assert_true(run_option_goes_with_resume("--resume"));
        assert_true(run_option_goes_with_resume("results"));
        assert_false(run_option_goes_with_resume("--resum"));
        assert_false(run_option_goes_with_resume("--resumes=x"));
        assert_false(run_option_goes_with_resume("--ready"));
        assert_false(run_option_goes_with_resume("--"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults),
                cmocka_unit_test(a_sweep),
                cmocka_unit_test(a_profile_is_weaker_than_what_is_given),
                cmocka_unit_test(what_does_not_go_together),
                cmocka_unit_test(resume_goes_with_little),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
