/* SPDX-License-Identifier: Apache-2.0 */
#include "host_facts.h"

#include "calls.h"

#include <errno.h>
#include <string.h>

int host_capabilities(struct hosts *hosts, size_t host, char **ret, struct why *why)
{
        virConnectPtr connection;
        int r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        *ret = vir.ConnectGetCapabilities(connection);
        return *ret ? 0 : calls_why(why, "capabilities", NULL, hosts_uri(hosts, host), "read them");
}

/* libvirt's way to put a version into a number. */
static char *version_text(unsigned long version, char text[static 32])
{
        snprintf(text, 32, "%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
        return text;
}

char *host_versions(struct hosts *hosts, size_t host, char *text, size_t size)
{
        unsigned long daemon = 0, hypervisor = 0;
        char first[32], second[32];
        virConnectPtr connection;
        const char *name;

        if (hosts_connection(hosts, host, &connection, NULL) < 0) {
                snprintf(text, size, "unknown");
                return text;
        }
        name = vir.ConnectGetType(connection);
        if (vir.ConnectGetLibVersion(connection, &daemon) < 0)
                daemon = 0;
        if (vir.ConnectGetVersion(connection, &hypervisor) < 0)
                hypervisor = 0;
        snprintf(text, size, "libvirt %s, %s %s",
                daemon ? version_text(daemon, first) : "of unknown version",
                name ? name : "hypervisor",
                hypervisor ? version_text(hypervisor, second) : "of unknown version");
        return text;
}

const char *libvirt_missing(void)
{
        static struct why why;
        static char text[sizeof why];

        return calls_load(&why) < 0 ? why_format(&why, text, sizeof text) : NULL;
}
