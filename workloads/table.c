/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <string.h>

/* A role that this build lacks the library for: listed, with the reason. */
#define MISSING(role, text, library) \
        static const struct workload workload_##role = { \
                .name = #role, \
                .summary = text, \
                .unavailable = "built without " library, \
        }

extern const struct workload workload_backend;
extern const struct workload workload_cpu;
extern const struct workload workload_idle;
#ifdef HAVE_ROLE_WEBSERVER
extern const struct workload workload_webserver;
#else
MISSING(webserver, "static files and dynamic pages over HTTP", "libcurl");
#endif
#ifdef HAVE_ROLE_WEBCLIENT
extern const struct workload workload_webclient;
#else
MISSING(webclient, "HTTP load, closed or open loop", "libcurl");
#endif
#ifdef HAVE_ROLE_DISK
extern const struct workload workload_disk;
#else
MISSING(disk, "asynchronous direct disk I/O, every block checked", "libaio");
#endif
#ifdef HAVE_ROLE_OLTP
extern const struct workload workload_oltp;
#else
MISSING(oltp, "database transactions, sysbench's read/write mix", "the MySQL client library");
#endif

const struct workload *const workload_table[] = {
        &workload_webserver,
        &workload_webclient,
        &workload_backend,
        &workload_cpu,
        &workload_disk,
        &workload_oltp,
        &workload_idle,
        NULL,
};

const struct workload *workload_find(const char *name)
{
        for (const struct workload *const *w = workload_table; *w; w++)
                if (strcmp((*w)->name, name) == 0)
                        return *w;
        return NULL;
}
