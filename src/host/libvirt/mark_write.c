/* SPDX-License-Identifier: Apache-2.0 */
#include "mark_write.h"

#include <string.h>

static void write_attribute(FILE *to, const char *name, const char *value)
{
        fprintf(to, " %s='", name);
        expand_escape(to, value, '\'');
        fputc('\'', to);
}

static void write_key(FILE *to, const struct expand *expand, const char *key)
{
        const char *value = NULL;

        expand_find(expand, key, strlen(key), &value);
        write_attribute(to, key, value ? value : "");
}

void mark_write(
        FILE *to, const struct expand *expand, const char *guest, const struct domain_xml *xml)
{
        fputs("<tileload:guest xmlns:tileload='" GUEST_MARK_NAMESPACE "'", to);
        write_key(to, expand, "tile");
        write_attribute(to, "name", guest);
        write_key(to, expand, "address");
        fputs(">\n", to);
        for (size_t i = 0; i < xml->n_volumes; i++) {
                fputs("      <tileload:volume", to);
                write_attribute(to, "pool", xml->volumes[i].pool);
                write_attribute(to, "name", xml->volumes[i].name);
                fputs("/>\n", to);
        }
        fputs("    </tileload:guest>", to);
}
