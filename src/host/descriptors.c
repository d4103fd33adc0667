/* SPDX-License-Identifier: Apache-2.0 */
#include "descriptors.h"

#include "macro.h"

#include <sys/resource.h>

void descriptors_raise_limit(void)
{
        const rlim_t enough = 16384;
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= enough)
                return;
        limit.rlim_cur = MIN(limit.rlim_max, enough);
        setrlimit(RLIMIT_NOFILE, &limit);
}
