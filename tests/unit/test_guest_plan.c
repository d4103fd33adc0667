/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests' names, addresses and kernel command lines; these also against tests/golden/guest/.
 * TILELOAD_GOLDEN_UPDATE=1 writes that file anew: look at the difference before you commit it.
 */
#include "unit.h"

#include "cmdline.h"
#include "guest_plan.h"

#include <errno.h>
#include <string.h>

static const struct libvirt_config standard = {.subnet = (char *)"10.77.0.0/16"};

static const struct launch_config plain = {
        .program = "/opt/tileload",
        .rate_per_s = 200,
        .arrival = "poisson",
        .max_in_flight = 1000,
        .seed = 42,
};

static void all_command_lines(void **state)
{
        struct launch_config loads = plain;
        char path[512], expected[8192], *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        loads.dirs = "3";
        loads.users = "7";
        loads.think = "10ms";
        loads.cpu_memory = "16M";
        loads.disk_size = "32M";
        loads.oltp_rows = "200";
        loads.oltp_threads = "4";
        for (unsigned sized = 0; sized < 2; sized++)
                for (unsigned g = 1; g <= TILE_GUESTS; g++) {
                        struct guest_plan plan;

                        assert_int_equal(guest_plan_init(&plan, &standard, NULL,
                                                 sized ? &loads : &plain, 3, g, NULL),
                                0);
                        fprintf(f, "%s\n", plan.cmdline);
                        guest_plan_fini(&plan);
                }
        fclose(f);
        snprintf(path, sizeof path, "%s/guest/cmdlines.txt", getenv("TILELOAD_GOLDEN"));
        if (getenv("TILELOAD_GOLDEN_UPDATE")) {
                f = fopen(path, "we");
                assert_non_null(f);
                fputs(text, f);
                fclose(f);
        }
        f = fopen(path, "re");
        assert_non_null(f);
        expected[fread(expected, 1, sizeof expected - 1, f)] = '\0';
        fclose(f);
        assert_string_equal(text, expected);
        free(text);
}

static void names_and_addresses(void **state)
{
        static const struct {
                const char *subnet;
                unsigned tile, guest;
                const char *host, *address, *mac;
        } cases[] = {
                {"10.77.0.0/16", 3, GUEST_WEB1, "t3-web1", "10.77.3.1", "52:54:00:4d:03:01"},
                {"10.77.0.0/16", 254, GUEST_IDLE, "t254-idle", "10.77.254.8", "52:54:00:4d:fe:08"},
                {"10.0.0.0/8", 10, GUEST_OLTP, "t10-oltp", "10.0.10.7", "52:54:00:4d:0a:07"},
                {"192.168.8.0/21", 7, GUEST_CPU, "t7-cpu", "192.168.15.5", "52:54:00:4d:07:05"},
                {"192.168.254.0/23", 1, GUEST_DISK, "t1-disk", "192.168.255.6",
                        "52:54:00:4d:01:06"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct libvirt_config config = {.subnet = (char *)cases[i].subnet};
                char domain[64], url[64];
                struct guest_plan plan;

                assert_int_equal(guest_plan_init(&plan, &config, NULL, &plain, cases[i].tile,
                                         cases[i].guest, NULL),
                        0);
                assert_string_equal(plan.host_name, cases[i].host);
                assert_string_equal(plan.address, cases[i].address);
                assert_string_equal(plan.mac, cases[i].mac);
                snprintf(domain, sizeof domain, "tileload-%s", cases[i].host);
                assert_string_equal(plan.domain, domain);
                snprintf(url, sizeof url, "http://%s:9477", cases[i].address);
                assert_string_equal(plan.url, url);
                guest_plan_fini(&plan);
                assert_null(plan.cmdline);
        }
}

/* What the guest's own parser makes of it: each key once, with the value that was meant. */
static void the_guest_reads_what_was_meant(void **state)
{
        struct launch_config loads = plain;
        struct libvirt_config config = standard;
        struct guest_plan plan;
        struct cmdline cmdline;

        loads.dirs = "3 and more";
        config.append = (char *)"tileload.log=\"a b\" loglevel=7";
        assert_int_equal(guest_plan_init(&plan, &config, "0aF9", &loads, 3, GUEST_WEB2, NULL), 0);
        assert_int_equal(cmdline_parse(&cmdline, plan.cmdline, NULL), 0);
        assert_string_equal(cmdline_get(&cmdline, "role"), "webserver");
        assert_string_equal(cmdline_get(&cmdline, "tile"), "3");
        assert_string_equal(cmdline_get(&cmdline, "guest"), "2");
        assert_string_equal(cmdline_get(&cmdline, "seed"), "42");
        assert_string_equal(cmdline_get(&cmdline, "backend"), "http://10.77.3.4");
        assert_string_equal(cmdline_get(&cmdline, "dirs"), "3 and more");
        assert_string_equal(cmdline_get(&cmdline, "log"), "a b");
        assert_int_equal(cmdline.n_entries, 7);
        assert_non_null(strstr(plan.cmdline, " usrhash=0aF9 "));
        assert_non_null(
                strstr(plan.cmdline, " ip=10.77.3.2::10.77.0.1:255.255.0.0:t3-web2:eth0:off "));
        assert_string_equal(
                plan.cmdline + strlen(plan.cmdline) - strlen(" loglevel=7"), " loglevel=7");
        cmdline_fini(&cmdline);
        guest_plan_fini(&plan);
}

static void assert_refused(const struct libvirt_config *config, const struct launch_config *loads,
        const char *usrhash, int error, const char *what, const char *reason)
{
        struct guest_plan plan;
        struct why why = {0};

        assert_int_equal(
                guest_plan_init(&plan, config, usrhash, loads, 3, GUEST_WEB1, &why), error);
        assert_string_equal(why.what, what);
        assert_case(strstr(why.reason, reason), "%s does not say %s", why.reason, reason);
}

static void refuses_what_no_command_line_holds(void **state)
{
        static const struct {
                const char *append, *reason;
        } appends[] = {
                {"a=\"b", "a double quote is opened and not closed"},
                {"a\nb", "control character"},
                {"a\x1b", "control character"},
        };
        struct libvirt_config config = standard;
        struct launch_config loads = plain;

        for (size_t i = 0; i < ARRAY_SIZE(appends); i++) {
                config.append = (char *)appends[i].append;
                assert_refused(&config, &plain, NULL, -EINVAL, "--append", appends[i].reason);
        }
        loads.dirs = "3\" x=\"";
        assert_refused(&standard, &loads, NULL, -EINVAL, "t3-web1: tileload.dirs", "double quote");
        loads.dirs = "3\n";
        assert_refused(&standard, &loads, NULL, -EINVAL, "t3-web1: tileload.dirs", "control");
        assert_refused(&standard, &plain, "12 34", -EINVAL, "usrhash", "hexadecimal");
        assert_refused(&standard, &plain, "12\n", -EINVAL, "usrhash", "hexadecimal");
}

/* The kernel would cut off what is too long, and a guest that is told less works otherwise. */
static void length_is_limited(void **state)
{
        char words[GUEST_CMDLINE_MAX + 1];
        struct libvirt_config config = standard;
        struct guest_plan plan;
        size_t base;

        assert_int_equal(guest_plan_init(&plan, &config, NULL, &plain, 3, GUEST_WEB1, NULL), 0);
        base = strlen(plan.cmdline) + 1;
        guest_plan_fini(&plan);
        memset(words, 'x', sizeof words);
        config.append = words;

        words[GUEST_CMDLINE_MAX - base] = '\0';
        assert_int_equal(guest_plan_init(&plan, &config, NULL, &plain, 3, GUEST_WEB1, NULL), 0);
        assert_int_equal(strlen(plan.cmdline), 2047);
        guest_plan_fini(&plan);

        words[GUEST_CMDLINE_MAX - base] = 'x';
        words[GUEST_CMDLINE_MAX - base + 1] = '\0';
        assert_refused(&config, &plain, NULL, -E2BIG, "--append", "t3-web1 has 2048 characters");
}

static void subnets(void **state)
{
        static const struct {
                const char *subnet, *gateway;
                uint32_t base, mask, expected;
                unsigned max_tile;
        } cases[] = {
                {"10.77.0.0/16", NULL, 0x0a4d0000, 0xffff0000, 0x0a4d0001, 254},
                {"10.0.0.0/8", "10.255.255.254", 0x0a000000, 0xff000000, 0x0afffffe, 254},
                {"10.77.0.0/17", "10.77.0.254", 0x0a4d0000, 0xffff8000, 0x0a4d00fe, 127},
                {"192.168.2.0/23", "192.168.3.9", 0xc0a80200, 0xfffffe00, 0xc0a80309, 1},
                {"192.168.4.0/22", "192.168.5.0", 0xc0a80400, 0xfffffc00, 0xc0a80500, 3},
                {"10.0.0.0/8", "10.1.0.1", 0x0a000000, 0xff000000, 0x0a010001, 254},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct guest_subnet subnet;

                assert_case(
                        guest_subnet_parse(&subnet, cases[i].subnet, cases[i].gateway, NULL) == 0,
                        "%s", cases[i].subnet);
                assert_int_equal(subnet.base, cases[i].base);
                assert_int_equal(subnet.mask, cases[i].mask);
                assert_int_equal(subnet.gateway, cases[i].expected);
                assert_int_equal(subnet.max_tile, cases[i].max_tile);
                assert_int_equal(guest_subnet_check(&subnet, 1, subnet.max_tile, NULL), 0);
                assert_int_equal(
                        guest_subnet_check(&subnet, 1, subnet.max_tile + 1, NULL), -ERANGE);
                assert_int_equal(guest_subnet_check(&subnet, 0, 1, NULL), -ERANGE);
        }
}

static void subnets_that_do_not_do(void **state)
{
        static const struct {
                const char *subnet, *gateway, *what, *reason;
        } cases[] = {
                {"10.77.0.0", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0.0/", NULL, "--subnet", "not an IPv4 subnet"},
                {"/16", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0/16", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0.256/16", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0.0/33", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0.0/16 ", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0.0/+16", NULL, "--subnet", "not an IPv4 subnet"},
                {"fd00::/16", NULL, "--subnet", "not an IPv4 subnet"},
                {"1234567890123456789.0.0.0/16", NULL, "--subnet", "not an IPv4 subnet"},
                {"", NULL, "--subnet", "not an IPv4 subnet"},
                {"10.77.0.0/24", NULL, "--subnet", "must be /8 to /23"},
                {"0.0.0.0/0", NULL, "--subnet", "must be /8 to /23"},
                {"10.77.3.0/16", NULL, "--subnet", "write 10.77.0.0/16"},
                {"10.77.0.0/16", "10.78.0.1", "--gateway", "10.77.0.1 to 10.77.255.254"},
                {"10.77.0.0/16", "10.77.0.0", "--gateway", "10.77.0.1 to 10.77.255.254"},
                {"10.77.0.0/16", "10.77.255.255", "--gateway", "10.77.0.1 to 10.77.255.254"},
                {"10.77.0.0/16", "10.77.3.8", "--gateway", "the address of guest 8 of tile 3"},
                {"10.77.0.0/16", "gateway", "--gateway", "not an IPv4 address"},
        };

        for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
                struct guest_subnet subnet;
                struct why why = {0};

                assert_case(guest_subnet_parse(&subnet, cases[i].subnet, cases[i].gateway, &why) ==
                                    -EINVAL,
                        "%s", cases[i].subnet);
                assert_string_equal(why.what, cases[i].what);
                assert_case(
                        strstr(why.reason, cases[i].reason), "%s: %s", cases[i].subnet, why.reason);
        }
}

static void too_many_tiles(void **state)
{
        struct guest_subnet subnet;
        struct why why = {0};

        assert_int_equal(guest_subnet_parse(&subnet, "10.77.0.0/21", NULL, NULL), 0);
        assert_int_equal(guest_subnet_check(&subnet, 5, 9, &why), -ERANGE);
        assert_string_equal(why.value, "5-9");
        assert_non_null(strstr(why.reason, "a /21 subnet holds tiles 1 to 7"));

        assert_int_equal(guest_subnet_parse(&subnet, "10.77.0.0/16", NULL, NULL), 0);
        assert_int_equal(guest_subnet_check(&subnet, 255, 255, &why), -ERANGE);
        assert_string_equal(why.value, "255");
        assert_non_null(strstr(why.reason, "from 1 to 254"));
}

/* No two guests of a host, and not the gateway, may have the same address or MAC. */
static void guests_are_apart(void **state)
{
        static bool addresses[65536], macs[65536];

        addresses[1] = true; /* the gateway */
        for (unsigned t = 1; t <= GUEST_PLAN_MAX_TILE; t++)
                for (unsigned g = 1; g <= TILE_GUESTS; g++) {
                        unsigned a, b;
                        struct guest_plan plan;

                        assert_int_equal(
                                guest_plan_init(&plan, &standard, NULL, &plain, t, g, NULL), 0);
                        assert_int_equal(sscanf(plan.address, "10.77.%u.%u", &a, &b), 2);
                        assert_false(addresses[a * 256 + b]);
                        addresses[a * 256 + b] = true;
                        assert_int_equal(sscanf(plan.mac, "52:54:00:4d:%02x:%02x", &a, &b), 2);
                        assert_false(macs[a * 256 + b]);
                        macs[a * 256 + b] = true;
                        guest_plan_fini(&plan);
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_command_lines),
                cmocka_unit_test(names_and_addresses),
                cmocka_unit_test(the_guest_reads_what_was_meant),
                cmocka_unit_test(refuses_what_no_command_line_holds),
                cmocka_unit_test(length_is_limited),
                cmocka_unit_test(subnets),
                cmocka_unit_test(subnets_that_do_not_do),
                cmocka_unit_test(too_many_tiles),
                cmocka_unit_test(guests_are_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
