/* SPDX-License-Identifier: Apache-2.0 */
#include "domains.h"

#include "found.h"
#include "template.h"
#include "volumes.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Pools that deal in extents may give so much more than was asked for. */
#define ROUNDING (UINT64_C(64) << 20)

struct creation {
        struct hosts *hosts;
        size_t host;
        const char *uri;
        const char *name;
        const struct domain_xml *xml;
        struct mark mark; /* of xml */

        bool is_new;
        struct found before; /* unless it is new */
        bool *made;          /* which of xml's volumes were */
};

/* ---- may it be made? ---- */

/* The XML comes from a template that a user may edit: whatever is made must be found again. */
static int check_xml(struct creation *c, struct why *why)
{
        int r = mark_parse(&c->mark, c->xml->text);

        if (r < 0)
                return why_set(why, r, "domain", c->name, "its XML is not that of a domain: %s",
                        strerror(-r));
        if (strcmp(c->mark.name, c->name) != 0)
                return why_set(why, -EINVAL, "domain", c->name,
                        "the template names it \"%s\": its <name> must be @domain@", c->mark.name);
        if (!c->mark.ours)
                return why_set(why, -EINVAL, "domain", c->name,
                        "its XML has no mark of tileload's for this guest");
        for (size_t i = 0; i < c->xml->n_volumes; i++) {
                const struct template_volume *v = &c->xml->volumes[i];

                if (!mark_has_volume(&c->mark, v->pool, v->name))
                        return why_set(why, -EINVAL, "volume", v->name,
                                "is not listed in the mark of domain %s", c->name);
        }
        return 0;
}

static bool was_ours(const struct creation *c, const struct template_volume *v)
{
        return !c->is_new && mark_has_volume(&c->before.mark, v->pool, v->name);
}

/* What is there under that name is taken over only if it is the domain's already. */
static int check_volume(const struct creation *c, const struct template_volume *v, struct why *why)
{
        uint64_t capacity;
        int r = volumes_find(c->hosts, c->host, v->pool, v->name, &capacity, why);

        if (r <= 0)
                return r;
        if (!was_ours(c, v))
                return why_set(why, -EEXIST, "volume", v->name,
                        "%s: is there in pool %s and does not belong to domain %s: rename it or "
                        "remove it",
                        c->uri, v->pool, c->name);
        if (capacity < v->capacity || capacity - v->capacity > ROUNDING)
                return why_set(why, -EEXIST, "volume", v->name,
                        "%s: has %" PRIu64 " bytes and is to have %" PRIu64
                        ": destroy the tile first",
                        c->uri, capacity, v->capacity);
        return 0;
}

static int check_volumes(const struct creation *c, struct why *why)
{
        int r = 0;

        for (size_t i = 0; r == 0 && i < c->xml->n_volumes; i++)
                r = check_volume(c, &c->xml->volumes[i], why);
        if (r < 0 || c->is_new)
                return r;
        /* Once it is not in the mark any more, nobody knows a volume for ours. */
        for (size_t i = 0; i < c->before.mark.n_volumes; i++) {
                const struct mark_volume *v = &c->before.mark.volumes[i];

                if (!mark_has_volume(&c->mark, v->pool, v->name))
                        return why_set(why, -EEXIST, "domain", c->name,
                                "%s: has volume %s in pool %s and is not to have it: destroy the "
                                "tile first",
                                c->uri, v->name, v->pool);
        }
        return 0;
}

/* ---- making it ---- */

static int define(const struct creation *c, const char *xml, unsigned flags, struct why *why)
{
        virConnectPtr connection;
        virDomainPtr domain;
        int r = hosts_connection(c->hosts, c->host, &connection, why);

        if (r < 0)
                return r;
        domain = vir.DomainDefineXMLFlags(connection, xml, flags);
        if (!domain)
                return calls_why(why, "domain", c->name, c->uri, "define it");
        vir.DomainFree(domain);
        return 0;
}

/* Under its present UUID: libvirt takes it for another domain else, of a name that is taken. */
static int define_again(const struct creation *c, struct why *why)
{
        char uuid[VIR_UUID_STRING_BUFLEN];
        _cleanup_free_ char *text = NULL;
        const char *xml = c->xml->text;

        if (vir.DomainGetUUIDString(c->before.domain, uuid) < 0)
                return calls_why(why, "domain", c->name, c->uri, "get its UUID");
        if (asprintf(&text, "%.*s<uuid>%s</uuid>%s", (int)c->mark.inside, xml, uuid,
                    xml + c->mark.inside) < 0) {
                text = NULL;
                return why_errno(why, -ENOMEM, "domain", c->name);
        }
        return define(c, text, VIR_DOMAIN_DEFINE_VALIDATE, why);
}

static int make_volume(struct creation *c, size_t i, struct why *why)
{
        const struct template_volume *v = &c->xml->volumes[i];
        uint64_t capacity;
        int r;

        if (was_ours(c, v)) {
                r = volumes_find(c->hosts, c->host, v->pool, v->name, &capacity, why);
                if (r != 0)
                        return MIN(r, 0);
        }
        r = volumes_make(c->hosts, c->host, v, why); /* fails if one came since it was checked */
        c->made[i] = r == 0;
        return r;
}

/* As it was before. If that cannot be done either, the mark still says what destroy is to remove.
 */
static void undo(const struct creation *c)
{
        _cleanup_(found_fini) struct found found = {0};

        for (size_t i = 0; i < c->xml->n_volumes; i++)
                if (c->made[i] && volumes_remove(c->hosts, c->host, c->xml->volumes[i].pool,
                                          c->xml->volumes[i].name, NULL) < 0)
                        return;
        if (!c->is_new)
                define(c, c->before.xml, 0, NULL);
        else if (found_init(&found, c->hosts, c->host, c->name, NULL) == 0)
                found_undefine(&found, NULL);
}

/* The domain first: its mark then says of every volume whose it is, whatever happens. */
static int make(struct creation *c, struct why *why)
{
        bool again = !c->is_new && !c->mark.has_uuid;
        int r = again ? define_again(c, why)
                      : define(c, c->xml->text, VIR_DOMAIN_DEFINE_VALIDATE, why);

        if (r < 0)
                return r;
        for (size_t i = 0; r == 0 && i < c->xml->n_volumes; i++)
                r = make_volume(c, i, why);
        if (r < 0)
                undo(c);
        return r;
}

static int create(struct creation *c, struct why *why)
{
        int r = check_xml(c, why);

        if (r < 0)
                return r;
        c->made = calloc(c->xml->n_volumes + 1, sizeof *c->made);
        if (!c->made)
                return why_errno(why, -ENOMEM, "domain", c->name);
        r = found_init(&c->before, c->hosts, c->host, c->name, why);
        if (r < 0 && r != -ENOENT)
                return r;
        c->is_new = r == -ENOENT;
        r = check_volumes(c, why);
        return r < 0 ? r : make(c, why);
}

int domains_create(struct hosts *hosts, size_t host, const char *name, const struct domain_xml *xml,
        bool *ret_made, struct why *why)
{
        struct creation creation = {
                .hosts = hosts,
                .host = host,
                .uri = hosts_uri(hosts, host),
                .name = name,
                .xml = xml,
        };
        int r = create(&creation, why);

        if (r == 0)
                *ret_made = creation.is_new;
        mark_fini(&creation.mark);
        found_fini(&creation.before);
        free(creation.made);
        return r;
}
