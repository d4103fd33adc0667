/* SPDX-License-Identifier: Apache-2.0 */
#include "borrowed.h"

#include "calls.h"
#include "guests_internal.h"

#include <errno.h>
#include <string.h>

struct borrowed_domain {
        size_t host;
        unsigned tile;
        char name[64];
        char *xml;
};

static int read_definition(
        struct hosts *hosts, size_t host, const char *name, char **ret, struct why *why)
{
        _cleanup_(domain_free_p) virDomainPtr domain = NULL;
        const char *uri = hosts_uri(hosts, host);
        virConnectPtr connection;
        int r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        domain = vir.DomainLookupByName(connection, name);
        if (!domain)
                return calls_why(why, "domain", name, uri, "look it up");
        *ret = vir.DomainGetXMLDesc(domain, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);
        return *ret ? 0 : calls_why(why, "domain", name, uri, "read its definition");
}

/* What somebody has removed meanwhile stays removed: its volumes are gone, too. */
static int put_back(const struct borrowed_domain *b, struct hosts *hosts, struct why *why)
{
        _cleanup_(domain_free_p) virDomainPtr there = NULL, domain = NULL;
        virConnectPtr connection;
        int r = hosts_connection(hosts, b->host, &connection, why);

        if (r < 0)
                return r;
        there = vir.DomainLookupByName(connection, b->name);
        if (!there && calls_last_code() == VIR_ERR_NO_DOMAIN)
                return 0;
        domain = vir.DomainDefineXMLFlags(connection, b->xml, 0);
        return domain ? 0
                      : calls_why(why, "domain", b->name, hosts_uri(hosts, b->host),
                                "put its definition back");
}

/* Nothing of it is lost: it stays as a file, and the reason says where. */
static void save(const struct borrowed_domain *b, const char *results, struct why *why)
{
        _cleanup_free_ char *path = NULL;
        _cleanup_fclose_ FILE *file = NULL;
        struct why lost;

        if (!results || asprintf(&path, "%s/logs/%s.xml", results, b->name) < 0)
                path = NULL;
        file = path ? fopen(path, "we") : NULL;
        if (!file || fputs(b->xml, file) < 0 || fflush(file) != 0)
                return;
        lost = *why;
        why_set(why, -EREMOTEIO, lost.what, lost.value, "%s; it is in %s: virsh define does it",
                lost.reason, path);
}

int borrowed_add(struct borrowed *borrowed, struct hosts *hosts, const struct domain_info *domain,
        struct why *why)
{
        struct borrowed_domain *items, b = {.host = domain->host, .tile = domain->tile};
        int r;

        snprintf(b.name, sizeof b.name, "%s", domain->name);
        items = reallocarray(borrowed->items, borrowed->n_items + 1, sizeof *items);
        if (!items)
                return why_errno(why, -ENOMEM, "domain", domain->name);
        borrowed->items = items;
        r = read_definition(hosts, b.host, b.name, &b.xml, why);
        if (r == 0)
                items[borrowed->n_items++] = b;
        return r;
}

bool borrowed_has(const struct borrowed *borrowed, size_t host, const char *name)
{
        for (size_t i = 0; i < borrowed->n_items; i++)
                if (borrowed->items[i].host == host && strcmp(borrowed->items[i].name, name) == 0)
                        return true;
        return false;
}

int borrowed_return(struct borrowed *borrowed, struct guests *guests, unsigned first, unsigned last,
        struct why *why)
{
        size_t kept = 0;
        int result = 0;

        for (size_t i = 0; i < borrowed->n_items; i++) {
                struct borrowed_domain *b = &borrowed->items[i];
                struct why inner = {0};
                int r;

                if (b->tile < first || b->tile > last) {
                        borrowed->items[kept++] = *b;
                        continue;
                }
                r = guests_reach(guests, b->host, &inner);
                if (r == 0)
                        r = put_back(b, guests->hosts, &inner);
                if (r < 0)
                        save(b, guests->results, &inner);
                if (r < 0 && result == 0) {
                        result = r;
                        *why = inner;
                }
                free(b->xml);
        }
        borrowed->n_items = kept;
        return result;
}

void borrowed_fini(struct borrowed *borrowed)
{
        for (size_t i = 0; i < borrowed->n_items; i++)
                free(borrowed->items[i].xml);
        free(borrowed->items);
        *borrowed = (struct borrowed){0};
}
