/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "clock.h"
#include "option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct config {
        char *url, *password, *hosts, *more;
        uint64_t users, memory_bytes, think_ns;
        double rate_per_s, dynamic_share;
        bool verify;
        unsigned mode;
};

struct frame {
        char *listen;
        uint64_t tile;
};

#define AT(member)    offsetof(struct config, member)
#define FRAME(member) offsetof(struct frame, member)

static const char *const modes[] = {"closed", "open", "half-open", NULL};

static const struct option options[] = {
        {"url", OPTION_STRING, AT(url), "http://127.0.0.1", "URL", "what to ask"},
        {"password", OPTION_STRING, AT(password), .help = "what to say", .secret = true},
        {"users", OPTION_COUNT, AT(users), "10", NULL, "how many", .min = 1, .max = 1000},
        {"memory", OPTION_SIZE, AT(memory_bytes), "512M", NULL, "how much", .min = 4096},
        {"think-time", OPTION_DURATION, AT(think_ns), "1.5s", NULL, "how long",
                .max = 60 * NS_PER_S},
        {"rate", OPTION_NUMBER, AT(rate_per_s), "0.5", "PER-SECOND", "how fast", .max = 1000000},
        {"dynamic", OPTION_SHARE, AT(dynamic_share), "30%", NULL, "which part"},
        {"verify", OPTION_BOOL, AT(verify), "no", NULL, "whether to look"},
        {"mode", OPTION_CHOICE, AT(mode), "open", NULL, "which way", .choices = modes},
        {"host", OPTION_LIST, AT(hosts), "here", "NAME", "whom to ask"},
};

static const struct option more_options[] = {
        {"more", OPTION_LIST, AT(more), NULL, NULL, "and whom else"},
};

static const struct option frame_options[] = {
        {"listen", OPTION_STRING, FRAME(listen), "9477", "ADDRESS:PORT", "where to listen"},
        {"tile", OPTION_COUNT, FRAME(tile), "0", NULL, "number of the tile"},
};

static struct config config;
static struct frame frame;
static const struct option_set sets[] = {
        {"Frame", frame_options, ARRAY_SIZE(frame_options), &frame},
        {"Empty", NULL, 0, NULL},
        {"Role", options, ARRAY_SIZE(options), &config},
        {NULL, more_options, ARRAY_SIZE(more_options), &config},
};
#define SETS sets, ARRAY_SIZE(sets)

static struct why why;
static char line[1024];

static int set_up(void **state)
{
        memset(&config, 0xa5, sizeof config); /* what init finds there is not freed */
        memset(&frame, 0xa5, sizeof frame);
        memset(&why, 0, sizeof why);
        return option_sets_init(SETS, &why);
}

static int tear_down(void **state)
{
        option_sets_fini(SETS);
        option_sets_fini(SETS); /* once more does no harm */
        return config.url || frame.listen ? -1 : 0;
}

static int apply(const char *key, const char *value)
{
        memset(&why, 0, sizeof why);
        return option_sets_apply(SETS, "--", key, value, &why);
}

static const char *why_text(void)
{
        return why_format(&why, line, sizeof line);
}

static void defaults(void **state)
{
        assert_string_equal(frame.listen, "9477");
        assert_int_equal(frame.tile, 0);
        assert_string_equal(config.url, "http://127.0.0.1");
        assert_null(config.password);
        assert_int_equal(config.users, 10);
        assert_int_equal(config.memory_bytes, 512 << 20);
        assert_int_equal(config.think_ns, 1500 * NS_PER_MS);
        assert_near(config.rate_per_s, 0.5, 0);
        assert_near(config.dynamic_share, 0.3, 0);
        assert_false(config.verify);
        assert_int_equal(config.mode, 1);
        assert_string_equal(config.hosts, "here");
}

static void every_type_takes_its_values(void **state)
{
        assert_int_equal(apply("url", "http://[::1]:80/?a=b c"), 0);
        assert_string_equal(config.url, "http://[::1]:80/?a=b c");
        assert_int_equal(apply("url", ""), -EINVAL);
        assert_string_equal(why_text(), "--url: must not be empty");
        assert_string_equal(config.url, "http://[::1]:80/?a=b c");
        assert_int_equal(apply("users", "1"), 0);
        assert_int_equal(config.users, 1);
        assert_int_equal(apply("users", "1000"), 0);
        assert_int_equal(config.users, 1000);
        assert_int_equal(apply("memory", "4K"), 0);
        assert_int_equal(config.memory_bytes, 4096);
        assert_int_equal(apply("memory", "18446744073709551615"), 0);
        assert_true(config.memory_bytes == UINT64_MAX);
        assert_int_equal(apply("think-time", "0"), 0);
        assert_int_equal(config.think_ns, 0);
        assert_int_equal(apply("think-time", "1m"), 0);
        assert_int_equal(config.think_ns, 60 * NS_PER_S);
        assert_int_equal(apply("rate", "1612.4"), 0);
        assert_near(config.rate_per_s, 1612.4, 0);
        assert_int_equal(apply("rate", "0"), 0);
        assert_near(config.rate_per_s, 0, 0);
        assert_int_equal(apply("dynamic", "0.25"), 0);
        assert_near(config.dynamic_share, 0.25, 0);
        assert_int_equal(apply("mode", "half-open"), 0);
        assert_int_equal(config.mode, 2);
        assert_int_equal(apply("mode", "closed"), 0);
        assert_int_equal(config.mode, 0);
        assert_int_equal(apply("tile", "7"), 0); /* of the other set */
        assert_int_equal(frame.tile, 7);
}

static void every_form_of_bool(void **state)
{
        static const char *const yes[] = {"yes", "true", "on", "1", NULL};
        static const char *const no[] = {"no", "false", "off", "0"};

        for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
                config.verify = false;
                assert_int_equal(apply("verify", yes[i]), 0); /* NULL: the bare switch */
                assert_true(config.verify);
        }
        for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
                config.verify = true;
                assert_int_equal(apply("verify", no[i]), 0);
                assert_false(config.verify);
        }
}

/* A bad value is named with its option and with what would do; the old value stays. */
static void bad_values(void **state)
{
        static const struct {
                const char *key, *value;
                int error;
                const char *text;
        } cases[] = {
                {"users", "many", -EINVAL, "--users \"many\": not a whole number"},
                {"users", "-1", -EINVAL, "--users \"-1\": not a whole number"},
                {"users", "1.5", -EINVAL, "--users \"1.5\": not a whole number"},
                {"users", "", -EINVAL, "--users: not a whole number"},
                {"users", "0", -ERANGE, "--users \"0\": out of range: 1 to 1000"},
                {"users", "1001", -ERANGE, "--users \"1001\": out of range: 1 to 1000"},
                {"users", "99999999999999999999", -ERANGE,
                        "--users \"99999999999999999999\": out of range: 1 to 1000"},
                {"memory", "4095", -ERANGE, "--memory \"4095\": out of range: 4K or more"},
                {"memory", "99999T99", -EINVAL,
                        "--memory \"99999T99\": not a size such as 4096, 64K, 512M or 2G"},
                {"memory", "-1", -EINVAL,
                        "--memory \"-1\": not a size such as 4096, 64K, 512M or 2G"},
                {"think-time", "61s", -ERANGE, "--think-time \"61s\": out of range: 0 to 1m"},
                {"think_time", "soon", -EINVAL,
                        "--think-time \"soon\": not a duration such as 500ms, 30s, 5m or 1h"},
                {"rate", "1000000.1", -ERANGE, "--rate \"1000000.1\": out of range: 0 to 1000000"},
                {"rate", "1e3", -EINVAL, "--rate \"1e3\": not a number such as 200 or 0.5"},
                {"rate", "nan", -EINVAL, "--rate \"nan\": not a number such as 200 or 0.5"},
                {"dynamic", "101%", -ERANGE, "--dynamic \"101%\": out of range: 0% to 100%"},
                {"dynamic", "half", -EINVAL,
                        "--dynamic \"half\": not a share such as 30% or 0.3, at most 100%"},
                {"verify", "maybe", -EINVAL, "--verify \"maybe\": not yes or no"},
                {"verify", "", -EINVAL, "--verify: not yes or no"},
                {"mode", "ajar", -EINVAL, "--mode \"ajar\": not one of closed|open|half-open"},
                {"mode", "Open", -EINVAL, "--mode \"Open\": not one of closed|open|half-open"},
                {"mode", "ope", -EINVAL, "--mode \"ope\": not one of closed|open|half-open"},
                {"mode", "0", -EINVAL, "--mode \"0\": not one of closed|open|half-open"},
                /* no value at all */
                {"url", NULL, -EINVAL, "--url: needs a value: text"},
                {"users", NULL, -EINVAL, "--users: needs a value: a whole number"},
                {"mode", NULL, -EINVAL, "--mode: needs a value: one of the choices"},
        };
        struct config before = config;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                int r = apply(cases[i].key, cases[i].value);

                assert_case(r == cases[i].error, "%s=%s: %d", cases[i].key, cases[i].value, r);
                assert_string_equal(why_text(), cases[i].text);
                assert_memory_equal(&config, &before, sizeof config);
        }
        assert_int_equal(option_sets_apply(SETS, "--", "users", "x", NULL), -EINVAL);
}

/* A key that is not there: named as it was written, with the nearest that is. */
static void unknown_keys(void **state)
{
        static const struct {
                const char *key, *nearest;
        } cases[] = {
                {"user", "--users"},
                {"usres", "--users"},
                {"thinktime", "--think-time"},
                {"THINK-TIME", "--think-time"},
                {"Rate", "--rate"},
                {"lisen", "--listen"},
                {"tiles", "--tile"},
                {"verfy", "--verify"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char expected[256];

                assert_int_equal(apply(cases[i].key, "1"), -ENOENT);
                snprintf(expected, sizeof expected, "--%s: unknown: the nearest valid one is %s",
                        cases[i].key, cases[i].nearest);
                assert_string_equal(why_text(), expected);
        }
        assert_int_equal(apply("", "1"), -ENOENT);
        assert_int_equal(apply("url\n", "1"), -ENOENT);
        assert_int_equal(option_sets_apply(NULL, 0, "--", "x", "1", &why), -ENOENT);
        assert_string_equal(why_text(), "--x: unknown: there are no such options here");
}

static int arguments(const char *first, ...)
{
        char *argv[16];
        int argc = 0;
        va_list ap;

        va_start(ap, first);
        for (const char *a = first; a; a = va_arg(ap, const char *))
                argv[argc++] = (char *)(uintptr_t)a;
        va_end(ap);
        memset(&why, 0, sizeof why);
        return option_sets_argv(SETS, argc, argv, &why);
}

static void argv_forms(void **state)
{
        assert_int_equal(option_sets_argv(SETS, 0, NULL, &why), 0);
        assert_int_equal(arguments("--users", "7", "--rate=2.5", "--think_time", "10ms", "--verify",
                                 "--url=a=b=c", "--mode", "closed", NULL),
                0);
        assert_int_equal(config.users, 7);
        assert_near(config.rate_per_s, 2.5, 0);
        assert_int_equal(config.think_ns, 10 * NS_PER_MS);
        assert_true(config.verify);
        assert_string_equal(config.url, "a=b=c");
        assert_int_equal(config.mode, 0);

        /* the last counts */
        assert_int_equal(arguments("--users=1", "--users", "2", "--users=3", NULL), 0);
        assert_int_equal(config.users, 3);

        /* a value may look like anything */
        assert_int_equal(arguments("--url", "--users", NULL), 0);
        assert_string_equal(config.url, "--users");
        assert_int_equal(config.users, 3);
        assert_int_equal(arguments("--url=", NULL), -EINVAL);
        assert_int_equal(arguments("--url", "", NULL), -EINVAL);
}

static int command_line(const char *text);

/* The words of a list add up; what was there before them goes. */
static void lists(void **state)
{
        assert_int_equal(arguments("--host", "a", NULL), 0);
        assert_string_equal(config.hosts, "a");
        assert_int_equal(
                arguments("--host", "b", "--users=5", "--host=here", "--host", "c", NULL), 0);
        assert_string_equal(config.hosts, "b here c");
        assert_int_equal(config.users, 5);

        /* also one that is the default */
        assert_int_equal(arguments("--host=here", "--host=b", NULL), 0);
        assert_string_equal(config.hosts, "here b");
        assert_int_equal(arguments("--host=a b", "--host=  c", NULL), 0);
        assert_string_equal(config.hosts, "a b c");

        /* a bad one leaves what was there */
        assert_int_equal(arguments("--host=", NULL), -EINVAL);
        assert_string_equal(why_text(), "--host: must not be empty");
        assert_int_equal(arguments("--host", "  ", NULL), -EINVAL);
        assert_int_equal(arguments("--host", NULL), -EINVAL);
        assert_string_equal(why_text(), "--host: needs a value: text");
        assert_string_equal(config.hosts, "a b c");

        /* the kernel command line has one place for it */
        assert_int_equal(command_line("tileload.host=\"x y\""), 0);
        assert_string_equal(config.hosts, "x y");
        assert_int_equal(arguments("--host=z", NULL), 0);
        assert_string_equal(config.hosts, "z");
}

static void argv_switches_do_not_eat_their_neighbour(void **state)
{
        assert_int_equal(arguments("--verify", "--users", "5", NULL), 0);
        assert_true(config.verify);
        assert_int_equal(config.users, 5);
        assert_int_equal(arguments("--verify=no", NULL), 0);
        assert_false(config.verify);
        assert_int_equal(arguments("--verify", "no", NULL), -EINVAL);
        assert_string_equal(why_text(),
                "argument \"no\": not expected here: options begin with -- (see --help)");
}

static void argv_errors(void **state)
{
        assert_int_equal(arguments("users", NULL), -EINVAL);
        assert_int_equal(arguments("--users", "5", "6", NULL), -EINVAL);
        assert_string_equal(why_text(),
                "argument \"6\": not expected here: options begin with -- (see --help)");
        assert_int_equal(arguments("-u", "5", NULL), -EINVAL);
        assert_int_equal(arguments("-users=5", NULL), -EINVAL);
        assert_int_equal(arguments("-", NULL), -EINVAL);
        assert_int_equal(arguments("--", NULL), -EINVAL);
        assert_int_equal(arguments("", NULL), -EINVAL);

        assert_int_equal(arguments("--users", NULL), -EINVAL);
        assert_string_equal(why_text(), "--users: needs a value: a whole number");
        assert_int_equal(arguments("--usres", "5", NULL), -ENOENT);
        assert_string_equal(why_text(), "--usres: unknown: the nearest valid one is --users");
        assert_int_equal(arguments("--usres=5", NULL), -ENOENT);
        assert_string_equal(why_text(), "--usres: unknown: the nearest valid one is --users");
        assert_int_equal(arguments("--=5", NULL), -ENOENT);
}

/* As a command takes them that wants more than options. */
static void words_between_options(void **state)
{
        static const char *const given[] = {
                "one", "--users", "5", "--", "two", "--users", "-", "--"};
        char *const *argv = (char *const *)(uintptr_t)given;
        const char *words[ARRAY_SIZE(given)];
        size_t n = 9;

        assert_int_equal(option_sets_argv_words(SETS, 3, argv, words, &n, &why), 0);
        assert_int_equal(n, 1);
        assert_string_equal(words[0], "one");
        assert_int_equal(config.users, 5);

        assert_int_equal(option_sets_argv_words(SETS, 8, argv, words, &n, &why), 0);
        assert_int_equal(n, 5);
        assert_string_equal(words[1], "two");
        assert_string_equal(words[2], "--users");
        assert_string_equal(words[3], "-");
        assert_string_equal(words[4], "--");

        assert_int_equal(option_sets_argv_words(SETS, 0, NULL, words, &n, &why), 0);
        assert_int_equal(n, 0);

        /* with one dash it is a slip, not a word */
        assert_int_equal(
                option_sets_argv_words(SETS, 1, &(char *){strdupa("-users=5")}, words, &n, &why),
                -EINVAL);
        assert_int_equal(
                option_sets_argv_words(SETS, 1, &(char *){strdupa("--usres=5")}, words, &n, &why),
                -ENOENT);
}

static int command_line(const char *text)
{
        struct cmdline cmdline;
        int r = cmdline_parse(&cmdline, text, &why);

        if (r < 0)
                return r;
        memset(&why, 0, sizeof why);
        r = option_sets_cmdline(SETS, &cmdline, &why);
        cmdline_fini(&cmdline);
        return r;
}

static void from_the_kernel_command_line(void **state)
{
        assert_int_equal(
                command_line("quiet tileload.role=nonesuch tileload.tile=3 users=9 "
                             "tileload.think_time=2s tileload.url=\"a b\" tileload.verify"),
                0);
        assert_int_equal(frame.tile, 3);
        assert_int_equal(config.users, 10);
        assert_int_equal(config.think_ns, 2 * NS_PER_S);
        assert_string_equal(config.url, "a b");
        assert_true(config.verify);

        /* argv comes after and wins */
        assert_int_equal(arguments("--tile=4", NULL), 0);
        assert_int_equal(frame.tile, 4);
}

static void kernel_command_line_errors(void **state)
{
        assert_int_equal(command_line("tileload.usrs=9"), -ENOENT);
        assert_string_equal(
                why_text(), "tileload.usrs: unknown: the nearest valid one is tileload.users");
        assert_int_equal(command_line("tileload.users=x"), -EINVAL);
        assert_string_equal(why_text(), "tileload.users \"x\": not a whole number");
        assert_int_equal(command_line("tileload.users=0"), -ERANGE);
        assert_string_equal(why_text(), "tileload.users \"0\": out of range: 1 to 1000");
        assert_int_equal(command_line("tileload.users"), -EINVAL);
        assert_string_equal(why_text(), "tileload.users: needs a value: a whole number");
}

static void check_text(const char *key, const char *value, const char *text)
{
        const struct option *option = NULL;
        char *got, *again;

        for (size_t i = 0; i < ARRAY_SIZE(options); i++)
                if (strcmp(options[i].name, key) == 0)
                        option = &options[i];
        assert_non_null(option);
        assert_int_equal(apply(key, value), 0);
        got = option_text(option, &config);
        assert_non_null(got);
        assert_string_equal(got, text);

        /* It can be given back and says the same. */
        assert_int_equal(apply(key, got), 0);
        again = option_text(option, &config);
        assert_string_equal(again, text);
        free(got);
        free(again);
}

static void text_is_what_a_user_would_write(void **state)
{
        static const struct {
                const char *key, *value, *text;
        } cases[] = {
                {"url", "a b=c", "a b=c"},
                {"users", "0010", "10"},
                {"memory", "536870912", "512M"},
                {"memory", "2048K", "2M"},
                {"memory", "4097", "4097"},
                {"memory", "3T", "3T"},
                {"think-time", "0", "0"},
                {"think-time", "60", "1m"},
                {"think-time", "30", "30s"},
                {"think-time", "1.5", "1500ms"},
                {"think-time", "1.5us", "1500ns"},
                {"think-time", "2us", "2us"},
                {"rate", "0", "0"},
                {"rate", "200", "200"},
                {"rate", "000.50", "0.5"},
                {"rate", "1000000", "1000000"},
                {"rate", "0.1", "0.1"},
                {"rate", "999999.9", "999999.9"},
                {"rate", "0.0001", "0.0001"},
                {"rate", "0.333333333333333", "0.333333333333333"},
                {"dynamic", "0.3", "30%"},
                {"dynamic", "7%", "7%"},
                {"dynamic", "0.07", "7%"},
                {"dynamic", "1", "100%"},
                {"dynamic", "0", "0%"},
                {"host", " a b", "a b"},
                {"verify", "1", "yes"},
                {"verify", "off", "no"},
                {"mode", "half-open", "half-open"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
                check_text(cases[i].key, cases[i].value, cases[i].text);
}

/* However small or large: no exponent, which no option would take back. */
static void text_of_extreme_numbers(void **state)
{
        static const struct option extreme = {"number", OPTION_NUMBER, 0};
        static const char *const numbers[] = {"0.00001", "0.000000123456789", "1000000000000000",
                "123456789012345678",
                "9000000000000000000000000000000000000000000000000000000000000000000000000000"};
        double value = 0;
        const struct option_set set = {"Extreme", &extreme, 1, &value};

        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
                char *text;
                double before;

                assert_int_equal(option_sets_apply(&set, 1, "--", "number", numbers[i], &why), 0);
                before = value;
                text = option_text(&extreme, &value);
                assert_null(strchr(text, 'e'));
                assert_int_equal(option_sets_apply(&set, 1, "--", "number", text, &why), 0);
                assert_near(value, before, 1e-14 * before);
                free(text);
        }
        check_text("rate", "0.00001", "0.00001");
        check_text("rate", "0.000000123456789", "0.000000123456789");
        check_text("dynamic", "0.0000001%", "0.0000001%");
}

static void text_of_an_unset_string(void **state)
{
        assert_null(option_text(&options[1], &config));
}

/* A password is taken, but shown nowhere again. */
static void secrets_are_not_shown(void **state)
{
        char *text;

        assert_int_equal(apply("password", "hunter2"), 0);
        assert_string_equal(config.password, "hunter2");
        text = option_text(&options[1], &config);
        assert_non_null(text);
        assert_null(strstr(text, "hunter2"));
        free(text);
}

static void a_bad_default_is_told(void **state)
{
        static const struct option bad[] = {
                {"first", OPTION_STRING, 0, "kept"}, {"second", OPTION_COUNT, sizeof(char *), "x"}};
        struct {
                char *first;
                uint64_t second;
        } values;
        const struct option_set set = {"Bad", bad, 2, &values};

        assert_int_equal(option_sets_init(&set, 1, &why), -EINVAL);
        assert_string_equal(why_text(), "--second \"x\": not a whole number");
        option_sets_fini(&set, 1); /* what was set so far */
        assert_null(values.first);
}

static void help(void **state)
{
        static const char expected[] =
                "Frame:\n"
                "  --listen ADDRESS:PORT        where to listen [9477]\n"
                "  --tile N                     number of the tile [0]\n"
                "\n"
                "Role:\n"
                "  --url URL                    what to ask [http://127.0.0.1]\n"
                "  --password TEXT              what to say\n"
                "  --users N                    how many [10]\n"
                "  --memory SIZE                how much [512M]\n"
                "  --think-time TIME            how long [1.5s]\n"
                "  --rate PER-SECOND            how fast [0.5]\n"
                "  --dynamic SHARE              which part [30%]\n"
                "  --verify[=no]                whether to look [no]\n"
                "  --mode closed|open|half-open which way [open]\n"
                "  --host NAME                  whom to ask [here]\n"
                "  --more TEXT                  and whom else\n";
        char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);

        option_sets_help(SETS, to);
        fclose(to);
        assert_string_equal(text, expected);
        free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(defaults),
                TEST(every_type_takes_its_values),
                TEST(every_form_of_bool),
                TEST(bad_values),
                TEST(unknown_keys),
                TEST(argv_forms),
                TEST(lists),
                TEST(argv_switches_do_not_eat_their_neighbour),
                TEST(argv_errors),
                TEST(words_between_options),
                TEST(from_the_kernel_command_line),
                TEST(kernel_command_line_errors),
                TEST(text_is_what_a_user_would_write),
                TEST(text_of_extreme_numbers),
                TEST(text_of_an_unset_string),
                TEST(secrets_are_not_shown),
                TEST(a_bad_default_is_told),
                TEST(help),
        };

        return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
