/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tile as guests of a hypervisor: their names, addresses and kernel command lines. Pure: nothing
 * is read or made here.
 *
 * Guest G of tile T is, in the subnet 10.77.0.0/16:
 *
 *         domain    tileload-tT-NAME       tileload-t3-web1
 *         host      tT-NAME                t3-web1
 *         address   base + 256 * T + G     10.77.3.1
 *         MAC       52:54:00:4d:TT:GG      52:54:00:4d:03:01
 */
#pragma once

#include "libvirt_config.h"
#include "role_keys.h"

enum {
        GUEST_PLAN_MAX_TILE = 254, /* one byte of the MAC address */

        /* What Linux on x86 takes; what is beyond would be cut off in silence. */
        GUEST_CMDLINE_MAX = 2047,
};

#define GUEST_DOMAIN_PREFIX "tileload-"

/* Where guests find guest 7's database server. */
#define GUEST_DATABASE_SOCKET "/run/tileload-database/mysqld.sock"

/* IPv4, in host byte order. */
struct guest_subnet {
        uint32_t base, mask, gateway;
        unsigned prefix;
        unsigned max_tile; /* the last tile that it has addresses for */
};

/* "10.77.0.0/16"; gateway NULL: the subnet's first address. Returns 0 or -EINVAL. */
int guest_subnet_parse(
        struct guest_subnet *ret, const char *subnet, const char *gateway, struct why *why);

/* Does the subnet hold tiles first..last? 0 or -ERANGE. */
int guest_subnet_check(
        const struct guest_subnet *subnet, unsigned first, unsigned last, struct why *why);

struct guest_plan {
        unsigned tile, guest;         /* guest 1 to 8 */
        char domain[64];              /* tileload-t3-web1 */
        char host_name[32];           /* t3-web1 */
        char address[16];             /* 10.77.3.1 */
        char mac[18];                 /* 52:54:00:4d:03:01 */
        char url[TARGET_URL_MAX + 1]; /* of the control endpoint: http://10.77.3.1:9477 */
        char *cmdline;                /* whole kernel command line */
};

/* usrhash: root hash of the image's hash tree, in hexadecimal digits; NULL or "": none. Of config,
 * subnet, gateway and append are used. Returns 0, or -errno with *why naming the option or the
 * guest. */
int guest_plan_init(struct guest_plan *plan, const struct libvirt_config *config,
        const char *usrhash, const struct launch_config *loads, unsigned tile, unsigned guest,
        struct why *why);
void guest_plan_fini(struct guest_plan *plan);
