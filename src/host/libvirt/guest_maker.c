/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_maker.h"

#include "guest_xml.h"
#include "host_facts.h"
#include "textfile.h"
#include "volumes.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* What is asked of a host once, when the first guest is made there. */
struct guest_maker_host {
        bool asked;
        char *directory; /* of the pool; NULL: it has none, so there is no console log */
        bool has_topology;
        struct topology topology;
};

/* Made beside the image when it was built with a hash tree. Where the hosts are others, a copy of
 * it here says that theirs are to be checked. */
static int read_usrhash(struct guest_maker *maker, const char *directory, struct why *why)
{
        char path[PATH_MAX];
        ssize_t n;

        snprintf(path, sizeof path, "%s/usrhash", directory);
        n = textfile_read(path, maker->usrhash, sizeof maker->usrhash);
        if (n == -ENOENT || n == -ENOTDIR) {
                maker->usrhash[0] = '\0';
                return 0;
        }
        if (n < 0)
                return why_errno(why, (int)n, "root hash of the image", path);
        if (n < 32 || strspn(maker->usrhash, "0123456789abcdefABCDEF") != (size_t)n)
                return why_set(why, -EINVAL, "root hash of the image", path,
                        "not one line of hexadecimal digits");
        return 0;
}

int guest_maker_init(struct guest_maker *maker, const struct launch_config *launch,
        struct hosts *hosts, struct why *why)
{
        const struct libvirt_config *config = launch->libvirt;
        int r = 0;

        *maker = (struct guest_maker){.launch = launch, .hosts = hosts};
        maker->by_host = calloc(hosts_count(hosts), sizeof *maker->by_host);
        if (!maker->by_host)
                return why_errno(why, -ENOMEM, "hosts", NULL);
        if (config->template)
                r = textfile_load(&maker->template, "--template", config->template, why);
        if (r == 0)
                r = placement_init(&maker->placement, launch->placement, why);
        if (r == 0)
                r = read_usrhash(maker, config->image, why);
        if (r < 0)
                guest_maker_fini(maker);
        return r;
}

void guest_maker_fini(struct guest_maker *maker)
{
        for (size_t i = 0; maker->by_host && i < hosts_count(maker->hosts); i++) {
                free(maker->by_host[i].directory);
                topology_fini(&maker->by_host[i].topology);
        }
        free(maker->by_host);
        free(maker->template);
        placement_fini(&maker->placement);
        *maker = (struct guest_maker){0};
}

static int ask_host(
        struct guest_maker *maker, size_t host, struct guest_maker_host **ret, struct why *why)
{
        struct guest_maker_host *h = &maker->by_host[host];
        int r;

        *ret = h;
        if (h->asked)
                return 0;
        r = volumes_pool_directory(
                maker->hosts, host, maker->launch->libvirt->pool, &h->directory, why);
        h->asked = r == 0;
        return r;
}

/* ---- placement ---- */

int guest_maker_host(
        struct guest_maker *maker, size_t host, struct placement_host *ret, struct why *why)
{
        struct guest_maker_host *h = &maker->by_host[host];
        const char *uri = hosts_uri(maker->hosts, host);
        _cleanup_free_ char *capabilities = NULL;
        int r = 0;

        if (!h->has_topology)
                r = host_capabilities(maker->hosts, host, &capabilities, why);
        if (capabilities)
                r = topology_capabilities(&h->topology, capabilities, uri, why);
        h->has_topology = r == 0;
        *ret = (struct placement_host){.topology = &h->topology, .name = uri};
        return r;
}

static int place_guest(struct guest_maker *maker, unsigned tile, unsigned guest, struct place *ret,
        struct why *why)
{
        const struct placement_guest g = {
                .tile = tile,
                .guest = guest,
                .turn = (tile - 1) / (unsigned)hosts_count(maker->hosts) + 1,
        };
        struct placement_host host;
        int r;

        if (maker->placement.mode == PLACEMENT_NONE)
                return 0;
        r = guest_maker_host(maker, hosts_of_tile(maker->hosts, tile), &host, why);
        return r == 0 ? placement_place(&maker->placement, &host, &g, ret, why) : r;
}

int guest_maker_check_placement(
        struct guest_maker *maker, unsigned first, unsigned last, struct why *why)
{
        if (maker->placement.mode == PLACEMENT_NONE)
                return 0;
        for (unsigned t = first; t <= last; t++)
                for (unsigned g = GUEST_WEB1; g <= TILE_GUESTS; g++) {
                        struct place place = {0};
                        int r = place_guest(maker, t, g, &place, why);

                        place_fini(&place);
                        if (r < 0)
                                return r;
                }
        return 0;
}

int guest_maker_plan(struct guest_maker *maker, struct guest_plan *ret, unsigned tile,
        unsigned guest, struct why *why)
{
        return guest_plan_init(ret, maker->launch->libvirt,
                maker->usrhash[0] ? maker->usrhash : NULL, maker->launch, tile, guest, why);
}

int guest_maker_check(struct guest_maker *maker, unsigned first, unsigned last, struct why *why)
{
        for (unsigned t = first; t <= last; t++)
                for (unsigned g = GUEST_WEB1; g <= TILE_GUESTS; g++) {
                        struct guest_plan plan;
                        int r = guest_maker_plan(maker, &plan, t, g, why);

                        if (r < 0)
                                return r;
                        guest_plan_fini(&plan);
                }
        return 0;
}

static int make_placed(struct guest_maker *maker, const struct guest_plan *plan,
        const struct place *place, bool *ret_made, struct why *why)
{
        const struct libvirt_config *config = maker->launch->libvirt;
        size_t host = hosts_of_tile(maker->hosts, plan->tile);
        struct guest_place where = {.nodes = place->nodes, .cpus = place->cpus};
        _cleanup_free_ char *console = NULL;
        struct guest_maker_host *h;
        struct domain_xml xml = {0};
        int r = ask_host(maker, host, &h, why);

        if (r == 0 && h->directory &&
                asprintf(&console, "%s/%s-console.log", h->directory, plan->domain) < 0) {
                console = NULL;
                r = why_errno(why, -ENOMEM, "domain", plan->domain);
        }
        if (r < 0)
                return r;
        where.console = console;
        r = guest_xml(&xml, plan, config, &where, maker->template, config->template, why);
        if (r == 0)
                r = domains_create(maker->hosts, host, plan->domain, &xml, ret_made, why);
        domain_xml_fini(&xml);
        return r;
}

int guest_maker_make(
        struct guest_maker *maker, const struct guest_plan *plan, bool *ret_made, struct why *why)
{
        struct place place = {0};
        int r = place_guest(maker, plan->tile, plan->guest, &place, why);

        if (r > 0 && placement_record(&maker->placement, plan->tile, plan->guest, &place) < 0)
                r = why_errno(why, -ENOMEM, "domain", plan->domain);
        if (r >= 0)
                r = make_placed(maker, plan, &place, ret_made, why);
        place_fini(&place);
        return r;
}

int guest_maker_check_host(struct hosts *hosts, const struct domain_info *domain, struct why *why)
{
        size_t host = hosts_of_tile(hosts, domain->tile);
        char tile[32];

        if (domain->host == host)
                return 0;
        snprintf(tile, sizeof tile, "tile %u", domain->tile);
        return why_set(why, -EEXIST, tile, NULL,
                "is on %s already (domain %s), not on %s: give --connect as it was, or destroy the "
                "tile first",
                hosts_uri(hosts, domain->host), domain->name, hosts_uri(hosts, host));
}
