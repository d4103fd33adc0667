/* SPDX-License-Identifier: Apache-2.0 */
#include "why.h"

#include <stdarg.h>
#include <string.h>

static void put(char *to, size_t size, const char *from)
{
        snprintf(to, size, "%s", from ? from : "");
}

int why_set(
        struct why *why, int error, const char *what, const char *value, const char *reason, ...)
{
        va_list ap;

        if (!why)
                return error;

        put(why->what, sizeof why->what, what);
        put(why->value, sizeof why->value, value);
        va_start(ap, reason);
        vsnprintf(why->reason, sizeof why->reason, reason, ap);
        va_end(ap);
        return error;
}

int why_errno(struct why *why, int error, const char *what, const char *value)
{
        return why_set(why, error, what, value, "%s", strerror(-error));
}

char *why_format(const struct why *why, char *text, size_t size)
{
        if (why->value[0])
                snprintf(text, size, "%s \"%s\": %s", why->what, why->value, why->reason);
        else
                snprintf(text, size, "%s: %s", why->what, why->reason);
        return text;
}
