/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A template of XML for libvirt, with markers of ours, and one guest's XML from it.
 *
 *         @KEY@                      in text and in attribute values: the value of KEY; @@ is an @
 *         tileload:guests="web1 idle"  on an element: kept for these guests only
 *         tileload:if="KEY"          kept if KEY has a value
 *         tileload:unless="KEY"      kept if KEY has none
 *         tileload:capacity="1G"     on a <disk type='volume'>: whoever makes the domain makes this
 *                                    volume, and whoever destroys it removes the volume
 *
 * The outermost element is <domain>, declares xmlns:tileload="TEMPLATE_NAMESPACE", and has a <name>
 * that comes to the guest's. Markers are gone in the result; comments are kept as they are. Pure:
 * files are the caller's.
 */
#pragma once

#include "why.h"

#include <stdint.h>

#define TEMPLATE_NAMESPACE "urn:tileload:template:1"

/* What a domain of ours is known by: in the <metadata> that template_fill() writes,
 *
 *         <tileload:guest xmlns:tileload="urn:tileload:guest:1" tile="3" name="web1"
 *                         address="10.77.3.1">
 *           <tileload:volume pool="tileload" name="tileload-t3-web1-data"/>
 *         </tileload:guest>
 *
 * with a volume for each that has a capacity. */
#define GUEST_MARK_NAMESPACE "urn:tileload:guest:1"

/* All keys that there are; value NULL or "": not set. */
struct template_value {
        const char *key, *value;
};

struct template_volume {
        char *pool, *name;
        uint64_t capacity; /* bytes */
};

struct domain_xml {
        char *text;
        struct template_volume *volumes;
        size_t n_volumes;
};

/* guest: its name, "web1". values must have tile, domain and address. path is what errors call the
 * template. Returns 0, or -errno with *why naming the template's line. */
int template_fill(struct domain_xml *ret, const char *text, const char *path,
        const struct template_value *values, size_t n_values, const char *guest, struct why *why);
void domain_xml_fini(struct domain_xml *xml);

/* guest-image/domain.xml as it was when this program was built. */
extern const char template_builtin[];
