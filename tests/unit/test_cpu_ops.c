/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "operation.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define PAGE       4096
#define LINE_WORDS 8
#define PAGE_LINES (PAGE / 64)

static void bench_free(struct workbench *bench)
{
        integer_parts_free(bench->integer);
        floating_parts_free(bench->floating);
        memory_parts_free(bench->memory);
        system_parts_free(bench->system);
}

/* Returns 0 or -errno: also called in threads, where nothing may be asserted. */
static int bench_make(struct workbench *bench, uint64_t bytes, const char *directory)
{
        struct why why;
        int r;

        *bench = (struct workbench){0};
        r = integer_parts_new(&bench->integer);
        if (r == 0)
                r = floating_parts_new(&bench->floating);
        if (r == 0)
                r = memory_parts_new(&bench->memory, bytes, MEMORY_HUGEPAGES_DEFAULT);
        if (r == 0)
                r = system_parts_new(&bench->system, directory, &why);
        while (r == 0 && memory_parts_fill(bench->memory) < memory_parts_size(bench->memory))
                ;
        return r;
}

static int run(struct workbench *bench, enum operation_id id)
{
        return operation_run(&operation_table[id], bench);
}

/* ---- answers ---- */

static void test_every_operation_is_right_again_and_again(void **state)
{
        struct workbench bench;

        assert_int_equal(bench_make(&bench, 1 << 20, "/tmp"), 0);
        for (unsigned round = 0; round < 3; round++) {
                for (unsigned i = 0; i < N_OPERATIONS; i++) {
                        int r = run(&bench, i);

                        assert_case(r == 0, "%s: %s", operation_table[i].name, strerror(-r));
                }
        }
        bench_free(&bench);
}

/* The check of each operation looks at the very number that comes out: off by one, it is wrong. */
static void test_every_operation_notices_a_wrong_answer(void **state)
{
        struct workbench bench;

        assert_int_equal(bench_make(&bench, 1 << 20, "/tmp"), 0);
        for (unsigned i = 0; i < N_OPERATIONS; i++) {
                struct operation broken = operation_table[i];
                struct expected expected = *broken.expected;
                const char *name = broken.name;

                broken.expected = &expected;
                assert_case(operation_run(&broken, &bench) == 0, "%s", name);
                expected.integer++;
                assert_case(operation_run(&broken, &bench) == -EBADMSG, "%s", name);
                expected.integer--;
                if (broken.family != FAMILY_FLOATING)
                        continue;
                expected.real *= 1 + 1e-10;
                assert_case(operation_run(&broken, &bench) == -EBADMSG, "%s", name);
        }
        bench_free(&bench);
}

/* Tolerances are for rounding only: none is as wide as one step's part in the answer. */
static void test_tolerances_are_narrow(void **state)
{
        for (unsigned i = 0; i < N_OPERATIONS; i++) {
                const struct operation *o = &operation_table[i];

                if (o->family == FAMILY_FLOATING)
                        assert_case(o->expected->tolerance < 1e-10, "%s", o->name);
                else
                        assert_case(o->expected->tolerance == 0, "%s", o->name);
        }
}

static struct answer given;
static int given_result;

static int give(struct workbench *bench, struct answer *answer)
{
        *answer = given;
        return given_result;
}

static int judge(double real, double expected_real, double tolerance)
{
        struct expected expected = {.real = expected_real, .tolerance = tolerance};
        struct operation operation = {.name = "given", .run = give, .expected = &expected};

        given = (struct answer){.real = real};
        return operation_run(&operation, NULL);
}

static void test_judgement(void **state)
{
        given_result = 0;
        assert_int_equal(judge(2.0, 2.0, 0), 0);
        assert_int_equal(judge(nextafter(2.0, 3), 2.0, 0), -EBADMSG);
        assert_int_equal(judge(2.0 + 1e-12, 2.0, 1e-12), 0);
        assert_int_equal(judge(2.0 + 3e-12, 2.0, 1e-12), -EBADMSG);
        assert_int_equal(judge(-2.0 - 1e-12, -2.0, 1e-12), 0);
        assert_int_equal(judge(-2.0, 2.0, 1e-12), -EBADMSG);
        assert_int_equal(judge(NAN, 2.0, 1e-12), -EBADMSG);
        assert_int_equal(judge(INFINITY, 2.0, 1e-12), -EBADMSG);
        assert_int_equal(judge(NAN, 0.0, 0), -EBADMSG);
        given_result = -EMFILE;
        assert_int_equal(judge(2.0, 2.0, 0), -EMFILE);
}

static void test_failing_system_call_is_not_a_wrong_answer(void **state)
{
        char directory[] = "/tmp/tileload-unit-XXXXXX";
        struct workbench bench;

        assert_non_null(mkdtemp(directory));
        assert_int_equal(bench_make(&bench, 1 << 20, directory), 0);
        assert_int_equal(run(&bench, OPERATION_file), 0);
        /* Also: nothing is left there, or this would fail. */
        assert_int_equal(rmdir(directory), 0);
        assert_int_equal(run(&bench, OPERATION_file), -ENOENT);
        assert_int_equal(run(&bench, OPERATION_pipe), 0);
        bench_free(&bench);
}

static void test_bad_directory_is_named(void **state)
{
        struct system_parts *parts;
        struct why why;

        assert_int_equal(system_parts_new(&parts, "/nowhere/at/all", &why), -ENOENT);
        assert_string_equal(why.what, "--directory");
        assert_string_equal(why.value, "/nowhere/at/all");
        assert_int_equal(system_parts_new(&parts, "/dev/null", &why), -ENOTDIR);
        assert_true(system_parts_new(&parts, "/proc", &why) < 0); /* nothing can be made there */
        assert_string_equal(why.what, "--directory");
        assert_int_equal(system_parts_new(&parts, NULL, &why), 0);
        system_parts_free(parts);
}

/* Signals, processes and files of several workers at once. */
static void *work_beside(void *argument)
{
        struct workbench bench;
        intptr_t wrong = bench_make(&bench, 1 << 20, "/tmp") < 0;

        for (unsigned round = 0; round < 3 && !wrong; round++)
                for (unsigned i = 0; i < N_OPERATIONS; i++)
                        wrong += run(&bench, i) != 0;
        bench_free(&bench);
        return (void *)wrong;
}

static void test_workers_do_not_disturb_each_other(void **state)
{
        pthread_t threads[3];

        for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
                assert_int_equal(pthread_create(&threads[i], NULL, work_beside, NULL), 0);
        for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
                void *wrong;

                assert_int_equal(pthread_join(threads[i], &wrong), 0);
                assert_null(wrong);
        }
}

/* ---- the working set ---- */

static struct memory_parts *filled(uint64_t bytes)
{
        struct memory_parts *parts;
        uint64_t before = 0, now;

        assert_int_equal(memory_parts_new(&parts, bytes, MEMORY_HUGEPAGES_NO), 0);
        assert_true(memory_parts_size(parts) >= bytes);
        while ((now = memory_parts_fill(parts)) < memory_parts_size(parts)) {
                assert_true(now > before);
                before = now;
        }
        return parts;
}

static uint64_t chain_lines(const struct memory_parts *parts)
{
        uint64_t pages = memory_parts_size(parts) / PAGE;

        return (pages - 3 * (pages / 6)) * PAGE_LINES;
}

static const uint64_t sizes[] = {1, 64 << 10, 1 << 20, (1 << 20) + 1, 3 << 20, (5 << 20) + 12345};

/* One cycle through every line, of whatever number of lines; and no order that could be guessed:
 * nearly every step leads to another page, and hardly ever does a distance come twice in a row. */
static void test_chain_is_one_cycle(void **state)
{
        for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
                struct memory_parts *parts = filled(sizes[s]);
                const uint64_t *map = memory_parts_map(parts);
                uint64_t n = chain_lines(parts), at = 0, last = 0, near = 0, repeated = 0;
                unsigned char *seen = calloc(n, 1);

                for (uint64_t i = 0; i < n; i++) {
                        uint64_t next = map[at * LINE_WORDS];

                        assert_case(next < n && !seen[next], "size %lu, step %lu",
                                (unsigned long)sizes[s], (unsigned long)i);
                        seen[next] = 1;
                        near += next / PAGE_LINES == at / PAGE_LINES;
                        repeated += next - at == last;
                        last = next - at;
                        at = next;
                }
                assert_int_equal(at, 0);
                assert_case(near <= 2 * n / (n / PAGE_LINES) + n / 50, "size %lu: %lu near of %lu",
                        (unsigned long)sizes[s], (unsigned long)near, (unsigned long)n);
                assert_true(repeated <= n / 50);
                free(seen);
                memory_parts_free(parts);
        }
}

static uint64_t passes(const struct memory_parts *parts)
{
        uint64_t bytes, n;

        memory_parts_walked(parts, &bytes, &n);
        return n;
}

/* A pass needs both halves, and is as many lines as there are: not one run of chase fewer. */
static void test_passes_are_whole(void **state)
{
        const struct operation *chase = &operation_table[OPERATION_chase];
        const struct operation *triad = &operation_table[OPERATION_triad];
        struct workbench bench = {.memory = filled(4 << 20)};
        uint64_t a_run = chase->expected->integer, lines = chain_lines(bench.memory);

        for (uint64_t walked = 0; walked < 3 * lines; walked += a_run)
                assert_int_equal(operation_run(chase, &bench), 0);
        assert_int_equal(passes(bench.memory), 0);
        assert_int_equal(operation_run(triad, &bench), 0);
        assert_true(triad->expected->integer > memory_parts_size(bench.memory) / PAGE / 6);
        assert_int_equal(passes(bench.memory), 1);
        for (unsigned i = 0; i < 10; i++)
                assert_int_equal(operation_run(triad, &bench), 0);
        assert_int_equal(passes(bench.memory), 3);
        memory_parts_free(bench.memory);

        bench.memory = filled(4 << 20);
        assert_int_equal(operation_run(triad, &bench), 0);
        for (uint64_t walked = a_run; walked < lines; walked += a_run)
                assert_int_equal(operation_run(chase, &bench), 0);
        assert_int_equal(passes(bench.memory), 0);
        assert_int_equal(operation_run(chase, &bench), 0);
        assert_int_equal(passes(bench.memory), 1);
        memory_parts_free(bench.memory);
}

static void test_walked_bytes(void **state)
{
        struct workbench bench = {.memory = filled(1 << 20)};
        uint64_t before = 0, bytes, n;

        for (unsigned i = OPERATION_chase; i <= OPERATION_pages; i++) {
                assert_int_equal(operation_table[i].family, FAMILY_MEMORY);
                assert_int_equal(run(&bench, i), 0);
                memory_parts_walked(bench.memory, &bytes, &n);
                assert_true(bytes - before >= operation_table[i].expected->integer * 64);
                before = bytes;
        }
        memory_parts_free(bench.memory);
}

/* Runs all memory operations, each some passes around; returns how many answers were wrong. */
static unsigned walk_around(struct workbench *bench, uint64_t n_passes)
{
        uint64_t before = passes(bench->memory);
        unsigned wrong = 0;

        while (passes(bench->memory) < before + n_passes)
                for (unsigned i = OPERATION_chase; i <= OPERATION_pages; i++)
                        wrong += run(bench, i) != 0;
        return wrong;
}

/* All of it is really read: one bit, anywhere in what holds data, and some answer is wrong. */
static void test_a_flipped_bit_is_found(void **state)
{
        struct workbench bench = {.memory = filled(256 << 10)};
        uint64_t *map = memory_parts_map(bench.memory), chain = chain_lines(bench.memory);
        uint64_t array_words = memory_parts_size(bench.memory) / PAGE / 6 * PAGE / 8;
        uint64_t numbers = chain * LINE_WORDS + array_words; /* b and c, behind a */
        struct rng rng;

        rng_init(&rng, 1, 0);
        assert_int_equal(walk_around(&bench, 2), 0);
        for (unsigned i = 0; i < 200; i++) {
                bool line = i % 2;
                /* A line's link or check, a number of b or c. */
                uint64_t word = line ? rng_below(&rng, chain) * LINE_WORDS + rng_below(&rng, 2)
                                     : numbers + rng_below(&rng, 2 * array_words);
                uint64_t bit = UINT64_C(1) << rng_below(&rng, 64);

                map[word] ^= bit;
                assert_case(walk_around(&bench, line ? 2 : 3) > 0, "word %lu, bit %lx",
                        (unsigned long)word, (unsigned long)bit);
                map[word] ^= bit;
                /* Mended, and back on the cycle by the next pass, all is right again. */
                walk_around(&bench, 2);
                assert_int_equal(walk_around(&bench, 1), 0);
        }
        memory_parts_free(bench.memory);
}

/* Every page differs from every other and from those of another working set, so that a host that
 * merges equal pages finds none. */
static void test_no_two_pages_are_alike(void **state)
{
        struct memory_parts *one = filled(1 << 20), *other = filled(1 << 20);
        const char *a = memory_parts_map(one), *b = memory_parts_map(other);
        uint64_t size = memory_parts_size(one);

        for (uint64_t i = 0; i < size; i += PAGE) {
                for (uint64_t k = 0; k < size; k += PAGE) {
                        assert_true(i == k || memcmp(a + i, a + k, PAGE) != 0);
                        assert_int_not_equal(memcmp(a + i, b + k, PAGE), 0);
                }
        }
        memory_parts_free(one);
        memory_parts_free(other);
}

static void test_too_much_memory(void **state)
{
        struct memory_parts *parts;

        assert_int_equal(memory_parts_new(&parts, UINT64_MAX, MEMORY_HUGEPAGES_DEFAULT), -ENOMEM);
        assert_int_equal(
                memory_parts_new(&parts, UINT64_C(1) << 60, MEMORY_HUGEPAGES_DEFAULT), -ENOMEM);
}

/* ---- the mix ---- */

static void test_table(void **state)
{
        unsigned families[N_FAMILIES] = {0}, total = 0;

        assert_true(N_OPERATIONS >= 14);
        for (unsigned i = 0; i < N_OPERATIONS; i++) {
                const struct operation *o = &operation_table[i];

                assert_true(o->weight > 0);
                assert_non_null(o->run);
                total += o->weight;
                families[o->family] += o->weight;
                for (unsigned k = 0; k < i; k++)
                        assert_string_not_equal(o->name, operation_table[k].name);
        }
        /* As the comment at the table and docs/cpu.md say. */
        assert_int_equal(total, 100);
        assert_int_equal(TOTAL_WEIGHT, 100);
        assert_int_equal(families[FAMILY_INTEGER], 28);
        assert_int_equal(families[FAMILY_FLOATING], 28);
        assert_int_equal(families[FAMILY_MEMORY], 24);
        assert_int_equal(families[FAMILY_SYSTEM], 20);
}

static void test_rounds_are_exact(void **state)
{
        uint8_t orders[20][TOTAL_WEIGHT];
        bool selected[N_OPERATIONS];
        struct rounds rounds;
        struct rng rng;

        assert_int_equal(operations_select("all", selected, NULL), 0);
        rng_init(&rng, 1, 0);
        rounds_init(&rounds, selected);
        for (unsigned round = 0; round < 20; round++) {
                unsigned count[N_OPERATIONS] = {0};

                for (unsigned i = 0; i < TOTAL_WEIGHT; i++) {
                        orders[round][i] = (uint8_t)rounds_draw(&rounds, &rng);
                        count[orders[round][i]]++;
                        assert_int_equal(rounds_at_end(&rounds), i == TOTAL_WEIGHT - 1);
                }
                for (unsigned i = 0; i < N_OPERATIONS; i++)
                        assert_int_equal(count[i], operation_table[i].weight);
                for (unsigned before = 0; before < round; before++)
                        assert_memory_not_equal(orders[round], orders[before], TOTAL_WEIGHT);
        }

        rng_init(&rng, 1, 0);
        rounds_init(&rounds, selected);
        for (unsigned i = 0; i < TOTAL_WEIGHT; i++)
                assert_int_equal(rounds_draw(&rounds, &rng), orders[0][i]);
}

/* Over many rounds, each place of a round sees each operation about as often as any other does. */
static void test_rounds_are_shuffled_well(void **state)
{
        enum { ROUNDS = 20000 };
        uint64_t first[N_OPERATIONS] = {0}, last[N_OPERATIONS] = {0};
        double expected[N_OPERATIONS];
        bool selected[N_OPERATIONS];
        struct rounds rounds;
        struct rng rng;

        assert_int_equal(operations_select("all", selected, NULL), 0);
        rng_init(&rng, 1, 0);
        rounds_init(&rounds, selected);
        for (unsigned round = 0; round < ROUNDS; round++) {
                for (unsigned i = 0; i < TOTAL_WEIGHT; i++) {
                        enum operation_id id = rounds_draw(&rounds, &rng);

                        first[id] += i == 0;
                        last[id] += i == TOTAL_WEIGHT - 1;
                }
        }
        for (unsigned i = 0; i < N_OPERATIONS; i++)
                expected[i] = ROUNDS * (double)operation_table[i].weight / TOTAL_WEIGHT;
        assert_chi_square(first, expected, N_OPERATIONS);
        assert_chi_square(last, expected, N_OPERATIONS);
}

static void test_rounds_of_one_operation(void **state)
{
        bool selected[N_OPERATIONS];
        struct rounds rounds;
        struct rng rng;

        assert_int_equal(operations_select("process", selected, NULL), 0);
        rng_init(&rng, 1, 0);
        rounds_init(&rounds, selected);
        for (unsigned i = 0; i < 5; i++) {
                assert_int_equal(rounds_draw(&rounds, &rng), OPERATION_process);
                assert_true(rounds_at_end(&rounds));
        }
}

static unsigned n_selected(const char *list)
{
        bool selected[N_OPERATIONS];
        unsigned n = 0;

        assert_int_equal(operations_select(list, selected, NULL), 0);
        for (unsigned i = 0; i < N_OPERATIONS; i++)
                n += selected[i];
        return n;
}

static void test_select(void **state)
{
        bool selected[N_OPERATIONS];

        assert_int_equal(n_selected("all"), N_OPERATIONS);
        assert_int_equal(n_selected("integer,floating,memory,system"), N_OPERATIONS);
        assert_int_equal(n_selected("memory"), 4);
        assert_int_equal(n_selected("memory,chase,chase"), 4);
        assert_int_equal(n_selected("sort,memory"), 5);
        assert_int_equal(operations_select("sort,matrix", selected, NULL), 0);
        for (unsigned i = 0; i < N_OPERATIONS; i++)
                assert_int_equal(selected[i], i == OPERATION_sort || i == OPERATION_matrix);
}

static void test_select_refuses(void **state)
{
        static const struct {
                const char *list, *value, *reason;
        } cases[] = {
                {"sorrt", "sorrt", "unknown: the nearest valid one is sort"},
                {"sort,memroy", "memroy", "unknown: the nearest valid one is memory"},
                {"al", "al", "unknown: the nearest valid one is all"},
                {"sort, matrix", " matrix", "unknown: the nearest valid one is matrix"},
                {"", "", "an empty name"},
                {"sort,", "sort,", "an empty name"},
                {",sort", ",sort", "an empty name"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                bool selected[N_OPERATIONS];
                struct why why = {0};

                assert_int_equal(operations_select(cases[i].list, selected, &why), -EINVAL);
                assert_string_equal(why.what, "--operations");
                assert_string_equal(why.value, cases[i].value);
                assert_case(strncmp(why.reason, cases[i].reason, strlen(cases[i].reason)) == 0,
                        "%s", why.reason);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_every_operation_is_right_again_and_again),
                cmocka_unit_test(test_every_operation_notices_a_wrong_answer),
                cmocka_unit_test(test_tolerances_are_narrow),
                cmocka_unit_test(test_judgement),
                cmocka_unit_test(test_failing_system_call_is_not_a_wrong_answer),
                cmocka_unit_test(test_bad_directory_is_named),
                cmocka_unit_test(test_workers_do_not_disturb_each_other),
                cmocka_unit_test(test_chain_is_one_cycle),
                cmocka_unit_test(test_passes_are_whole),
                cmocka_unit_test(test_walked_bytes),
                cmocka_unit_test(test_a_flipped_bit_is_found),
                cmocka_unit_test(test_no_two_pages_are_alike),
                cmocka_unit_test(test_too_much_memory),
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_rounds_are_exact),
                cmocka_unit_test(test_rounds_are_shuffled_well),
                cmocka_unit_test(test_rounds_of_one_operation),
                cmocka_unit_test(test_select),
                cmocka_unit_test(test_select_refuses),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
