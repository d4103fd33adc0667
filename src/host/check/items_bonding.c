/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Network cards joined to one (bonding).
 */
#include "check.h"

#include "values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static ssize_t read_of(const struct check_report *report, const char *link, const char *file,
        char *text, size_t size)
{
        char path[160];

        snprintf(path, sizeof path, "/sys/class/net/%.64s/%s", link, file);
        return root_read(report->root, path, text, size);
}

/* How many cards there are in it, and how many of them have a link. */
static void count_cards(
        const struct check_report *report, const char *bond, unsigned *ret_n, unsigned *ret_up)
{
        char text[1024], *save = NULL;

        *ret_n = *ret_up = 0;
        if (read_of(report, bond, "bonding/slaves", text, sizeof text) < 0)
                return;
        for (char *name = strtok_r(text, " \n", &save); name; name = strtok_r(NULL, " \n", &save)) {
                char state[32];

                (*ret_n)++;
                *ret_up += read_of(report, name, "bonding_slave/mii_status", state, sizeof state) >=
                                   0 &&
                           strcmp(state, "up") == 0;
        }
}

struct bond {
        const char *name;
        char mode[64];
        unsigned n_cards, n_up;
        unsigned n_joined; /* by 802.3ad; 0: not known */
        bool bridged;      /* it is a bridge's port */
        uint64_t miimon, arp_interval;
};

static uint64_t read_number(const struct check_report *report, const char *link, const char *file)
{
        char text[32];

        return read_of(report, link, file, text, sizeof text) > 0 ? strtoull(text, NULL, 10) : 0;
}

/* What is wrong with it, the worst first; NULL: nothing. */
static const char *fault(const struct bond *bond, enum check_level *level)
{
        *level = CHECK_WARNING;
        if (bond->n_up < bond->n_cards)
                return "a card has no link: the others carry its share";
        if (bond->n_cards == 0)
                return "there is no card in it";
        if (bond->miimon == 0 && bond->arp_interval == 0)
                return "links are not watched (miimon 0): packets go on to a card that has lost "
                       "its link";
        if (bond->n_joined && bond->n_joined < bond->n_cards)
                return "the switch has not joined all of them: only some carry anything";
        if (bond->bridged && strcmp(bond->mode, "active-backup") != 0 &&
                strcmp(bond->mode, "balance-xor") != 0 && strcmp(bond->mode, "802.3ad") != 0)
                return "not for a bridge: guests' addresses are seen at several ports of the "
                       "switch, or replaced by a card's, and guests lose their connection";
        *level = CHECK_ADVICE;
        if (bond->n_cards == 1)
                return "one card alone";
        if (strcmp(bond->mode, "balance-rr") == 0)
                return "packets of one connection take turns over the cards and come out of order, "
                       "which TCP takes for loss";
        return NULL;
}

static void look_at_bond(
        const struct check_item *item, struct check_report *report, const char *name)
{
        struct bond bond = {.name = name};
        char text[64], path[160];
        const char *what;
        enum check_level level;
        struct check_finding *f;

        if (read_of(report, name, "bonding/mode", text, sizeof text) < 0)
                return;
        snprintf(bond.mode, sizeof bond.mode, "%.*s", (int)strcspn(text, " "), text);
        count_cards(report, name, &bond.n_cards, &bond.n_up);
        bond.miimon = read_number(report, name, "bonding/miimon");
        bond.arp_interval = read_number(report, name, "bonding/arp_interval");
        bond.n_joined = (unsigned)read_number(report, name, "bonding/ad_num_ports"); /* for root */
        snprintf(path, sizeof path, "/sys/class/net/%.64s/brport", name);
        bond.bridged = root_exists(report->root, path);
        what = fault(&bond, &level);
        f = check_add(report, item, what ? level : CHECK_OK, name);
        check_set(f->present, "%s, %u of %u cards up, miimon %" PRIu64, bond.mode, bond.n_up,
                bond.n_cards, bond.miimon);
        check_set(f->recommended, "802.3ad or balance-xor (active-backup where the switch cannot), "
                                  "all cards up, miimon 100");
        check_set(f->note, "%s", what ? what : "");
}

static void look(const struct check_item *item, struct check_report *report)
{
        const size_t before = report->n_findings;
        struct root_names links;
        int r = root_list(report->root, "/sys/class/net", &links);

        if (r < 0) {
                check_add_missing(report, item, NULL, "/sys/class/net", r);
                return;
        }
        for (size_t i = 0; i < links.n; i++)
                look_at_bond(item, report, links.names[i]);
        root_names_free(&links);
        if (report->n_findings == before)
                check_set(check_add(report, item, CHECK_OK, NULL)->present, "no bond");
}

static const struct check_item items[] = {
        {"bonding",
                "several cards carry what one cannot. A hash over addresses keeps each connection "
                "on one card and in order; with a guest's own address each, guests spread well",
                "802.3ad and balance-xor need their counterpart set up at the switch",
                "Linux: Documentation/networking/bonding.rst; IEEE 802.1AX; Red Hat: "
                "Virtualization "
                "Deployment and Administration Guide (bridged mode)",
                "used bonding", look},
};

extern const struct check_group check_bonding;
const struct check_group check_bonding = {"bonding", "Network cards", items, ARRAY_SIZE(items)};
