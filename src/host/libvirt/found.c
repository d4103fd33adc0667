/* SPDX-License-Identifier: Apache-2.0 */
#include "found.h"

#include <errno.h>
#include <string.h>

static int read_definition(struct found *found, const char *name, struct why *why)
{
        int r;

        found->xml = vir.DomainGetXMLDesc(found->domain, VIR_DOMAIN_XML_INACTIVE);
        if (!found->xml)
                return calls_why(why, "domain", name, found->uri, "read its definition");
        r = mark_parse(&found->mark, found->xml);
        if (r < 0)
                return why_set(why, r, "domain", name, "%s: cannot read its definition: %s",
                        found->uri, strerror(-r));
        if (!found->mark.ours)
                return why_set(why, -EEXIST, "domain", name,
                        "%s: is there and was not made by tileload: rename it or remove it",
                        found->uri);
        return 0;
}

int found_init(
        struct found *ret, struct hosts *hosts, size_t host, const char *name, struct why *why)
{
        struct found found = {.uri = hosts_uri(hosts, host)};
        virConnectPtr connection;
        int r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        found.domain = vir.DomainLookupByName(connection, name);
        if (!found.domain)
                return calls_last_code() == VIR_ERR_NO_DOMAIN
                               ? why_set(why, -ENOENT, "domain", name,
                                         "%s: there is none: make it with tileload tile create",
                                         found.uri)
                               : calls_why(why, "domain", name, found.uri, "find it");
        r = read_definition(&found, name, why);
        if (r < 0) {
                found_fini(&found);
                return r;
        }
        *ret = found;
        return 0;
}

void found_fini(struct found *found)
{
        domain_free_p(&found->domain);
        free(found->xml);
        mark_fini(&found->mark);
        *found = (struct found){0};
}

int found_undefine(const struct found *found, struct why *why)
{
        /* Not every driver knows of all that libvirt can keep for a domain. */
        static const unsigned flags[] = {
                VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |
                        VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM,
                VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
                0,
        };
        int code = VIR_ERR_OK;

        for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
                if (vir.DomainUndefineFlags(found->domain, flags[i]) == 0)
                        return 0;
                code = calls_last_code();
                if (code != VIR_ERR_INVALID_ARG && code != VIR_ERR_NO_SUPPORT)
                        break;
        }
        if (code == VIR_ERR_NO_DOMAIN)
                return 0;
        return calls_why(why, "domain", found->mark.name, found->uri, "remove its definition");
}
