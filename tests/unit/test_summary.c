/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text that a user sees, against tests/golden/summary/. TILELOAD_GOLDEN_UPDATE=1 writes the
 * golden files anew: look at the difference before you commit it.
 */
#include "unit.h"

#include "healthy.h"
#include "summary.h"

#include <string.h>

static struct step_window described(unsigned n_tiles)
{
        struct step_window w = healthy(n_tiles);

        w.host_cpus = 2;
        w.host_cpu = (struct guestinfo_cpu){
                .user_ns = 12 * NS_PER_S, .system_ns = 4 * NS_PER_S, .idle_ns = 4 * NS_PER_S};
        w.cost.cpu_ns = 20 * NS_PER_MS;
        for (size_t i = 0; i < w.n_guests; i++) {
                struct guest_window *g = &w.guests[i];

                g->clock_ratio = 1;
                g->local = true;
                g->answering_ns = 10 * NS_PER_MS;
                g->local_sum = (struct guestinfo_process){.user_ns = i * 100 * NS_PER_MS,
                        .queued_ns = NS_PER_S,
                        .rss_bytes = (i + 1) << 20};
        }
        return w;
}

static void compare(const char *name, struct step_window *w)
{
        char path[512], *text = NULL, expected[8192];
        const char *directory = getenv("TILELOAD_GOLDEN");
        struct step_verdict v;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(directory);
        assert_int_equal(step_judge(w, &limits, &v), 0);
        summary_step(f, w, &v);
        fclose(f);
        snprintf(path, sizeof path, "%s/summary/%s.txt", directory, name);
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
        step_verdict_fini(&v);
        step_window_fini(w);
}

static void one_valid_tile(void **state)
{
        struct step_window w = described(1);

        compare("valid", &w);
}

static void two_tiles_of_which_one_suffers(void **state)
{
        struct step_window w = described(2);
        struct guest_window *second = &w.guests[9];

        second->counts[0].value = 500; /* requests */
        second->counts[2].value = 500; /* timeouts */
        snprintf(w.guests[13].problem, sizeof w.guests[13].problem,
                "was started again in the window");
        w.guests[3].clock_ratio = 1.14;
        compare("invalid", &w);
}

static void a_guest_whose_launcher_knows_why(void **state)
{
        struct step_window w = described(1);
        struct guest_window *disk = &w.guests[GUEST_DISK], *idle = &w.guests[GUEST_IDLE];
        struct guest_trouble trouble = {
                .text = "was destroyed (domain tileload-t1-disk)",
                .console = strdup("disk: ready\nodd \033[1mbyt\xe9s\n"),
        };

        snprintf(disk->problem, sizeof disk->problem,
                "did not answer at the window's end: no route to host");
        guest_window_trouble(disk, &trouble);
        assert_null(trouble.console);
        assert_string_equal(disk->problem,
                "was destroyed (domain tileload-t1-disk); did not answer at the window's end: no "
                "route to host");
        assert_string_equal(disk->console, "disk: ready\nodd ?[1mbyt?s\n");

        trouble = (struct guest_trouble){.text = "panicked"};
        guest_window_trouble(idle, &trouble);
        assert_string_equal(idle->problem, "panicked");
        assert_null(idle->console);
        compare("trouble", &w);
}

static void nobody_answers(void **state)
{
        struct step_window w = described(1);
        struct guest_window *external = &w.guests[GUEST_EXTERNAL];

        external->counts[0].value = 0;    /* requests */
        external->counts[2].value = 1000; /* timeouts */
        external->latencies[0] = (struct latency_window){0};
        compare("silent", &w);
}

static void cut_short(void **state)
{
        struct step_window w = described(1);

        w.interrupted = true;
        compare("interrupted", &w);
}

static void a_host_at_its_limit(void **state)
{
        struct step_window w = described(1);

        w.repeat = 2;
        w.warmup_s = 30;
        w.settling = (struct settling){.known = true,
                .bound = 0.05,
                .window_s = 10,
                .what = "disk",
                .change_percent = -8.12};
        w.usage.host.cpu_busy_percent = 99.7;
        w.usage.psi.has = true;
        w.usage.psi.memory_full_us = 1000000;
        w.usage.seconds = 10;
        w.usage.clients = (struct client_use){.here = true,
                .late_share = 0.123,
                .busiest_cpu_percent = 30,
                .busiest_queued_percent = 50};
        compare("limits", &w);
}

static void clients_that_were_the_limit(void **state)
{
        struct step_window w = described(1);

        w.warmup_s = 5;
        w.settling = (struct settling){.known = true, .settled = true, .bound = 0.05};
        w.usage.host.cpu_busy_percent = 40;
        w.usage.clients = (struct client_use){.here = true, .busiest_cpu_percent = 99.4};
        compare("clients", &w);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(one_valid_tile),
                cmocka_unit_test(two_tiles_of_which_one_suffers),
                cmocka_unit_test(a_guest_whose_launcher_knows_why),
                cmocka_unit_test(nobody_answers),
                cmocka_unit_test(cut_short),
                cmocka_unit_test(a_host_at_its_limit),
                cmocka_unit_test(clients_that_were_the_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
