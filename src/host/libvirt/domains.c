/* SPDX-License-Identifier: Apache-2.0 */
#include "domains.h"

#include "console.h"
#include "found.h"
#include "volumes.h"

#include <errno.h>
#include <string.h>

/* ---- what there is ---- */

static const char *state_text(int state, int reason)
{
        switch (state) {
        case VIR_DOMAIN_RUNNING:
        case VIR_DOMAIN_BLOCKED:
                return "running";
        case VIR_DOMAIN_PAUSED:
                return reason == VIR_DOMAIN_PAUSED_IOERROR ? "paused: disk error" : "paused";
        case VIR_DOMAIN_SHUTDOWN:
                return "shutting down";
        case VIR_DOMAIN_SHUTOFF:
                return reason == VIR_DOMAIN_SHUTOFF_CRASHED ? "crashed" : "shut off";
        case VIR_DOMAIN_CRASHED:
                return "crashed";
        case VIR_DOMAIN_PMSUSPENDED:
                return "suspended";
        default:
                return "unknown";
        }
}

static int describe(
        const struct found *found, size_t host, struct domain_info *ret, struct why *why)
{
        const struct mark *mark = &found->mark;
        int state, reason;

        if (vir.DomainGetState(found->domain, &state, &reason, 0) < 0)
                return calls_why(why, "domain", mark->name, found->uri, "get its state");
        *ret = (struct domain_info){
                .host = host,
                .tile = mark->tile,
                .guest = mark->guest,
                .running = state != VIR_DOMAIN_SHUTOFF && state != VIR_DOMAIN_CRASHED,
        };
        snprintf(ret->name, sizeof ret->name, "%s", mark->name);
        snprintf(ret->address, sizeof ret->address, "%s", mark->address);
        snprintf(ret->state, sizeof ret->state, "%s", state_text(state, reason));
        return 0;
}

int domains_state(struct hosts *hosts, size_t host, const char *name, struct domain_info *ret,
        struct why *why)
{
        _cleanup_(found_fini) struct found found = {0};
        int r = found_init(&found, hosts, host, name, why);

        if (r == 0)
                r = describe(&found, host, ret, why);
        return r == -EEXIST ? -ENOENT : r;
}

struct list {
        struct domain_info *items;
        size_t n;
};

/* Appends the domain of that name if it is one of ours and still there. */
static int add_domain(
        struct list *list, struct hosts *hosts, size_t host, const char *name, struct why *why)
{
        struct domain_info *more, info;
        int r = domains_state(hosts, host, name, &info, why);

        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        more = realloc(list->items, (list->n + 1) * sizeof *more);
        if (!more)
                return why_errno(why, -ENOMEM, "domains", NULL);
        list->items = more;
        list->items[list->n++] = info;
        return 0;
}

static int add_host(struct list *list, struct hosts *hosts, size_t host, struct why *why)
{
        virConnectPtr connection;
        virDomainPtr *domains;
        int n, r = hosts_connection(hosts, host, &connection, why);

        if (r < 0)
                return r;
        n = vir.ConnectListAllDomains(connection, &domains, 0);
        if (n < 0)
                return calls_why(why, "host", NULL, hosts_uri(hosts, host), "list its domains");
        for (int i = 0; i < n; i++) {
                const char *name = vir.DomainGetName(domains[i]);

                if (r == 0 && name)
                        r = add_domain(list, hosts, host, name, why);
                domain_free_p(&domains[i]);
        }
        free(domains);
        return r;
}

static int by_tile(const void *a, const void *b)
{
        const struct domain_info *x = a, *y = b;

        if (x->tile != y->tile)
                return x->tile < y->tile ? -1 : 1;
        if (x->guest != y->guest)
                return x->guest < y->guest ? -1 : 1;
        return x->host < y->host ? -1 : x->host > y->host;
}

int domains_list(struct hosts *hosts, struct domain_info **ret, size_t *ret_n, struct why *why)
{
        struct list list = {0};

        for (size_t host = 0; host < hosts_count(hosts); host++) {
                int r = add_host(&list, hosts, host, why);

                if (r < 0) {
                        free(list.items);
                        return r;
                }
        }
        if (list.n > 0)
                qsort(list.items, list.n, sizeof *list.items, by_tile);
        *ret = list.items;
        *ret_n = list.n;
        return 0;
}

/* ---- on and off ---- */

/* 1: is not off, 0: is off, -errno. */
static int is_active(const struct found *found, struct why *why)
{
        int r = vir.DomainIsActive(found->domain);

        return r >= 0 ? r : calls_why(why, "domain", found->mark.name, found->uri, "get its state");
}

static int check_not_paused(const struct found *found, struct why *why)
{
        int state, reason;

        if (vir.DomainGetState(found->domain, &state, &reason, 0) < 0)
                return calls_why(why, "domain", found->mark.name, found->uri, "get its state");
        if (state == VIR_DOMAIN_PAUSED || state == VIR_DOMAIN_PMSUSPENDED)
                return why_set(why, -EBUSY, "domain", found->mark.name,
                        "%s: is %s: resume it or stop it first", found->uri,
                        state_text(state, reason));
        return 0;
}

int domains_start(struct hosts *hosts, size_t host, const char *name, struct why *why)
{
        _cleanup_(found_fini) struct found found = {0};
        unsigned flags = 0;
        int r = found_init(&found, hosts, host, name, why);

        if (r == 0)
                r = is_active(&found, why);
        if (r < 0)
                return r;
        if (r == 1) {
                r = check_not_paused(&found, why);
                return r < 0 ? r : 1;
        }
        /* libvirt-guests may have saved it when its host was shut down. */
        if (vir.DomainHasManagedSaveImage(found.domain, 0) == 1)
                flags |= VIR_DOMAIN_START_FORCE_BOOT;
        if (vir.DomainCreateWithFlags(found.domain, flags) < 0) {
                r = calls_why(why, "domain", name, found.uri, "start it");
                return vir.DomainIsActive(found.domain) == 1 ? 1 : r;
        }
        return 0;
}

static int button(virDomainPtr domain)
{
        return vir.DomainShutdownFlags(domain, 0);
}

static int unplug(virDomainPtr domain)
{
        return vir.DomainDestroyFlags(domain, 0);
}

/* Does it, unless the domain is off, which it may come to be at any time. */
static int stop(const struct found *found, int (*how)(virDomainPtr domain), const char *doing,
        struct why *why)
{
        int r = is_active(found, why);

        if (r <= 0)
                return r;
        if (how(found->domain) < 0) {
                r = calls_why(why, "domain", found->mark.name, found->uri, doing);
                return vir.DomainIsActive(found->domain) == 0 ? 0 : r;
        }
        return 0;
}

int domains_shut_down(struct hosts *hosts, size_t host, const char *name, struct why *why)
{
        _cleanup_(found_fini) struct found found = {0};
        int r = found_init(&found, hosts, host, name, why);

        return r < 0 ? r : stop(&found, button, "shut it down", why);
}

int domains_power_off(struct hosts *hosts, size_t host, const char *name, struct why *why)
{
        _cleanup_(found_fini) struct found found = {0};
        int r = found_init(&found, hosts, host, name, why);

        return r < 0 ? r : stop(&found, unplug, "power it off", why);
}

/* ---- removing ---- */

int domains_remove(struct hosts *hosts, size_t host, const char *name, struct why *why)
{
        _cleanup_(found_fini) struct found found = {0};
        int r = found_init(&found, hosts, host, name, why);

        if (r < 0)
                return r == -ENOENT ? 0 : r;
        r = stop(&found, unplug, "power it off", why);
        for (size_t i = 0; r == 0 && i < found.mark.n_volumes; i++)
                r = volumes_remove(
                        hosts, host, found.mark.volumes[i].pool, found.mark.volumes[i].name, why);
        if (r == 0)
                r = console_remove(hosts, host, &found.mark, why);
        /* Last: until then the mark says what is left to be removed. */
        if (r == 0)
                r = found_undefine(&found, why);
        return r;
}
