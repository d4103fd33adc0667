/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what one run of each of cpu's operations takes within the mix, that is with caches and
 * branch predictors as the others leave them: the repetitions are set by this, so that each stays
 * within 50 to 500 us. Usage: bench-cpu-ops [MEGABYTES [ROUNDS]]
 */
#include "clock.h"
#include "hist.h"
#include "operation.h"

#include <stdio.h>
#include <string.h>

static struct hist hists[N_OPERATIONS];

static int make(struct workbench *bench, uint64_t bytes)
{
        struct why why;

        if (integer_parts_new(&bench->integer) < 0 || floating_parts_new(&bench->floating) < 0 ||
                memory_parts_new(&bench->memory, bytes, MEMORY_HUGEPAGES_DEFAULT) < 0 ||
                system_parts_new(&bench->system, "/dev/shm", &why) < 0)
                return -1;
        while (memory_parts_fill(bench->memory) < memory_parts_size(bench->memory))
                ;
        return 0;
}

static void run_one(struct workbench *bench, const struct operation *operation)
{
        uint64_t start_ns = clock_now_ns();
        int r = operation_run(operation, bench);

        hist_record(&hists[operation - operation_table], clock_now_ns() - start_ns);
        if (r < 0)
                printf("%s: %s\n", operation->name, strerror(-r));
}

static void print_hists(void)
{
        static const char *const families[] = {"integer", "floating", "memory", "system"};
        double family_us[N_FAMILIES] = {0}, all_us = 0;

        printf("%-18s %8s %8s %8s %8s %8s\n", "us", "weight", "p10", "median", "mean", "p90");
        for (unsigned i = 0; i < N_OPERATIONS; i++) {
                const struct operation *o = &operation_table[i];
                double median_us = (double)hist_quantile_ns(&hists[i], 0.5) / 1e3;

                printf("%-18s %8u %8.1f %8.1f %8.1f %8.1f\n", o->name, o->weight,
                        (double)hist_quantile_ns(&hists[i], 0.1) / 1e3, median_us,
                        hist_mean_ns(&hists[i]) / 1e3,
                        (double)hist_quantile_ns(&hists[i], 0.9) / 1e3);
                family_us[o->family] += o->weight * median_us;
                all_us += o->weight * median_us;
        }
        printf("a round of %d: %.1f ms by medians;", TOTAL_WEIGHT, all_us / 1e3);
        for (unsigned i = 0; i < N_FAMILIES; i++)
                printf(" %s %.0f %%", families[i], 100 * family_us[i] / all_us);
        putchar('\n');
}

int main(int argc, char *argv[])
{
        uint64_t megabytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 512;
        unsigned n_rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 50;
        uint64_t start_ns = clock_now_ns();
        struct workbench bench = {0};
        bool selected[N_OPERATIONS];
        struct rounds rounds;
        struct rng rng;

        if (make(&bench, megabytes << 20) < 0 || operations_select("all", selected, NULL) < 0) {
                fprintf(stderr, "cannot set up\n");
                return 1;
        }
        printf("set up in %.0f ms\n", (double)(clock_now_ns() - start_ns) / 1e6);
        rng_init(&rng, 1, 0);
        rounds_init(&rounds, selected);
        for (unsigned i = 0; i < n_rounds * TOTAL_WEIGHT; i++)
                run_one(&bench, &operation_table[rounds_draw(&rounds, &rng)]);
        print_hists();
        integer_parts_free(bench.integer);
        floating_parts_free(bench.floating);
        memory_parts_free(bench.memory);
        system_parts_free(bench.system);
        return 0;
}
