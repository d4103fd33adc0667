/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "tile_plan.h"

#include <errno.h>
#include <string.h>

static const struct launch_config plain = {
        .program = "/opt/tileload",
        .rate_per_s = 200,
        .arrival = "poisson",
        .max_in_flight = 1000,
        .seed = 42,
};

static const struct launch_config sized = {
        .program = "/opt/tileload",
        .rate_per_s = 0.1,
        .arrival = "uniform",
        .max_in_flight = UINT64_MAX,
        .seed = UINT64_MAX,
        .dirs = "3",
        .cpu_memory = "16M",
        .cpu_threads = "2",
        .cpu_operations = "integer,memory",
        .disk_size = "32M",
        .oltp_rows = "200",
        .oltp_threads = "4",
        .users = "7",
        .think = "10ms",
};

static void assert_arguments_of(const struct role_plan *plan, const char *expected)
{
        char line[1024] = "";

        for (char *const *a = plan->argv; *a; a++) {
                strcat(line, *a);
                strcat(line, a[1] ? " " : "");
        }
        assert_string_equal(line, expected);
}

static void assert_arguments(
        const struct launch_config *config, unsigned tile, unsigned guest, const char *expected)
{
        struct role_plan plan;

        assert_int_equal(role_plan_init(&plan, config, tile, guest), 0);
        assert_arguments_of(&plan, expected);
}

static void every_guest_by_default(void **state)
{
        static const char *const expected[TILE_GUESTS + 1] = {
                [GUEST_EXTERNAL] =
                        "/opt/tileload webclient --listen 127.3.9.1:9477 --tile 3 --guest 0 "
                        "--seed 42 --target http://127.3.1.1:8080 --mode open --arrival poisson "
                        "--max-in-flight 1000 --rate 200",
                [GUEST_WEB1] = "/opt/tileload webserver --listen 127.3.1.1:9477 --tile 3 --guest 1 "
                               "--seed 42 --serve 127.3.1.1:8080 --backend http://127.3.4.1:8080",
                [GUEST_WEB2] = "/opt/tileload webserver --listen 127.3.2.1:9477 --tile 3 --guest 2 "
                               "--seed 42 --serve 127.3.2.1:8080 --backend http://127.3.4.1:8080",
                [GUEST_CLIENT] =
                        "/opt/tileload webclient --listen 127.3.3.1:9477 --tile 3 --guest 3 "
                        "--seed 42 --target http://127.3.2.1:8080 --mode closed",
                [GUEST_BACKEND] = "/opt/tileload backend --listen 127.3.4.1:9477 --tile 3 --guest "
                                  "4 --seed 42 --serve 127.3.4.1:8080",
                [GUEST_CPU] =
                        "/opt/tileload cpu --listen 127.3.5.1:9477 --tile 3 --guest 5 --seed 42",
                [GUEST_DISK] = "/opt/tileload disk --listen 127.3.6.1:9477 --tile 3 --guest 6 "
                               "--seed 42 --file disk.dat",
                [GUEST_OLTP] = "/opt/tileload oltp --listen 127.3.7.1:9477 --tile 3 --guest 7 "
                               "--seed 42 --socket mysql/mysqld.sock",
                [GUEST_IDLE] =
                        "/opt/tileload idle --listen 127.3.8.1:9477 --tile 3 --guest 8 --seed 42",
        };

        for (unsigned g = 0; g <= TILE_GUESTS; g++)
                assert_arguments(&plain, 3, g, expected[g]);
}

static void sizes_go_where_they_belong(void **state)
{
        assert_arguments(&sized, 254, GUEST_EXTERNAL,
                "/opt/tileload webclient --listen 127.254.9.1:9477 --tile 254 --guest 0 --seed "
                "18446744073709551615 --target http://127.254.1.1:8080 --mode open --arrival "
                "uniform --max-in-flight 18446744073709551615 --dirs 3 --rate 0.1");
        assert_arguments(&sized, 1, GUEST_WEB2,
                "/opt/tileload webserver --listen 127.1.2.1:9477 --tile 1 --guest 2 --seed "
                "18446744073709551615 --serve 127.1.2.1:8080 --backend http://127.1.4.1:8080 "
                "--dirs 3");
        assert_arguments(&sized, 1, GUEST_CLIENT,
                "/opt/tileload webclient --listen 127.1.3.1:9477 --tile 1 --guest 3 --seed "
                "18446744073709551615 --target http://127.1.2.1:8080 --mode closed --users 7 "
                "--think 10ms --dirs 3");
        assert_arguments(&sized, 1, GUEST_CPU,
                "/opt/tileload cpu --listen 127.1.5.1:9477 --tile 1 --guest 5 --seed "
                "18446744073709551615 --memory 16M --threads 2 --operations integer,memory");
        assert_arguments(&sized, 1, GUEST_DISK,
                "/opt/tileload disk --listen 127.1.6.1:9477 --tile 1 --guest 6 --seed "
                "18446744073709551615 --file disk.dat --size 32M");
        assert_arguments(&sized, 1, GUEST_OLTP,
                "/opt/tileload oltp --listen 127.1.7.1:9477 --tile 1 --guest 7 --seed "
                "18446744073709551615 --socket mysql/mysqld.sock --table-size 200 --threads 4");
}

/* What is offered is what was asked for, to the last bit. */
static void rates_are_exact(void **state)
{
        static const double rates[] = {1, 0.1, 0.125, 1000.0 / 3, 0.1 + 0.2, 1e8, 99999999.5, 1e-3};

        for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
                struct launch_config config = plain;
                struct role_plan plan;
                const char *rate = "";

                config.rate_per_s = rates[i];
                assert_int_equal(role_plan_init(&plan, &config, 1, GUEST_EXTERNAL), 0);
                for (char **a = plan.argv; *a; a++)
                        if (strcmp(*a, "--rate") == 0)
                                rate = a[1] ? a[1] : "";
                assert_string_not_equal(rate, "");
                assert_case(strtod(rate, NULL) == rates[i], "%.17g became %s", rates[i], rate);
                assert_case(!strpbrk(rate, "eE"), "%s", rate); /* option texts have no exponents */
        }
}

static void refuses_what_there_is_not(void **state)
{
        static const double rates[] = {0, -1, 1e300, 1e-300, INFINITY, NAN};
        struct launch_config config = plain;
        struct role_plan plan;

        assert_int_equal(role_plan_init(&plan, &plain, 0, GUEST_IDLE), -ERANGE);
        assert_int_equal(role_plan_init(&plan, &plain, 255, GUEST_IDLE), -ERANGE);
        assert_int_equal(role_plan_init(&plan, &plain, 1, TILE_GUESTS + 1), -ERANGE);
        for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
                config.rate_per_s = rates[i];
                assert_int_equal(role_plan_init(&plan, &config, 1, GUEST_EXTERNAL), -ERANGE);
        }
}

/* The external client of guests that have addresses of their own: beside them, or elsewhere. */
static void external_client_of_guests(void **state)
{
        char too_long[TARGET_URL_MAX + 1];
        struct role_plan plan;

        assert_int_equal(role_plan_init_external(&plan, &plain, 3, "10.77.3.1", NULL), 0);
        assert_arguments_of(&plan,
                "/opt/tileload webclient --listen 127.3.9.1:9477 --tile 3 --guest 0 --seed 42 "
                "--target http://10.77.3.1 --mode open --arrival poisson --max-in-flight 1000 "
                "--rate 200");
        assert_string_equal(plan.url, "http://127.3.9.1:9477");
        assert_string_equal(plan.address, "127.3.9.1");

        assert_int_equal(role_plan_init_external(&plan, &plain, 3, "10.77.3.1", "load.example"), 0);
        assert_arguments_of(&plan,
                "/opt/tileload webclient --listen 9479 --tile 3 --guest 0 --seed 42 "
                "--target http://10.77.3.1 --mode open --arrival poisson --max-in-flight 1000 "
                "--rate 200");
        assert_string_equal(plan.url, "http://load.example:9479");
        assert_string_equal(plan.address, "");

        memset(too_long, 'x', sizeof too_long - 1);
        too_long[sizeof too_long - 1] = '\0';
        assert_int_equal(
                role_plan_init_external(&plan, &plain, 3, "10.77.3.1", too_long), -ENAMETOOLONG);
        assert_int_equal(role_plan_init_external(&plan, &plain, 3, too_long, NULL), -ENAMETOOLONG);
        assert_int_equal(role_plan_init_external(&plan, &plain, 0, "10.77.3.1", NULL), -ERANGE);
        assert_int_equal(role_plan_init_external(&plan, &plain, 255, "10.77.3.1", NULL), -ERANGE);
}

/* No two roles of a host may want the same address. */
static void addresses_are_apart(void **state)
{
        static char seen[TILE_PLAN_MAX_TILE * (TILE_GUESTS + 1)][16];
        size_t n = 0;

        for (unsigned t = 1; t <= TILE_PLAN_MAX_TILE; t++)
                for (unsigned g = 0; g <= TILE_GUESTS; g++) {
                        struct role_plan plan;
                        char url[64];

                        assert_int_equal(role_plan_init(&plan, &sized, t, g), 0);
                        snprintf(url, sizeof url, "http://%s:9477", plan.address);
                        assert_string_equal(plan.url, url);
                        strcpy(seen[n++], plan.address);
                }
        qsort(seen, n, sizeof seen[0], (int (*)(const void *, const void *))strcmp);
        for (size_t i = 1; i < n; i++)
                assert_string_not_equal(seen[i - 1], seen[i]);
}

/* Whom a process needs is there before it and for longer. */
static void order_follows_need(void **state)
{
        static const struct {
                unsigned who, whom;
        } needs[] = {
                {GUEST_EXTERNAL, GUEST_WEB1},
                {GUEST_CLIENT, GUEST_WEB2},
                {GUEST_OLTP, PROCESS_DATABASE},
        };

        for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
                assert_true(process_start_stage(needs[i].whom) < process_start_stage(needs[i].who));
                assert_true(process_end_stage(needs[i].who) < process_end_stage(needs[i].whom));
        }
        for (unsigned p = 0; p < TILE_PROCESSES; p++) {
                assert_true(process_start_stage(p) < N_START_STAGES);
                assert_true(process_end_stage(p) < N_END_STAGES);
                /* The measured load meets complete tiles only. */
                if (p != GUEST_EXTERNAL)
                        assert_true(process_start_stage(p) < process_start_stage(GUEST_EXTERNAL));
        }
        assert_int_equal(process_guest(PROCESS_DATABASE), GUEST_OLTP);
        assert_int_equal(process_guest(GUEST_WEB2), GUEST_WEB2);
        assert_string_equal(process_name(PROCESS_DATABASE), "mysql");
        assert_string_equal(process_name(GUEST_EXTERNAL), "external");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_guest_by_default),
                cmocka_unit_test(sizes_go_where_they_belong),
                cmocka_unit_test(rates_are_exact),
                cmocka_unit_test(refuses_what_there_is_not),
                cmocka_unit_test(external_client_of_guests),
                cmocka_unit_test(addresses_are_apart),
                cmocka_unit_test(order_follows_need),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
