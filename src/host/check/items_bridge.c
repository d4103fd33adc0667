/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guests' bridge and netfilter.
 */
#include "sysctl_rule.h"

#define WHY \
        "with 1 every frame that passes the bridge from guest to guest goes through the host's " \
        "firewall rules and connection tracking as well: CPU for each packet, and drops when the " \
        "table of connections is full"
#define RISK \
        "firewall rules that are to filter traffic between guests on one bridge (Kubernetes and " \
        "container networks count on that) do so no more; routed traffic is filtered as before"
#define SOURCE \
        "Linux: Documentation/networking/bridge.rst (Netfilter: legacy, discouraged), " \
        "Documentation/networking/ip-sysctl.rst (/proc/sys/net/bridge)"
#define STUDY "turned bridge netfilter off"

static const struct sysctl_rule off = {
        .values = "0",
        .level = CHECK_WARNING,
        .absent = "br_netfilter is not loaded: frames on a bridge meet no firewall",
};

static const struct sysctl_rule off_for_arp = {
        .values = "0",
        .level = CHECK_ADVICE,
        .absent = "br_netfilter is not loaded: frames on a bridge meet no firewall",
};

/* A bridge may have it by itself where the host as a whole has not. */
static void look_at_bridges(const struct check_item *item, struct check_report *report)
{
        static const char *const files[] = {"nf_call_iptables", "nf_call_ip6tables"};
        struct root_names links;
        size_t n_bridges = 0, n_on = 0;
        int r = root_list(report->root, "/sys/class/net", &links);

        if (r < 0) {
                check_add_missing(report, item, NULL, "/sys/class/net", r);
                return;
        }
        for (size_t i = 0; i < links.n; i++)
                for (size_t j = 0; j < ARRAY_SIZE(files); j++) {
                        char path[160];
                        uint64_t value;
                        struct check_finding *f;

                        snprintf(path, sizeof path, "/sys/class/net/%.64s/bridge/%s",
                                links.names[i], files[j]);
                        if (root_read_number(report->root, path, &value) < 0)
                                continue;
                        n_bridges += j == 0;
                        if (value == 0)
                                continue;
                        n_on++;
                        f = check_add(report, item, CHECK_WARNING, links.names[i]);
                        check_set(f->present, "%s 1", files[j]);
                        check_set(f->recommended, "%s 0", files[j]);
                        check_change(report, CHANGE_VALUE, path, "", "1", "0");
                }
        root_names_free(&links);
        if (n_on == 0) {
                struct check_finding *f = check_add(report, item, CHECK_OK, NULL);

                if (n_bridges)
                        check_set(f->present, "off on %zu of %zu", n_bridges, n_bridges);
                else
                        check_set(f->present, "no bridge");
                check_set(f->recommended, "off");
        }
}

static const struct check_item items[] = {
        {"net.bridge.bridge-nf-call-iptables", WHY, RISK, SOURCE, STUDY, sysctl_look, &off},
        {"net.bridge.bridge-nf-call-ip6tables", WHY, RISK, SOURCE, STUDY, sysctl_look, &off},
        {"net.bridge.bridge-nf-call-arptables",
                "with 1 every ARP packet on the bridge goes through arptables", RISK, SOURCE, STUDY,
                sysctl_look, &off_for_arp},
        {"bridge-nf-call", WHY, RISK, SOURCE, NULL, look_at_bridges},
};

extern const struct check_group check_bridge;
const struct check_group check_bridge = {"bridge", "Bridge", items, ARRAY_SIZE(items)};
