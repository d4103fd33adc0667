/* SPDX-License-Identifier: Apache-2.0 */
#include "role_use.h"

#include <math.h>

struct sums {
        struct hist hist;
        double rate, cpu_share;
        unsigned cpus_known;
};

static void add(struct role_use *use, struct sums *sums, const struct run_guest *guest)
{
        use->name = guest->name;
        if (guest->problem) {
                use->missing++;
                return;
        }
        use->measured++;
        if (guest->work_unit[0])
                use->unit = guest->work_unit;
        use->work += guest->work;
        use->errors += guest->errors;
        sums->rate += guest->rate_per_s;
        if (isfinite(guest->cpu_share)) {
                sums->cpu_share += guest->cpu_share;
                sums->cpus_known++;
        }
        if (guest->hist)
                hist_add(&sums->hist, guest->hist);
}

struct role_use role_use_of(const struct scaling_row *row, unsigned guest)
{
        struct role_use use = {
                .unit = "", .rate = NAN, .cpu_share = NAN, .mean_ms = NAN, .p99_ms = NAN};
        struct sums sums = {0};

        for (size_t i = 0; i < row->n_steps; i++)
                for (size_t t = 0; t < row->steps[i]->n_tile_results; t++) {
                        const struct run_guest *one =
                                run_tile_guest(&row->steps[i]->tile_results[t], guest);

                        if (one)
                                add(&use, &sums, one);
                }
        if (use.measured)
                use.rate = sums.rate / use.measured;
        if (sums.cpus_known)
                use.cpu_share = sums.cpu_share / sums.cpus_known;
        if (hist_count(&sums.hist)) {
                use.mean_ms = hist_mean_ns(&sums.hist) / 1e6;
                use.p99_ms = (double)hist_quantile_ns(&sums.hist, 0.99) / 1e6;
        }
        return use;
}
