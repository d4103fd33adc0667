/* SPDX-License-Identifier: Apache-2.0 */
#include "fileset.h"

#include "macro.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct fileset_name name_at(unsigned dir, unsigned i)
{
        return (struct fileset_name){
                .dir = dir,
                .class = i / FILESET_FILES_PER_CLASS,
                .file = 1 + i % FILESET_FILES_PER_CLASS,
        };
}

static void test_shares_are_a_whole(void **state)
{
        unsigned sum = 0;

        for (unsigned i = 0; i < FILESET_CLASSES; i++)
                sum += fileset_class_share[i];
        assert_int_equal(sum, 100);
        assert_int_equal(fileset_class_share[0], 35);
        assert_int_equal(fileset_class_share[1], 50);
        assert_int_equal(fileset_class_share[2], 14);
        assert_int_equal(fileset_class_share[3], 1);
}

static void test_sizes(void **state)
{
        static const size_t first[FILESET_CLASSES] = {102, 1024, 10240, 102400};
        static const size_t last[FILESET_CLASSES] = {921, 9216, 92160, 921600};
        size_t sum = 0;

        for (unsigned c = 0; c < FILESET_CLASSES; c++) {
                assert_int_equal(fileset_size((struct fileset_name){7, c, 1}), first[c]);
                assert_int_equal(fileset_size((struct fileset_name){0, c, 9}), last[c]);
        }
        for (unsigned i = 0; i < FILESET_FILES_PER_DIR; i++) {
                size_t size = fileset_size(name_at(0, i));

                if (i > 0)
                        assert_true(size > fileset_size(name_at(0, i - 1)));
                sum += size;
        }
        assert_in_range(sum, 5000000, 5242880); /* "about 5 MB" */
}

static void test_path_and_back(void **state)
{
        static const unsigned dirs[] = {0, 1, 9, 10, 12, 99, 12345, FILESET_MAX_DIRS - 1};
        char path[FILESET_PATH_SIZE];
        struct fileset_name name;

        for (size_t d = 0; d < ARRAY_SIZE(dirs); d++)
                for (unsigned i = 0; i < FILESET_FILES_PER_DIR; i++) {
                        struct fileset_name from = name_at(dirs[d], i);

                        fileset_path(path, from);
                        assert_true(fileset_parse(path, dirs[d] + 1, &name));
                        assert_int_equal(name.dir, from.dir);
                        assert_int_equal(name.class, from.class);
                        assert_int_equal(name.file, from.file);
                        assert_false(fileset_parse(path, dirs[d], &name));
                }
        assert_string_equal(
                fileset_path(path, (struct fileset_name){12, 2, 7}), "/dir00012/class2_7");
}

static void test_foreign_paths(void **state)
{
        static const char *const paths[] = {"", "/", "dir00012/class2_7", "/dir00012/class2_7/",
                "/dir00012/class2_7 ", "/dir00012/class2_0", "/dir00012/class4_1",
                "/dir0012/class2_7", "/dir000012/class2_7", "/dir-0012/class2_7",
                "/dir 0012/class2_7", "/dir00012/class2_", "/dir00012/class2_10",
                "/dir00012/class_27", "/DIR00012/class2_7", "/dir00012//lass2_7",
                "/dir0001:/class2_7", "/dir00012/class/_7", "/dir00012/class2_7?",
                "/dir00020/class2_7", "/../etc/passwd"};
        struct fileset_name name = {1, 2, 3};

        for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
                if (fileset_parse(paths[i], 20, &name))
                        fail_msg("taken for a file: \"%s\"", paths[i]);
        assert_int_equal(name.dir, 1); /* untouched by failure */
        assert_true(fileset_parse("/dir00012/class2_7", 20, &name));
}

/* The definition that other implementations rely on, written out once more: word i of a file is
 * splitmix64's mix of key + i, little-endian, and the key the mix of the name's three numbers. */
static void test_content_is_the_definition(void **state)
{
        struct fileset_name name = {3, 1, 4};
        unsigned char content[4096];
        uint64_t x = UINT64_C(3) << 16 | 1 << 8 | 4, key = 0;

        assert_int_equal(fileset_size(name), sizeof content);
        fileset_fill(name, 0, content, sizeof content);
        for (size_t i = 0; i <= sizeof content / 8; i++) {
                uint64_t z = (i == 0 ? x : key + i - 1) + UINT64_C(0x9e3779b97f4a7c15);

                z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
                z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
                z ^= z >> 31;
                if (i == 0) {
                        key = z;
                        continue;
                }
                for (size_t b = 0; b < 8; b++)
                        assert_int_equal(content[(i - 1) * 8 + b], (z >> (8 * b)) & 255);
        }
}

static void test_any_part_equals_the_whole(void **state)
{
        struct fileset_name name = {5, 1, 1};
        unsigned char whole[1024], part[1024 + 2];

        fileset_fill(name, 0, whole, sizeof whole);
        for (size_t offset = 0; offset <= 40; offset++)
                for (size_t size = 0; size <= 40; size++) {
                        memset(part, 0xa5, sizeof part);
                        fileset_fill(name, offset, part + 1, size);
                        assert_memory_equal(part + 1, whole + offset, size);
                        assert_int_equal(part[0], 0xa5); /* nothing outside is written */
                        assert_int_equal(part[size + 1], 0xa5);
                }
}

static void test_check_sees_each_bit(void **state)
{
        struct fileset_name name = {0, 1, 2}, other = {1, 1, 2};
        unsigned char content[2048];

        fileset_fill(name, 0, content, sizeof content);
        assert_true(fileset_check(name, 0, content, sizeof content));
        assert_true(fileset_check(name, 0, content, 0));
        assert_true(fileset_check(name, 1025, content + 1025, 1000));
        assert_false(fileset_check(other, 0, content, sizeof content));
        assert_false(fileset_check(name, 1, content, 1000)); /* shifted */
        for (size_t i = 0; i < sizeof content; i += 31) {
                content[i] ^= 1 << i % 8;
                assert_false(fileset_check(name, 0, content, sizeof content));
                assert_true(fileset_check(name, 0, content, i));
                content[i] ^= 1 << i % 8;
        }
        assert_true(fileset_check(name, 0, content, sizeof content));
}

static void test_check_knows_the_end(void **state)
{
        struct fileset_name name = {0, 0, 1};
        unsigned char content[128];

        fileset_fill(name, 0, content, sizeof content);
        assert_true(fileset_check(name, 0, content, 102));
        assert_false(fileset_check(name, 0, content, 103));
        assert_true(fileset_check(name, 102, content, 0));
        assert_false(fileset_check(name, 103, content, 0));
        assert_false(fileset_check(name, SIZE_MAX, content, 2));
}

/* No two files of the set begin alike, so a mixed-up answer can't pass. */
static void test_files_differ(void **state)
{
        enum { DIRS = 40, N = DIRS * FILESET_FILES_PER_DIR };
        static uint64_t first[N];

        for (unsigned i = 0; i < N; i++)
                fileset_fill(name_at(i / FILESET_FILES_PER_DIR, i % FILESET_FILES_PER_DIR), 0,
                        &first[i], sizeof first[i]);
        for (unsigned i = 0; i < N; i++)
                for (unsigned j = 0; j < i; j++)
                        assert_true(first[i] != first[j]);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_shares_are_a_whole),
                cmocka_unit_test(test_sizes),
                cmocka_unit_test(test_path_and_back),
                cmocka_unit_test(test_foreign_paths),
                cmocka_unit_test(test_content_is_the_definition),
                cmocka_unit_test(test_any_part_equals_the_whole),
                cmocka_unit_test(test_check_sees_each_bit),
                cmocka_unit_test(test_check_knows_the_end),
                cmocka_unit_test(test_files_differ),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
