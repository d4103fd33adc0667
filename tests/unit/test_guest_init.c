/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "machine_id.h"
#include "macro.h"
#include "usr_image.h"
#include "verity.h"
#include "words.h"

#include <errno.h>
#include <string.h>

/* ---- the kernel command line ---- */

static void words_take_the_last_of_a_key(void **state)
{
        char value[8] = "before";

        assert_int_equal(words_get("", "usrhash", value, sizeof value), -ENOENT);
        assert_int_equal(words_get("quiet usrhash", "usrhash", value, sizeof value), -ENOENT);
        assert_int_equal(
                words_get("xusrhash=1 usrhashx=2", "usrhash", value, sizeof value), -ENOENT);
        assert_string_equal(value, "before");
        assert_int_equal(words_get("usrhash=", "usrhash", value, sizeof value), 0);
        assert_string_equal(value, "");
        assert_int_equal(
                words_get("a usrhash=1 b\tusrhash=abcdefg\n", "usrhash", value, sizeof value), 0);
        assert_string_equal(value, "abcdefg");
        assert_int_equal(words_get("usrhash=abcdefgh", "usrhash", value, sizeof value), -ERANGE);
}

static void host_name_is_the_fifth_field_of_ip(void **state)
{
        static const struct {
                const char *cmdline, *name; /* NULL: refused */
        } cases[] = {
                {"", WORDS_HOST_DEFAULT},
                {"quiet ip=dhcp", WORDS_HOST_DEFAULT},
                {"ip=10.77.3.1::10.77.0.1:255.255.0.0::eth0:off", WORDS_HOST_DEFAULT},
                {"ip=10.77.3.1::10.77.0.1:255.255.0.0", WORDS_HOST_DEFAULT},
                {"ip=10.77.3.1::10.77.0.1:255.255.0.0:t3-web1:eth0:off quiet", "t3-web1"},
                {"ip=10.77.3.1::10.77.0.1:255.255.0.0:t3-web1", "t3-web1"},
                {"ip=[fd00::3:1]::[fd00::1]:64:t3-web1:eth0:off", "t3-web1"},
                {"ip=:::: ip=1.2.3.4::::a.b:eth0:off", "a.b"},
                {"ip=[fd00::3:1::[fd00::1:64:t3-web1:eth0:off", WORDS_HOST_DEFAULT},
                {"ip=1.2.3.4::::-a:eth0:off", NULL},
                {"ip=1.2.3.4::::a_b:eth0:off", NULL},
                {"ip=1.2.3.4::::a/../b:eth0:off", NULL},
                {"ip=::::"
                 "a123456789a123456789a123456789a123456789a123456789a123456789abcd",
                        "a123456789a123456789a123456789a123456789a123456789a123456789abcd"},
                {"ip=::::"
                 "a123456789a123456789a123456789a123456789a123456789a123456789abcde",
                        NULL},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                char name[WORDS_HOST_SIZE];
                struct why why = {};
                int r = words_host_name(cases[i].cmdline, name, &why);

                if (cases[i].name) {
                        assert_case(r == 0, "%s: %s", cases[i].cmdline, why.reason);
                        assert_string_equal(name, cases[i].name);
                } else {
                        assert_case(
                                r == -EINVAL && why.reason[0], "%s: %s", cases[i].cmdline, name);
                }
        }
}

static void host_name_does_not_overrun(void **state)
{
        char cmdline[2048] = "ip=::::", name[WORDS_HOST_SIZE];
        struct why why = {};

        memset(cmdline + strlen(cmdline), 'a', 1000);
        assert_int_equal(words_host_name(cmdline, name, &why), -EINVAL);
}

/* ---- machine-id ---- */

static void machine_id_is_the_uuid(void **state)
{
        char id[MACHINE_ID_SIZE];

        assert_true(machine_id_from_uuid("C4F2E1D0-0011-2233-4455-66778899aAbB", id));
        assert_string_equal(id, "c4f2e1d00011223344556677"
                                "8899aabb");
        assert_false(machine_id_from_uuid("", id));
        assert_false(machine_id_from_uuid("Not Settable", id));
        assert_false(machine_id_from_uuid("c4f2e1d0-0011-2233-4455-66778899aab", id));
        assert_false(machine_id_from_uuid("c4f2e1d0-0011-2233-4455-66778899aabbc", id));
        assert_false(machine_id_from_uuid("00000000-0000-0000-0000-000000000000", id));
        assert_false(machine_id_from_uuid("FFFFFFFF-ffff-FFFF-FFFF-FFFFFFFFFFFF", id));
}

/* ---- the image of /usr ---- */

#define HASH "0123456789abcdef0123456789abcdef0123456789ABCDEF0123456789abcdef"

/* What veritysetup writes for 5 blocks of data with salt 0xabcd. */
static void make_header(unsigned char header[VERITY_HEADER_SIZE])
{
        memset(header, 0, VERITY_HEADER_SIZE);
        memcpy(header, "verity", 6);
        header[8] = 1;
        header[12] = 1;
        strcpy((char *)header + 32, "sha256");
        header[65] = 0x10; /* 4096 */
        header[69] = 0x10;
        header[72] = 5;
        header[80] = 2;
        header[88] = 0xab;
        header[89] = 0xcd;
}

static void verity_table_is_the_headers(void **state)
{
        unsigned char header[VERITY_HEADER_SIZE];
        char table[VERITY_TABLE_SIZE];
        uint64_t size = 0;
        struct why why = {};

        make_header(header);
        assert_int_equal(verity_table(header, "/dev/vda", 5 * 4096, HASH, table, &size, &why), 0);
        assert_string_equal(table, "1 /dev/vda /dev/vda 4096 4096 5 6 sha256 " HASH " abcd");
        assert_int_equal(size, 5 * 4096);

        header[80] = 0;
        assert_int_equal(verity_table(header, "/dev/vda", 5 * 4096, HASH, table, &size, &why), 0);
        assert_string_equal(table, "1 /dev/vda /dev/vda 4096 4096 5 6 sha256 " HASH " -");
}

static void verity_refuses_other_headers_and_hashes(void **state)
{
        static const struct {
                unsigned at, value;
        } cases[] = {
                {0, 'V'},   /* what it is */
                {8, 2},     /* version */
                {12, 0},    /* hash type */
                {32, 'S'},  /* algorithm */
                {66, 1},    /* block sizes */
                {69, 0x20}, /* */
                {72, 4},    /* blocks: not those in front of the header */
                {76, 1},    /* */
                {81, 2},    /* a salt of more than 256 bytes */
        };
        static const char *const hashes[] = {"", "0", (HASH "0"), ("g" HASH), "-"};
        unsigned char header[VERITY_HEADER_SIZE];
        char table[VERITY_TABLE_SIZE];
        uint64_t size;

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct why why = {};
                int r;

                make_header(header);
                header[cases[i].at] = (unsigned char)cases[i].value;
                r = verity_table(header, "/dev/vda", 5 * 4096, HASH, table, &size, &why);
                assert_case(r == -EINVAL && why.reason[0], "byte %u", cases[i].at);
        }
        make_header(header);
        for (size_t i = 0; i < ARRAY_SIZE(hashes); i++) {
                struct why why = {};
                int r = verity_table(header, "/dev/vda", 5 * 4096, hashes[i], table, &size, &why);

                assert_case(r == -EINVAL && why.reason[0], "hash %s", hashes[i]);
        }
}

static void image_size_is_the_superblocks(void **state)
{
        unsigned char block[4096] = {0};

        assert_int_equal(usr_image_superblock(block), 0);
        memcpy(block + 1024, "\xe2\xe1\xf5\xe0", 4);
        assert_int_equal(usr_image_superblock(block), 0); /* blocks of 1 byte */
        block[1024 + 12] = 200;
        assert_int_equal(usr_image_superblock(block), 0);
        block[1024 + 12] = 12;
        memcpy(block + 1024 + 36, "\x02\x00\x10\x00", 4);
        assert_int_equal(usr_image_superblock(block), (UINT64_C(1048576) + 2) * 4096);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(words_take_the_last_of_a_key),
                cmocka_unit_test(host_name_is_the_fifth_field_of_ip),
                cmocka_unit_test(host_name_does_not_overrun),
                cmocka_unit_test(machine_id_is_the_uuid),
                cmocka_unit_test(verity_table_is_the_headers),
                cmocka_unit_test(verity_refuses_other_headers_and_hashes),
                cmocka_unit_test(image_size_is_the_superblocks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
