/* SPDX-License-Identifier: Apache-2.0 */
#include "compare_names.h"

const char *const compare_names[COMPARE_NAMES] = {
        "external", "web1", "web2", "client", "backend", "cpu", "disk", "oltp", "idle", "total"};

const char *const compare_metrics[COMPARE_METRICS] = {
        "rate", "average", "p50", "p95", "p99", "max", "errors", "cpu"};
