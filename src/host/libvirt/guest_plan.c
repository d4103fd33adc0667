/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_plan.h"

#include "control.h"
#include "parse.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
        /* Guest G of tile T has base + ADDRESSES_OF_A_TILE * T + G. */
        ADDRESSES_OF_A_TILE = 256,

        PREFIX_MIN = 8,
        PREFIX_MAX = 23, /* one tile */
};

static char *address_text(uint32_t address, char text[static INET_ADDRSTRLEN])
{
        snprintf(text, INET_ADDRSTRLEN, "%u.%u.%u.%u", address >> 24, address >> 16 & 0xff,
                address >> 8 & 0xff, address & 0xff);
        return text;
}

static int parse_address(const char *text, uint32_t *ret)
{
        struct in_addr address;

        if (inet_pton(AF_INET, text, &address) != 1)
                return -EINVAL;
        *ret = ntohl(address.s_addr);
        return 0;
}

/* "10.77.0.0/16" taken apart. */
static int parse_prefix(const char *text, uint32_t *ret_base, unsigned *ret_prefix)
{
        char address[INET_ADDRSTRLEN];
        const char *slash = strchr(text, '/');
        uint64_t prefix;

        if (!slash || (size_t)(slash - text) >= sizeof address)
                return -EINVAL;
        memcpy(address, text, (size_t)(slash - text));
        address[slash - text] = '\0';
        if (parse_u64(slash + 1, &prefix) < 0 || prefix > 32)
                return -EINVAL;
        *ret_prefix = (unsigned)prefix;
        return parse_address(address, ret_base);
}

static uint32_t broadcast(const struct guest_subnet *subnet)
{
        return subnet->base | ~subnet->mask;
}

/* Is it one that a guest has or may come to have? */
static bool is_guests(const struct guest_subnet *subnet, uint32_t address)
{
        uint32_t tile = (address - subnet->base) / ADDRESSES_OF_A_TILE;
        uint32_t guest = (address - subnet->base) % ADDRESSES_OF_A_TILE;

        return tile >= 1 && tile <= subnet->max_tile && guest >= 1 && guest <= TILE_GUESTS;
}

static int set_gateway(struct guest_subnet *subnet, const char *gateway, struct why *why)
{
        char first[INET_ADDRSTRLEN], last[INET_ADDRSTRLEN];

        subnet->gateway = subnet->base + 1;
        if (!gateway)
                return 0;
        if (parse_address(gateway, &subnet->gateway) < 0)
                return why_set(why, -EINVAL, "--gateway", gateway,
                        "not an IPv4 address: write it as 10.77.0.1");
        if (subnet->gateway <= subnet->base || subnet->gateway >= broadcast(subnet))
                return why_set(why, -EINVAL, "--gateway", gateway,
                        "not an address of the guests' subnet, %s to %s",
                        address_text(subnet->base + 1, first),
                        address_text(broadcast(subnet) - 1, last));
        if (is_guests(subnet, subnet->gateway))
                return why_set(why, -EINVAL, "--gateway", gateway,
                        "is the address of guest %u of tile %u: choose another",
                        (subnet->gateway - subnet->base) % ADDRESSES_OF_A_TILE,
                        (subnet->gateway - subnet->base) / ADDRESSES_OF_A_TILE);
        return 0;
}

int guest_subnet_parse(
        struct guest_subnet *ret, const char *subnet, const char *gateway, struct why *why)
{
        struct guest_subnet parsed = {0};
        char text[INET_ADDRSTRLEN];
        uint32_t tiles;
        int r;

        if (parse_prefix(subnet, &parsed.base, &parsed.prefix) < 0)
                return why_set(why, -EINVAL, "--subnet", subnet,
                        "not an IPv4 subnet: write it as 10.77.0.0/16");
        if (parsed.prefix < PREFIX_MIN || parsed.prefix > PREFIX_MAX)
                return why_set(why, -EINVAL, "--subnet", subnet,
                        "must be /%d to /%d: a tile takes %d addresses, and the first %d stay free",
                        PREFIX_MIN, PREFIX_MAX, ADDRESSES_OF_A_TILE, ADDRESSES_OF_A_TILE);
        parsed.mask = UINT32_MAX << (32 - parsed.prefix);
        if (parsed.base & ~parsed.mask)
                return why_set(why, -EINVAL, "--subnet", subnet,
                        "is an address in a subnet, not the subnet itself: write %s/%u",
                        address_text(parsed.base & parsed.mask, text), parsed.prefix);
        tiles = (~parsed.mask + 1) / ADDRESSES_OF_A_TILE - 1;
        parsed.max_tile = MIN(tiles, (uint32_t)GUEST_PLAN_MAX_TILE);
        r = set_gateway(&parsed, gateway, why);
        if (r == 0)
                *ret = parsed;
        return r;
}

int guest_subnet_check(
        const struct guest_subnet *subnet, unsigned first, unsigned last, struct why *why)
{
        char text[32];

        assert(first <= last);
        if (first >= 1 && last <= subnet->max_tile)
                return 0;
        snprintf(text, sizeof text, first == last ? "%u" : "%u-%u", first, last);
        if (subnet->max_tile < GUEST_PLAN_MAX_TILE)
                return why_set(why, -ERANGE, "--tiles", text,
                        "a /%u subnet holds tiles 1 to %u: give a larger one with --subnet",
                        subnet->prefix, subnet->max_tile);
        return why_set(
                why, -ERANGE, "--tiles", text, "tiles are numbered from 1 to %u", subnet->max_tile);
}

/* Words of a command line; -EINVAL with *why for what the kernel would take apart otherwise. */
static int check_text(const char *text, const char *what, bool quotes, struct why *why)
{
        unsigned n = 0;

        for (const char *p = text; *p; p++) {
                n += *p == '"';
                if (iscntrl((unsigned char)*p))
                        return why_set(why, -EINVAL, what, text,
                                "has a control character, which a kernel command line cannot hold");
        }
        if (n > 0 && !quotes)
                return why_set(why, -EINVAL, what, text,
                        "has a double quote, which a kernel command line cannot hold in a value");
        if (n % 2 != 0)
                return why_set(why, -EINVAL, what, text, "a double quote is opened and not closed");
        return 0;
}

/* Blanks are the kernel's, for which the byte 0xa0 is one. */
static bool needs_quotes(const char *value)
{
        return strpbrk(value, " \xa0") != NULL;
}

static int write_keys(
        FILE *to, const struct guest_plan *plan, const struct role_keys *keys, struct why *why)
{
        fprintf(to, " " CMDLINE_PREFIX "role=%s", guest_role(plan->guest));
        for (size_t i = 0; i < keys->n_items; i++) {
                const struct role_key *key = &keys->items[i];
                const char *quote = needs_quotes(key->value) ? "\"" : "";
                char what[96];
                int r;

                snprintf(what, sizeof what, "%s: " CMDLINE_PREFIX "%s", plan->host_name, key->key);
                r = check_text(key->value, what, false, why);
                if (r < 0)
                        return r;
                fprintf(to, " " CMDLINE_PREFIX "%s=%s%s%s", key->key, quote, key->value, quote);
        }
        return 0;
}

static void write_network(
        FILE *to, const struct guest_plan *plan, const struct guest_subnet *subnet)
{
        char gateway[INET_ADDRSTRLEN], mask[INET_ADDRSTRLEN];

        fprintf(to, "ip=%s::%s:%s:%s:eth0:off", plan->address,
                address_text(subnet->gateway, gateway), address_text(subnet->mask, mask),
                plan->host_name);
}

static int write_tail(
        FILE *to, const struct libvirt_config *config, const char *usrhash, struct why *why)
{
        int r = 0;

        if (usrhash && *usrhash) {
                if (usrhash[strspn(usrhash, "0123456789abcdefABCDEF")])
                        return why_set(why, -EINVAL, "usrhash", usrhash,
                                "not hexadecimal digits: build the image anew");
                fprintf(to, " usrhash=%s", usrhash);
        }
        if (config->append && *config->append) {
                r = check_text(config->append, "--append", true, why);
                fprintf(to, " %s", config->append);
        }
        return r;
}

static uint32_t guest_address(const struct guest_subnet *subnet, unsigned tile, unsigned guest)
{
        return subnet->base + ADDRESSES_OF_A_TILE * tile + guest;
}

static int write_cmdline(struct guest_plan *plan, const struct guest_subnet *subnet,
        const struct libvirt_config *config, const char *usrhash, const struct launch_config *loads,
        FILE *to, struct why *why)
{
        char address[INET_ADDRSTRLEN], peer[32];
        struct role_place place = {.peer = peer, .socket = GUEST_DATABASE_SOCKET};
        struct role_keys keys;
        int r;

        snprintf(peer, sizeof peer, "http://%s",
                address_text(guest_address(subnet, plan->tile, role_peer(plan->guest)), address));
        r = role_keys_init(&keys, loads, &place, plan->tile, plan->guest);
        if (r < 0)
                return why_errno(why, r, plan->host_name, NULL);
        /* no_timer_check: without hardware virtualization and on a busy host, a guest's kernel may
         * find its timer too slow, and panic. With KVM it does not look. */
        fputs("console=ttyS0 panic=1 quiet no_timer_check net.ifnames=0 ", to);
        write_network(to, plan, subnet);
        r = write_keys(to, plan, &keys, why);
        if (r == 0)
                r = write_tail(to, config, usrhash, why);
        return r;
}

static int make_cmdline(struct guest_plan *plan, const struct guest_subnet *subnet,
        const struct libvirt_config *config, const char *usrhash, const struct launch_config *loads,
        struct why *why)
{
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *to = open_memstream(&text, &size);
        int r;

        if (!to)
                return why_errno(why, -ENOMEM, plan->host_name, NULL);
        r = write_cmdline(plan, subnet, config, usrhash, loads, to, why);
        if (fclose(to) != 0 && r == 0)
                r = why_errno(why, -ENOMEM, plan->host_name, NULL);
        if (r < 0)
                return r;
        if (size > GUEST_CMDLINE_MAX)
                return why_set(why, -E2BIG, "--append", NULL,
                        "the kernel command line of %s has %zu characters and Linux takes %d: "
                        "shorten --append",
                        plan->host_name, size, GUEST_CMDLINE_MAX);
        plan->cmdline = STEAL_PTR(text);
        return 0;
}

int guest_plan_init(struct guest_plan *plan, const struct libvirt_config *config,
        const char *usrhash, const struct launch_config *loads, unsigned tile, unsigned guest,
        struct why *why)
{
        struct guest_subnet subnet;
        int r = guest_subnet_parse(&subnet, config->subnet, config->gateway, why);

        assert(guest >= 1 && guest <= TILE_GUESTS);
        if (r == 0)
                r = guest_subnet_check(&subnet, tile, tile, why);
        if (r < 0)
                return r;

        *plan = (struct guest_plan){.tile = tile, .guest = guest};
        snprintf(plan->host_name, sizeof plan->host_name, "t%u-%s", tile, guest_name(guest));
        snprintf(plan->domain, sizeof plan->domain, GUEST_DOMAIN_PREFIX "%s", plan->host_name);
        address_text(guest_address(&subnet, tile, guest), plan->address);
        snprintf(plan->mac, sizeof plan->mac, "52:54:00:4d:%02x:%02x", tile, guest);
        snprintf(plan->url, sizeof plan->url, "http://%s:%d", plan->address, CONTROL_PORT);
        return make_cmdline(plan, &subnet, config, usrhash, loads, why);
}

void guest_plan_fini(struct guest_plan *plan)
{
        free(plan->cmdline);
        *plan = (struct guest_plan){0};
}
