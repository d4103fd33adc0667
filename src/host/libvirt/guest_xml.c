/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_xml.h"

int guest_xml(struct domain_xml *ret, const struct guest_plan *plan,
        const struct libvirt_config *config, const struct guest_place *place, const char *text,
        const char *path, struct why *why)
{
        bool bridge = config->bridge && *config->bridge;
        char tile[16], guest[16];
        const struct template_value values[] = {
                {"type", libvirt_types[config->type]},
                {"kvm", config->type == LIBVIRT_KVM ? "yes" : NULL},
                {"qemu", config->type == LIBVIRT_QEMU ? "yes" : NULL},
                {"domain", plan->domain},
                {"host", plan->host_name},
                {"tile", tile},
                {"number", guest},
                {"guest", guest_name(plan->guest)},
                {"role", guest_role(plan->guest)},
                {"address", plan->address},
                {"mac", plan->mac},
                {"cmdline", plan->cmdline},
                {"image", config->image},
                {"pool", config->pool},
                {"network", bridge ? NULL : config->network},
                {"bridge", config->bridge},
                {"nodes", place->nodes},
                {"cpus", place->cpus},
                {"console", place->console},
        };

        snprintf(tile, sizeof tile, "%u", plan->tile);
        snprintf(guest, sizeof guest, "%u", plan->guest);
        return template_fill(ret, text ? text : template_builtin, text ? path : "built in", values,
                ARRAY_SIZE(values), guest_name(plan->guest), why);
}
