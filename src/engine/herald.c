/* SPDX-License-Identifier: Apache-2.0 */
#include "herald.h"

#include "say.h"

#include <stdarg.h>

void herald_init(
        struct herald *herald, const char *role, unsigned tile, unsigned guest, bool verbose)
{
        char *title = herald->title;
        size_t size = sizeof herald->title;

        herald->verbose = verbose;
        if (tile && guest)
                snprintf(title, size, "%s (tile %u, guest %u)", role, tile, guest);
        else if (tile)
                snprintf(title, size, "%s (tile %u)", role, tile);
        else
                snprintf(title, size, "%s", role);
}

void herald_say(const struct herald *herald, const char *format, ...)
{
        char line[1024];
        size_t length;
        va_list ap;

        if (!herald->verbose)
                return;
        length = (size_t)snprintf(line, sizeof line, "%s: ", herald->title);
        va_start(ap, format);
        vsnprintf(line + length, sizeof line - length, format, ap);
        va_end(ap);
        say(SAY_NOTICE, line);
}
