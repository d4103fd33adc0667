/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "macro.h"
#include "mix.h"

#include <errno.h>
#include <string.h>

#define DRAWS 200000

static void draw_targets(char (*targets)[MIX_TARGET_SIZE], size_t n, uint64_t seed, unsigned user,
        double verify_share)
{
        struct mix mix;
        struct rng rng;

        assert_int_equal(mix_init(&mix, 20, 0.3, verify_share, 1), 0);
        mix_user(&rng, seed, user);
        for (size_t i = 0; i < n; i++) {
                struct mix_request request = mix_draw(&mix, &rng);

                mix_target(targets[i], &request);
        }
        mix_fini(&mix);
}

static size_t n_equal(char (*a)[MIX_TARGET_SIZE], char (*b)[MIX_TARGET_SIZE], size_t n)
{
        size_t equal = 0;

        for (size_t i = 0; i < n; i++)
                equal += strcmp(a[i], b[i]) == 0;
        return equal;
}

static void test_same_seed_same_requests(void **state)
{
        static char a[1000][MIX_TARGET_SIZE], b[1000][MIX_TARGET_SIZE];

        draw_targets(a, 1000, 7, 3, 0.1);
        draw_targets(b, 1000, 7, 3, 0.1);
        assert_int_equal(n_equal(a, b, 1000), 1000);
}

/* Checking more must not change what is asked. */
static void test_verify_share_changes_no_request(void **state)
{
        static char a[1000][MIX_TARGET_SIZE], b[1000][MIX_TARGET_SIZE];

        draw_targets(a, 1000, 7, 0, 0);
        draw_targets(b, 1000, 7, 0, 1);
        assert_int_equal(n_equal(a, b, 1000), 1000);
}

static void test_seeds_and_users_differ(void **state)
{
        static char a[1000][MIX_TARGET_SIZE], b[1000][MIX_TARGET_SIZE], c[1000][MIX_TARGET_SIZE];

        draw_targets(a, 1000, 7, 0, 0.1);
        draw_targets(b, 1000, 8, 0, 0.1);
        draw_targets(c, 1000, 7, 1, 0.1);
        /* The most popular files come up now and then in both. */
        assert_true(n_equal(a, b, 1000) < 50);
        assert_true(n_equal(a, c, 1000) < 50);
}

static void test_shares(void **state)
{
        uint64_t classes[FILESET_CLASSES] = {}, files[FILESET_FILES_PER_CLASS] = {}, dirs[8] = {};
        uint64_t dynamic[2] = {}, verify[2] = {}, verify_dynamic[2] = {};
        double expected[9];
        struct mix mix;
        struct rng rng;
        double n_static, harmonic = 0;

        assert_int_equal(mix_init(&mix, 8, 0.3, 0.1, 1), 0);
        mix_user(&rng, 1, 0);
        for (int i = 0; i < DRAWS; i++) {
                struct mix_request request = mix_draw(&mix, &rng);

                dynamic[!request.dynamic]++;
                verify[!request.verify]++;
                if (request.dynamic) {
                        verify_dynamic[!request.verify]++;
                        continue;
                }
                assert_true(request.file.class < FILESET_CLASSES);
                assert_in_range(request.file.file, 1, FILESET_FILES_PER_CLASS);
                assert_true(request.file.dir < 8);
                classes[request.file.class]++;
                files[request.file.file - 1]++;
                dirs[request.file.dir]++;
        }
        mix_fini(&mix);

        assert_chi_square(dynamic, (double[]){0.3 * DRAWS, 0.7 * DRAWS}, 2);
        assert_chi_square(verify, (double[]){0.1 * DRAWS, 0.9 * DRAWS}, 2);
        /* To be checked or not has nothing to do with what is asked. */
        assert_chi_square(
                verify_dynamic, (double[]){0.1 * (double)dynamic[0], 0.9 * (double)dynamic[0]}, 2);

        n_static = (double)dynamic[1];
        assert_chi_square(classes,
                (double[]){0.35 * n_static, 0.5 * n_static, 0.14 * n_static, 0.01 * n_static}, 4);
        for (int i = 0; i < 9; i++)
                expected[i] = n_static / 9;
        assert_chi_square(files, expected, 9);
        for (int i = 1; i <= 8; i++)
                harmonic += 1.0 / i;
        for (int i = 0; i < 8; i++)
                expected[i] = n_static / harmonic / (i + 1);
        assert_chi_square(dirs, expected, 8);
}

/* 14.7 KB, the published mean of a static request. */
static void test_mean_size(void **state)
{
        double bytes = 0;
        struct mix mix;
        struct rng rng;

        assert_int_equal(mix_init(&mix, 1, 0, 0, 1), 0);
        mix_user(&rng, 1, 0);
        for (int i = 0; i < DRAWS; i++)
                bytes += (double)fileset_size(mix_draw(&mix, &rng).file);
        mix_fini(&mix);
        assert_near(bytes / DRAWS / 1024, 14.675, 0.5);
}

static void test_extreme_shares(void **state)
{
        struct mix all, none;
        struct rng a, b;

        assert_int_equal(mix_init(&all, 3, 1, 1, 1), 0);
        assert_int_equal(mix_init(&none, 3, 0, 0, 0), 0);
        mix_user(&a, 1, 0);
        mix_user(&b, 1, 0);
        for (int i = 0; i < 10000; i++) {
                struct mix_request request = mix_draw(&all, &a);

                assert_true(request.dynamic && request.verify);
                request = mix_draw(&none, &b);
                assert_true(!request.dynamic && !request.verify);
        }
        mix_fini(&all);
        mix_fini(&none);
}

static void test_no_dirs(void **state)
{
        struct mix mix;

        assert_int_equal(mix_init(&mix, 0, 0, 0, 1), -EINVAL);
        mix_fini(&mix);
}

/* A target must be one that the server understands, whole. */
static void test_targets(void **state)
{
        char target[MIX_TARGET_SIZE], reply[BESIM_REPLY_SIZE];
        struct mix mix;
        struct rng rng;

        assert_int_equal(mix_init(&mix, FILESET_MAX_DIRS, 0.5, 0, 0), 0);
        mix_user(&rng, 1, 0);
        for (int i = 0; i < 10000; i++) {
                struct mix_request request = mix_draw(&mix, &rng);
                struct fileset_name name;
                size_t length;

                mix_target(target, &request);
                /* Goes into the request line as it is. */
                for (const char *c = target; *c; c++)
                        assert_case(*c > ' ' && *c < 127 && *c != '#', "%s", target);
                if (!request.dynamic) {
                        assert_true(fileset_parse(target, FILESET_MAX_DIRS, &name));
                        assert_memory_equal(&name, &request.file, sizeof name);
                        continue;
                }
                assert_memory_equal(target, "/dynamic?", 9);
                assert_case(besim_answer(target + 9, reply, &length) == 0, "%s", target);
                assert_int_equal(reply[0], '0');
        }
        mix_fini(&mix);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_same_seed_same_requests),
                cmocka_unit_test(test_verify_share_changes_no_request),
                cmocka_unit_test(test_seeds_and_users_differ),
                cmocka_unit_test(test_shares),
                cmocka_unit_test(test_mean_size),
                cmocka_unit_test(test_extreme_shares),
                cmocka_unit_test(test_no_dirs),
                cmocka_unit_test(test_targets),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
