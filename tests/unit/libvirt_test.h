/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests against libvirt's own test driver: the real library with hypervisors that it plays.
 * What test:///default has lives in this process for as long as a connection is open.
 */
#pragma once

#include "unit.h"

#include "calls.h"
#include "hosts.h"

#include <dlfcn.h>
#include <string.h>

/* One that tileload itself does not call: `CALL(virNetworkDestroy)(network)`. */
#define CALL(name) ((__typeof__(name) *)libvirt_function(#name))

static inline void *libvirt_function(const char *name)
{
        void *function = dlsym(dlopen("libvirt.so.0", RTLD_NOW | RTLD_NOLOAD), name);

        assert_case(function != NULL, "%s", name);
        return function;
}

static inline struct hosts *open_hosts(const char *uris)
{
        struct hosts *hosts = NULL;
        struct why why = {0};
        char line[1024];

        assert_case(
                hosts_open(&hosts, uris, -1, &why) == 0, "%s", why_format(&why, line, sizeof line));
        return hosts;
}

static inline virConnectPtr connection_of(struct hosts *hosts, size_t host)
{
        virConnectPtr connection;

        assert_int_equal(hosts_connection(hosts, host, &connection, NULL), 0);
        return connection;
}

/* Fails unless the line that the user would see has this in it, and is one line. */
static inline void assert_why(const struct why *why, const char *part)
{
        char line[1024];

        why_format(why, line, sizeof line);
        assert_case(strstr(line, part) && !strchr(line, '\n'), "\"%s\" is not in: %s", part, line);
}
