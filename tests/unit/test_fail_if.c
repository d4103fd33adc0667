/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions on a comparison: what they are read as, what is refused and why, and when they are
 * met.
 */
#include "unit.h"

#include "fail_if.h"
#include "macro.h"

#include <errno.h>
#include <string.h>

/* ---- reading ---- */

static void test_conditions(void **state)
{
        static const struct {
                const char *text;
                size_t name, metric;
                unsigned tiles;
                enum fail_if_operator op;
                bool is_change;
                double bound;
        } cases[] = {
                {"web1.p99 > +10%", COMPARE_WEB1, COMPARE_P99, 0, FAIL_IF_ABOVE, true, 0.1},
                {"web1.p99>+10%", COMPARE_WEB1, COMPARE_P99, 0, FAIL_IF_ABOVE, true, 0.1},
                {"oltp.rate @4 < -5%", 7, COMPARE_RATE, 4, FAIL_IF_BELOW, true, -0.05},
                {"oltp.throughput@ 4<-5%", 7, COMPARE_RATE, 4, FAIL_IF_BELOW, true, -0.05},
                {"disk.rate <= 900/s", 6, COMPARE_RATE, 0, FAIL_IF_AT_MOST, false, 900},
                {"disk.rate <= 900.5", 6, COMPARE_RATE, 0, FAIL_IF_AT_MOST, false, 900.5},
                {"total.average >= 1s", COMPARE_TOTAL, COMPARE_AVERAGE, 0, FAIL_IF_AT_LEAST, false,
                        1000},
                {"external.mean > 250us", COMPARE_EXTERNAL, COMPARE_AVERAGE, 0, FAIL_IF_ABOVE,
                        false, 0.25},
                {"web1.max > 1.5s", COMPARE_WEB1, COMPARE_MAX, 0, FAIL_IF_ABOVE, false, 1500},
                {"total.errors > 0.1%", COMPARE_TOTAL, COMPARE_ERRORS, 0, FAIL_IF_ABOVE, false,
                        0.001},
                {"idle.cpu > 1%", 8, COMPARE_CPU, 0, FAIL_IF_ABOVE, false, 0.01},
                {"total.cpu > +1.5%", COMPARE_TOTAL, COMPARE_CPU, 0, FAIL_IF_ABOVE, true, 0.015},
                {"total.tiles < 4", COMPARE_TOTAL, FAIL_IF_TILES, 0, FAIL_IF_BELOW, false, 4},
                {"total.tiles < -0%", COMPARE_TOTAL, FAIL_IF_TILES, 0, FAIL_IF_BELOW, true, 0},
                {"web2.p50 < -100%", 2, COMPARE_P50, 0, FAIL_IF_BELOW, true, -1},
                {" \tclient.p95@4294967295 > +1000% \n", 3, COMPARE_P95, UINT32_MAX, FAIL_IF_ABOVE,
                        true, 10},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct fail_if_list list;
                struct why why = {0};
                int r = fail_if_parse(&list, cases[i].text, &why);

                assert_case(r == 0, "%s: %s", cases[i].text, why.reason);
                assert_int_equal(list.n, 1);
                assert_case(list.items[0].name == cases[i].name &&
                                    list.items[0].metric == cases[i].metric &&
                                    list.items[0].tiles == cases[i].tiles &&
                                    list.items[0].op == cases[i].op &&
                                    list.items[0].is_change == cases[i].is_change,
                        "%s", cases[i].text);
                assert_near(list.items[0].bound, cases[i].bound, 0);
                fail_if_free(&list);
        }
}

static void test_several(void **state)
{
        struct fail_if_list list;

        assert_int_equal(
                fail_if_parse(&list, "web1.p99 > +10%  oltp.rate<-5% total.tiles < 4", NULL), 0);
        assert_int_equal(list.n, 3);
        assert_string_equal(list.items[0].text, "web1.p99 > +10%");
        assert_string_equal(list.items[1].text, "oltp.rate<-5%");
        assert_string_equal(list.items[2].text, "total.tiles < 4");
        fail_if_free(&list);
        assert_int_equal(fail_if_parse(&list, NULL, NULL), 0);
        assert_int_equal(list.n, 0);
        assert_int_equal(fail_if_parse(&list, "  ", NULL), 0);
        assert_int_equal(list.n, 0);
}

static void test_refused(void **state)
{
        static const struct {
                const char *text, *value, *reason; /* beginnings */
        } cases[] = {
                {"web3.p99 > +10%", "web3.p99 > +10%", "must begin with total, web1"},
                {"p99 > +10%", "p99 > +10%", "must begin with total"},
                {"webserver.p99 > 1s", "webserver", "must begin with"},
                {"> +10%", "> +10%", "must begin with"},
                {"web1 > +10%", "web1 > +10%", "a point and a metric"},
                {"web1", "web1", "a point and a metric"},
                {"web1.", "web1.", "the metric must be"},
                {"web1.p90 > 1s", "web1.p90 > 1s", "the metric must be"},
                {"web1.P99 > 1s", "web1.P99 > 1s", "the metric must be"},
                {"web1.tiles < 4", "web1.tiles < 4", "tiles are of the whole run"},
                {"total.tiles @4 < 4", "@4 < 4", "total.tiles is of the whole run"},
                {"web1.p99 @ > 1s", "@ > 1s", "a number of tiles must follow @"},
                {"web1.p99 @0 > 1s", "@0 > 1s", "a number of tiles must follow @"},
                {"web1.p99 @4294967296 > 1s", "@42", "a number of tiles must follow @"},
                {"web1.p99", "", "expected here: >"},
                {"web1.p99 = 1s", "= 1s", "expected here: >"},
                {"web1.p99 == 1s", "== 1s", "expected here: >"},
                {"web1.p99 +10%", "+10%", "expected here: >"},
                {"web1.p99 >", "", "a bound must follow"},
                {"web1.p99 > *", "*", "a bound must follow"},
                {"web1.p99 > 10%", "10%", "a time must have its unit"},
                {"web1.p99 > 500", "500", "a time must have its unit"},
                {"web1.p99 > 5x", "5x", "a time must have its unit"},
                {"web1.p99 > +10", "+10", "a change must be in per cent"},
                {"web1.p99 > +10ms", "+10ms", "a change must be in per cent"},
                {"web1.p99 > +-10%", "+-10%", "a change must be in per cent"},
                {"web1.p99 > +%", "+%", "a change must be in per cent"},
                {"web1.p99 < -101%", "-101%", "nothing can fall by more"},
                {"web1.max > +10%", "+10%", "a single value, the longest"},
                {"web1.errors > +10%", "+10%", "errors are too rare"},
                {"web1.errors > 0.1", "0.1", "a share must be in per cent"},
                {"total.cpu > 50", "50", "a share must be in per cent"},
                {"oltp.rate < 5%", "5%", "a rate must be a number"},
                {"oltp.rate < 1e3", "1e3", "a rate must be a number"},
                {"total.tiles < 4.5", "4.5", "must be a number of tiles"},
                {"web1.p99 > +10% or", "or", "must begin with"},
                {"web1.p99 > +10%, oltp.rate < 4", ", oltp", "the condition has an end here"},
                {"web1.p99 > 12345678901234567890123456789012", "1234", "a bound must follow"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct fail_if_list list;
                struct why why = {0};

                assert_case(
                        fail_if_parse(&list, cases[i].text, &why) == -EINVAL, "%s", cases[i].text);
                assert_string_equal(why.what, "--fail-if");
                assert_case(
                        strncmp(why.value, cases[i].value, strlen(cases[i].value)) == 0 &&
                                strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s: \"%s\": %s", cases[i].text, why.value, why.reason);
        }
}

/* ---- judging ---- */

/* Two numbers of tiles, of which the baseline carried the first only. */
struct pair {
        struct compared_run before, after;
        struct scaling_row sides[2];
        struct compare_row rows[2];
        struct comparison comparison;
};

static void make_pair(struct pair *p)
{
        *p = (struct pair){.before.scaling.valid_tiles = 4, .after.scaling.valid_tiles = 3};
        p->sides[0].valid = true;
        for (unsigned i = 0; i < 2; i++) {
                p->rows[i].tiles = i ? 8 : 4;
                p->rows[i].before = p->rows[i].after = &p->sides[i];
                for (size_t name = 0; name < COMPARE_NAMES; name++)
                        for (size_t m = 0; m < COMPARE_METRICS; m++)
                                p->rows[i].figures[name][m] = (struct compare_figure){
                                        NAN, NAN, interval_missing("not known of both")};
        }
        p->comparison = (struct comparison){
                .before = &p->before, .after = &p->after, .rows = p->rows, .n_rows = 2};
}

static void set(struct pair *p, unsigned row, double after, double low, double high)
{
        struct compare_figure *figure = &p->rows[row].figures[COMPARE_WEB1][COMPARE_P99];

        *figure = (struct compare_figure){.before = 100,
                .after = after,
                .ratio = {.estimate = after / 100, .low = low, .high = high, .repeats = 3}};
}

/* Outcomes, one letter each: Met, not met (-), Unknown. */
static void check(const struct pair *p, const char *text, const char *outcomes)
{
        struct fail_if_judgements judgements;
        struct fail_if_list conditions;
        char found[16] = "";

        assert_int_equal(fail_if_parse(&conditions, text, NULL), 0);
        assert_int_equal(fail_if_judge(&judgements, &conditions, &p->comparison, 1), 0);
        assert_true(judgements.n < sizeof found);
        for (size_t i = 0; i < judgements.n; i++) {
                found[i] = "-MU"[judgements.items[i].outcome];
                assert_int_equal(!judgements.items[i].reason, found[i] != 'U');
        }
        assert_case(strcmp(found, outcomes) == 0, "%s: %s, not %s", text, found, outcomes);
        fail_if_judgements_free(&judgements);
        fail_if_free(&conditions);
}

static void test_changes(void **state)
{
        struct pair p;

        make_pair(&p);
        set(&p, 0, 120, 1.05, 1.4);
        check(&p, "web1.p99 > +10%", "M");
        check(&p, "web1.p99 > +20%", "-");
        check(&p, "web1.p99 >= +19.9%", "M");
        check(&p, "web1.p99 < +30%", "M");
        check(&p, "web1.p99 < -5%", "-");

        /* What does not stand out is no change, even if it is 20 %. */
        set(&p, 0, 120, 0.95, 1.5);
        check(&p, "web1.p99 > +10%", "-");
        check(&p, "web1.p99 > +0%", "-");
        check(&p, "web1.p99 < +10%", "M");
        check(&p, "web1.p99 <= +0%", "M");

        set(&p, 0, 80, 0.7, 0.9);
        check(&p, "web1.p99 < -5%", "M");
        check(&p, "web1.p99 < -25%", "-");
        check(&p, "web1.p99 > +10%", "-");

        /* An interval that has no end on one side. */
        set(&p, 0, 200, 1.2, INFINITY);
        check(&p, "web1.p99 > +10%", "M");
        set(&p, 0, 200, 0.8, INFINITY);
        check(&p, "web1.p99 > +10%", "-");
}

static void test_figures(void **state)
{
        struct pair p;

        make_pair(&p);
        set(&p, 0, 120, 0.9, 1.6);
        check(&p, "web1.p99 > 110ms", "M");
        check(&p, "web1.p99 > 120ms", "-");
        check(&p, "web1.p99 >= 120ms", "M");
        check(&p, "web1.p99 < 1s", "M");
        check(&p, "web1.p95 < 1s", "U");
}

static void test_which_tiles(void **state)
{
        struct pair p;

        make_pair(&p);
        set(&p, 0, 100, 0.9, 1.1);
        set(&p, 1, 200, 1.9, 2.1);
        check(&p, "web1.p99 > +10%", "-"); /* the baseline did not carry 8 */
        check(&p, "web1.p99 @8 > +10%", "M");
        check(&p, "web1.p99 @4 > +10%", "-");
        check(&p, "web1.p99 @5 > +10%", "U");
        check(&p, "web1.p99 @8 > +10% web1.p99 > +10% oltp.p99 > +10%", "M-U");
        p.sides[1].valid = true;
        check(&p, "web1.p99 > +10%", "-M");
        p.sides[0].valid = p.sides[1].valid = false;
        check(&p, "web1.p99 > +10%", "U");
}

static void test_valid_tiles(void **state)
{
        struct pair p;

        make_pair(&p);
        check(&p, "total.tiles < 4", "M");
        check(&p, "total.tiles < 3", "-");
        check(&p, "total.tiles < -0%", "M");
        check(&p, "total.tiles <= -25%", "M");
        check(&p, "total.tiles < -25%", "-");
        p.before.scaling.valid_tiles = 0;
        check(&p, "total.tiles < -0%", "U");
        check(&p, "total.tiles < 4", "M");
}

/* Whether it has changed is only of interest where that makes a difference. */
static void test_too_few_windows(void **state)
{
        struct pair p;

        make_pair(&p);
        set(&p, 0, 120, 1.05, 1.4);
        p.rows[0].figures[COMPARE_WEB1][COMPARE_P99].ratio.repeats = 2;
        check(&p, "web1.p99 > +10%", "U");
        check(&p, "web1.p99 > +30%", "-");
        check(&p, "web1.p99 < +30%", "M");
        check(&p, "web1.p99 < -5%", "-");
        check(&p, "web1.p99 > 110ms", "M");
        set(&p, 0, 120, 0.95, 1.5);
        p.rows[0].figures[COMPARE_WEB1][COMPARE_P99].ratio.repeats = 1;
        check(&p, "web1.p99 > +10%", "-");
}

static void test_unknown_change(void **state)
{
        struct pair p;

        make_pair(&p);
        set(&p, 0, 200, NAN, NAN);
        p.rows[0].figures[COMPARE_WEB1][COMPARE_P99].ratio.missing = "too few";
        check(&p, "web1.p99 > +10%", "U");
        check(&p, "web1.p99 > 150ms", "M");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_conditions),
                cmocka_unit_test(test_several),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_changes),
                cmocka_unit_test(test_figures),
                cmocka_unit_test(test_which_tiles),
                cmocka_unit_test(test_valid_tiles),
                cmocka_unit_test(test_too_few_windows),
                cmocka_unit_test(test_unknown_change),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
