/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "clock.h"

#define SESSION(member) offsetof(struct session_config, member)

const struct option session_options[N_SESSION_OPTIONS] = {
        {"output", OPTION_STRING, SESSION(output), NULL, "DIR",
                "results directory [tileload-results/TIME]"},
        {"warmup", OPTION_DURATION, SESSION(warmup_ns), "5s", NULL,
                "time of work before each measured window"},
        {"max-warmup", OPTION_DURATION, SESSION(max_warmup_ns), "30s", NULL,
                "a warm-up of 5 s or more goes on until the load has settled, at most for this"},
        {"settle-bound", OPTION_SHARE, SESSION(settle_bound), "5%", NULL,
                "settled: no rate or response time changes by more in 10 s, but by chance"},
        {"duration", OPTION_DURATION, SESSION(duration_ns), "30s", NULL,
                "length of each measured window", .min = NS_PER_S},
};

const struct option limit_options[N_LIMIT_OPTIONS] = {
        {"max-average", OPTION_DURATION, SESSION(limits.max_average_ns), "1s", NULL,
                "a valid tile's average response time is at most this"},
        {"max-p95", OPTION_DURATION, SESSION(limits.max_p95_ns), "3s", NULL,
                "the response time of 95 % of its requests"},
        {"max-p99", OPTION_DURATION, SESSION(limits.max_p99_ns), "5s", NULL,
                "the response time of 99 % of its requests"},
        {"max-errors", OPTION_SHARE, SESSION(limits.max_error_share), "0.1%", NULL,
                "the share of any guest's operations that failed"},
        {"min-achieved", OPTION_SHARE, SESSION(limits.min_achieved_share), "98%", NULL,
                "the share of offered requests that were answered"},
        {"max-standstill", OPTION_DURATION, SESSION(limits.max_standstill_ns), "5s", NULL,
                "no guest that works by itself does nothing for longer"},
};
