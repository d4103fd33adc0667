/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <errno.h>

#define FRAME(member) offsetof(struct frame_config, member)
#define PACED(member) offsetof(struct paced_config, member)

static const char *const modes[] = {[PACE_CLOSED] = "closed", [PACE_OPEN] = "open", NULL};
static const char *const arrivals[] = {
        [PACE_UNIFORM] = "uniform", [PACE_POISSON] = "poisson", NULL};

const struct option frame_options[N_FRAME_OPTIONS] = {
        {"listen", OPTION_STRING, FRAME(listen), "9477", "ADDRESS:PORT",
                "where /metrics, /stats.json and /healthz are served"},
        {"tile", OPTION_COUNT, FRAME(tile), "0", NULL, "number of this guest's tile, 0 for none",
                .max = 100000},
        {"guest", OPTION_COUNT, FRAME(guest), "0", NULL, "number of this guest in its tile",
                .max = 100000},
        {"seed", OPTION_COUNT, FRAME(seed), "1", NULL,
                "the same seed gives the same operations in the same order"},
        {"duration", OPTION_DURATION, FRAME(duration_ns), "0", NULL,
                "end by itself after this time of work, 0 for never"},
        {"final-stats", OPTION_STRING, FRAME(final_stats), NULL, "FILE",
                "write the last stats.json there at the end, - for standard output"},
        {"prepare", OPTION_BOOL, FRAME(prepare), "yes", NULL,
                "make the files or tables that the role needs, if they are not there"},
        {"verbose", OPTION_BOOL, FRAME(verbose), "no", NULL,
                "say each change of state on standard error"},
};

const struct option paced_options[N_PACED_OPTIONS] = {
        {"mode", OPTION_CHOICE, PACED(mode), "closed", NULL,
                "closed loop (the next when the last is done) or open loop (at a rate)",
                .choices = modes},
        {"rate", OPTION_NUMBER, PACED(rate_per_s), "0", "PER-SECOND",
                "open loop: operations that fall due each second"},
        {"arrival", OPTION_CHOICE, PACED(arrival), "poisson", NULL,
                "open loop: how due times are spread", .choices = arrivals},
        {"think", OPTION_DURATION, PACED(think_ns), "0", NULL,
                "closed loop: mean time between operations, exponential"},
        {"think-max", OPTION_DURATION, PACED(think_max_ns), "0", NULL,
                "closed loop: no think time is longer than this, 0 for no limit"},
};

const struct option threads_options[N_THREADS_OPTIONS] = {
        {"threads", OPTION_COUNT, offsetof(struct threads_config, threads), "1", NULL,
                "workers at the same time", .min = 1, .max = 1024},
};

int paced_check(const struct paced_config *config, struct pace_config *ret, struct why *why)
{
        if (config->mode == PACE_OPEN && !(config->rate_per_s > 0))
                return why_set(
                        why, -EINVAL, "--mode", "open", "an open loop needs a --rate above 0");
        if (config->mode == PACE_CLOSED && config->rate_per_s > 0)
                return why_set(why, -EINVAL, "--rate", NULL,
                        "a closed loop has no rate: add --mode open or leave it out");
        if (config->mode == PACE_OPEN && config->think_ns)
                return why_set(why, -EINVAL, "--think", NULL,
                        "an open loop does not think: leave it out or use --mode closed");
        if (config->rate_per_s > 1e8)
                return why_set(why, -ERANGE, "--rate", NULL, "at most 100 million a second");
        *ret = (struct pace_config){
                .mode = config->mode,
                .arrival = config->arrival,
                .rate_per_s = config->rate_per_s,
                .think_ns = config->think_ns,
                .think_max_ns = config->think_max_ns,
        };
        return 0;
}
