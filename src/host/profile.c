/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <string.h>

const char *const profile_names[] = {"standard", "small", NULL};

struct setting {
        const char *key, *value;
};

/* A role's own defaults are the standard: nothing to set. */
static const struct setting small[] = {
        {"rate", "5"},
        {"dirs", "1"},
        {"users", "1"},
        {"think", "200ms"},
        {"cpu-memory", "4M"},
        {"cpu-think", "100ms"},
        {"disk-size", "16M"},
        {"disk-max-rate", "10"},
        {"oltp-rows", "1000"},
        {"oltp-think", "500ms"},
        {"database-memory", "16M"},
};

static bool knows(const struct option_set *sets, size_t n_sets, const char *key)
{
        for (size_t s = 0; s < n_sets; s++)
                for (size_t i = 0; i < sets[s].n_options; i++)
                        if (strcmp(sets[s].options[i].name, key) == 0)
                                return true;
        return false;
}

int profile_apply(unsigned profile, const struct option_set *sets, size_t n_sets, struct why *why)
{
        int r = 0;

        if (strcmp(profile_names[profile], "small") != 0)
                return 0;
        for (size_t i = 0; r == 0 && i < ARRAY_SIZE(small); i++)
                if (knows(sets, n_sets, small[i].key))
                        r = option_sets_apply(
                                sets, n_sets, "--", small[i].key, small[i].value, why);
        return r;
}
